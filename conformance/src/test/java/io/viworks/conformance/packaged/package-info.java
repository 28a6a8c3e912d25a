/** Tests on the real processes, started from the jars this build has packaged. */
@NullMarked
package io.viworks.conformance.packaged;

import org.jspecify.annotations.NullMarked;
