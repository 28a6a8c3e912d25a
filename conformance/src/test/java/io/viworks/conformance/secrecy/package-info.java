/** That secrets are nowhere but where they must be: a search of everything the suite leaves. */
@NullMarked
package io.viworks.conformance.secrecy;

import org.jspecify.annotations.NullMarked;
