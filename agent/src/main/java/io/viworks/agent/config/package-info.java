/** What the agent is told by its file and its environment. */
@NullMarked
package io.viworks.agent.config;

import org.jspecify.annotations.NullMarked;
