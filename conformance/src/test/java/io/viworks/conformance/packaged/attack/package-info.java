/** What strangers and thieves do to all real processes together, and what stays as it was. */
@NullMarked
package io.viworks.conformance.packaged.attack;

import org.jspecify.annotations.NullMarked;
