/** The embedded default: everything from one command. */
@NullMarked
package io.viworks.launcher;

import org.jspecify.annotations.NullMarked;
