/** Runs verbs on the gateway, with limits. */
@NullMarked
package io.viworks.agent.run;

import org.jspecify.annotations.NullMarked;
