/** The process that terminates agents: its settings, its parts, its start and its end. */
@NullMarked
package io.viworks.bridge;

import org.jspecify.annotations.NullMarked;
