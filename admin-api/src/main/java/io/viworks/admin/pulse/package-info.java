/** Work that this process repeats by itself. */
@NullMarked
package io.viworks.admin.pulse;

import org.jspecify.annotations.NullMarked;
