/** Tests on a real nginx before real services, with certificates of {@code deploy/certs}. */
@NullMarked
package io.viworks.conformance.packaged.edge;

import org.jspecify.annotations.NullMarked;
