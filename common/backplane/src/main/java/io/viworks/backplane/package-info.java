/** The Redis connection all services share, and every key and field name in it. */
@NullMarked
package io.viworks.backplane;

import org.jspecify.annotations.NullMarked;
