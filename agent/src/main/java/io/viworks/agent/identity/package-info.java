/** The agent's own key: made, kept, enrolled, renewed (spec 2.1). */
@NullMarked
package io.viworks.agent.identity;

import org.jspecify.annotations.NullMarked;
