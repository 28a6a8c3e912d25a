/** Programs started by the agent: how they start, what they may say, how all of them end. */
@NullMarked
package io.viworks.agent.process;

import org.jspecify.annotations.NullMarked;
