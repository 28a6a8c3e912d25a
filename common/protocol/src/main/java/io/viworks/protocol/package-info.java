/** Identities, limits and close codes of the agent protocol {@code viworks-agent-v1}. */
@NullMarked
package io.viworks.protocol;

import org.jspecify.annotations.NullMarked;
