/** The client for people, against a small HTTP server. */
@NullMarked
package io.viworks.cli;

import org.jspecify.annotations.NullMarked;
