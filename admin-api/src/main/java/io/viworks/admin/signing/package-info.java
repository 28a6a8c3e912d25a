/** The keys that sign commands, as whoever verifies must know them. */
@NullMarked
package io.viworks.admin.signing;

import org.jspecify.annotations.NullMarked;
