/** The endpoints for operators, and what health says. */
@NullMarked
package io.viworks.bridge.ops;

import org.jspecify.annotations.NullMarked;
