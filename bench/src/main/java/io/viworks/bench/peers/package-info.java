/** Message brokers that an adopter might take instead, on the same work in the same run. */
@NullMarked
package io.viworks.bench.peers;

import org.jspecify.annotations.NullMarked;
