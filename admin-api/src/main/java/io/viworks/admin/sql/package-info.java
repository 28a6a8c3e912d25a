/** What the queries of several features share. */
@NullMarked
package io.viworks.admin.sql;

import org.jspecify.annotations.NullMarked;
