/** Projects what bridges must know about agents from Postgres into Redis (spec 2.1). */
@NullMarked
package io.viworks.admin.directory;

import org.jspecify.annotations.NullMarked;
