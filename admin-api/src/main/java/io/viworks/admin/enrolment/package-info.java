/** How a gateway gets a key of its own: join tokens, and what an agent does with one. */
@NullMarked
package io.viworks.admin.enrolment;

import org.jspecify.annotations.NullMarked;
