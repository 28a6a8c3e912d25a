/** Claims about the parts of exports. */
@NullMarked
package io.viworks.admin.export;

import org.jspecify.annotations.NullMarked;
