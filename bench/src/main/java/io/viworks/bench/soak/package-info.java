/** The whole of it at work for a while, looked at each minute for what does not stay flat. */
@NullMarked
package io.viworks.bench.soak;

import org.jspecify.annotations.NullMarked;
