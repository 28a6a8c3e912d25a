/** Redis and Postgres as child processes of this one. */
@NullMarked
package io.viworks.embedded;

import org.jspecify.annotations.NullMarked;
