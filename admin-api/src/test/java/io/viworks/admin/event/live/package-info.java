/** Claims about parts of event streams. */
@NullMarked
package io.viworks.admin.event.live;

import org.jspecify.annotations.NullMarked;
