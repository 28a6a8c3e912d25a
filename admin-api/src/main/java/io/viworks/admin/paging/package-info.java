/** Lists in pages: their order, members, counts, cursors and limits. */
@NullMarked
package io.viworks.admin.paging;

import org.jspecify.annotations.NullMarked;
