/** POSTs that can be sent again: the same request under the same key is done once. */
@NullMarked
package io.viworks.admin.idempotency;

import org.jspecify.annotations.NullMarked;
