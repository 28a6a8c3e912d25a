/** Agents by the thousand in one process of their own, to load a server with. */
@NullMarked
package io.viworks.bench.load;

import org.jspecify.annotations.NullMarked;
