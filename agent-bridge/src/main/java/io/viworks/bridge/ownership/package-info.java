/** Which agents this bridge holds, and that it lives: renewed, watched, given back. */
@NullMarked
package io.viworks.bridge.ownership;

import org.jspecify.annotations.NullMarked;
