/** What changes, shown to panels as it happens: Server-Sent Events over bounded streams. */
@NullMarked
package io.viworks.admin.event.live;

import org.jspecify.annotations.NullMarked;
