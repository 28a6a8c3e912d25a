/** Bearer tokens: who calls, with which role, limited to which sites and verbs. */
@NullMarked
package io.viworks.admin.token;

import org.jspecify.annotations.NullMarked;
