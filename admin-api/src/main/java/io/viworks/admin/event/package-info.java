/** What this process changes, told on the stream of changes after the commit. */
@NullMarked
package io.viworks.admin.event;

import org.jspecify.annotations.NullMarked;
