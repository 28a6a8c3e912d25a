/** The process that serves the admin panel. */
@NullMarked
package io.viworks.admin;

import org.jspecify.annotations.NullMarked;
