/** How fast results move the ledger, against the bare SQL. */
@NullMarked
package io.viworks.bench.results;

import org.jspecify.annotations.NullMarked;
