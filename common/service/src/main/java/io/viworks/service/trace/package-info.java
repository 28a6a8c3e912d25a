/** Traces of commands (spec 07), for who names a collector; without one they cost nothing. */
@org.jspecify.annotations.NullMarked
package io.viworks.service.trace;
