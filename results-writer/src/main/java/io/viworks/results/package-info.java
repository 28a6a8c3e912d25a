/** The process that moves the ledger and stores results. */
@NullMarked
package io.viworks.results;

import org.jspecify.annotations.NullMarked;
