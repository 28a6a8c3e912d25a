/** How agents' frames come into Redis: the bridge against floors of the same run. */
@NullMarked
package io.viworks.bench.ingest;

import org.jspecify.annotations.NullMarked;
