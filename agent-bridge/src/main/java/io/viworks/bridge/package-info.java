/** The process that terminates agents' WebSockets. */
@NullMarked
package io.viworks.bridge;

import org.jspecify.annotations.NullMarked;
