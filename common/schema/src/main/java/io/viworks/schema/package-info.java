/** Tables, roles and partitions of the one Postgres database. */
@NullMarked
package io.viworks.schema;

import org.jspecify.annotations.NullMarked;
