/** Refusals and their form on the wire, application/problem+json (RFC 9457). */
@NullMarked
package io.viworks.admin.problem;

import org.jspecify.annotations.NullMarked;
