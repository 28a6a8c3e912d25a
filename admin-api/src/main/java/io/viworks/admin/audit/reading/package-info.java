/** What admins read of the audit log; the log itself knows nothing of the web. */
@NullMarked
package io.viworks.admin.audit.reading;

import org.jspecify.annotations.NullMarked;
