/** What the gateway tells of itself. */
@NullMarked
package io.viworks.agent.host;

import org.jspecify.annotations.NullMarked;
