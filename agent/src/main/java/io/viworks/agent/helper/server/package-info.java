/** The host helper: runs, as root, what its own table says and an admin asked for (spec 6). */
@NullMarked
package io.viworks.agent.helper.server;

import org.jspecify.annotations.NullMarked;
