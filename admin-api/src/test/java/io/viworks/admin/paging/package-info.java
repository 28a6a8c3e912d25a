/** Claims on lists in pages that need no server. */
@NullMarked
package io.viworks.admin.paging;

import org.jspecify.annotations.NullMarked;
