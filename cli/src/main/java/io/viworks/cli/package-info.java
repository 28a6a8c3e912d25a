/** The client for people: gateways, commands and their results, from a terminal. */
@NullMarked
package io.viworks.cli;

import org.jspecify.annotations.NullMarked;
