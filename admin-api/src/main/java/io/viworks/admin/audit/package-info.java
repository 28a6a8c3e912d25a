/** The audit log: every change and every refusal, with its caller. */
@NullMarked
package io.viworks.admin.audit;

import org.jspecify.annotations.NullMarked;
