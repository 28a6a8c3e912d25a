/** What a frame and an agent cost as there are more of them, and more bridges. */
@NullMarked
package io.viworks.bench.growth;

import org.jspecify.annotations.NullMarked;
