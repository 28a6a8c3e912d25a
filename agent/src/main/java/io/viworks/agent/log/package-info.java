/** The agent's own lines, one JSON object each. */
@NullMarked
package io.viworks.agent.log;

import org.jspecify.annotations.NullMarked;
