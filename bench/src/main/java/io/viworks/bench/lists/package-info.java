/** How fast the admin API lists a large fleet and a large ledger, against the bare SQL. */
@NullMarked
package io.viworks.bench.lists;

import org.jspecify.annotations.NullMarked;
