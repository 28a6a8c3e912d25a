package io.viworks.agent.helper.server;

import io.viworks.protocol.AgentId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The helper's own file as it will be used. Whatever is here has been checked.
 *
 * @param agentId the only agent it runs anything for
 * @param socket where it listens when no socket is handed to it
 * @param socketGroup who may connect beside its owner; null leaves the group as it is
 * @param stateDir where it remembers what it has run
 * @param verifyKeys files and folders of public keys; with any, only what is signed is run
 * @param allowedUsers users whose processes may ask
 * @param allowedGroups groups whose processes may ask
 * @param maxConcurrency runs at a time
 * @param idleExit after how long without requests it ends, when a service manager holds the socket;
 *     zero for never
 * @param table what it runs, by verb
 */
record HelperConfig(
        AgentId agentId,
        Path socket,
        @Nullable String socketGroup,
        Path secretFile,
        Path stateDir,
        List<Path> verifyKeys,
        Set<String> allowedUsers,
        Set<String> allowedGroups,
        int maxConcurrency,
        Duration idleExit,
        Map<String, Entry> table) {
    HelperConfig {
        verifyKeys = List.copyOf(verifyKeys);
        allowedUsers = Set.copyOf(allowedUsers);
        allowedGroups = Set.copyOf(allowedGroups);
        table = Map.copyOf(table);
    }
}
