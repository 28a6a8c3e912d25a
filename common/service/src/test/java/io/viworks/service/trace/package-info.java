/** Traces, sent to a collector that reads them. */
@org.jspecify.annotations.NullMarked
package io.viworks.service.trace;
