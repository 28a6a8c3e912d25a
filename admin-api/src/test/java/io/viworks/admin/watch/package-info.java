/** Tests of what is looked at for those who are on call. */
@NullMarked
package io.viworks.admin.watch;

import org.jspecify.annotations.NullMarked;
