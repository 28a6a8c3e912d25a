/** The catalogue of verbs, and the check of a command's arguments against it. */
@NullMarked
package io.viworks.admin.verb;

import org.jspecify.annotations.NullMarked;
