/** Claims about how requests are let in. */
@NullMarked
package io.viworks.admin.web;

import org.jspecify.annotations.NullMarked;
