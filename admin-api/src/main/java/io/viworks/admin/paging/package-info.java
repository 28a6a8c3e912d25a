/** Lists in pages: cursors and limits. */
@NullMarked
package io.viworks.admin.paging;

import org.jspecify.annotations.NullMarked;
