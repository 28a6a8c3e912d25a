/** Commands: taken from callers into the ledger, sent on their way, and looked up. */
@NullMarked
package io.viworks.admin.command;

import org.jspecify.annotations.NullMarked;
