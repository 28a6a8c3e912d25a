/** Thousands of agents in one process, good and bad ones, for trying out a control plane. */
@NullMarked
package io.viworks.agent.simulate;

import org.jspecify.annotations.NullMarked;
