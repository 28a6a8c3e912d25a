/** What the agent and the host helper say to each other over their Unix socket (spec 6). */
@NullMarked
package io.viworks.agent.helper;

import org.jspecify.annotations.NullMarked;
