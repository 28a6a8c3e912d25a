/** What is looked at for those who are on call: doors, and credentials that end. */
@NullMarked
package io.viworks.admin.watch;

import org.jspecify.annotations.NullMarked;
