/** The ledger of commands: states, their order, the claim, and the guarded moves. */
@NullMarked
package io.viworks.ledger;

import org.jspecify.annotations.NullMarked;
