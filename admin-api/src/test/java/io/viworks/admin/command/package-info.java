/** Commands from the inside. */
@NullMarked
package io.viworks.admin.command;

import org.jspecify.annotations.NullMarked;
