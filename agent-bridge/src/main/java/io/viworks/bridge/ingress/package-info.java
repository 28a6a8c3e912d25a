/** What agents say on its way into the streams, and what is kept of it for people. */
@NullMarked
package io.viworks.bridge.ingress;

import org.jspecify.annotations.NullMarked;
