/** Records that could never be handled: looked at, sent again, given up. */
@NullMarked
package io.viworks.admin.deadletter;

import org.jspecify.annotations.NullMarked;
