package io.viworks.agent.config;

import io.viworks.agent.host.OpenVpnManagement;
import io.viworks.agent.log.LogLevel;
import io.viworks.protocol.AgentId;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code [outbound]} as it will be used (spec 6). Whatever is here has been checked:
 * files that must be read were readable when it was made.
 *
 * @param backendUrl {@code ws} or {@code wss}, with the path that the handshake signs
 * @param sharedSecretFile read again for every attempt, so that a new secret needs no restart
 * @param identityKeyFile where the agent keeps its own key; made when it is not there
 * @param enrollUrl where the agent has its key taken; null when people see to that
 * @param enrollTokenFile read when a token is needed; it may be gone after that
 * @param enrollCertificate whether each key gets a certificate; its copy goes to {@code
 *     certificate}
 * @param certificate shown in TLS with {@code privateKey}; without that, where the agent's own goes
 * @param backendPins keys of servers, of which each must show one; empty for any
 * @param proxy where to ask for a tunnel
 * @param allowedVerbs empty allows all that this version knows
 * @param pullImages whether an allowed image that is not here may be fetched
 * @param openvpn null when no VPN server is configured
 * @param verifyKeys files and folders of public keys; with any, only signed commands are run
 * @param helperVerbs what is done through the helper; empty for what needs root
 * @param runLog a file that gets one line for each run that begins; for tests that count runs
 */
public record AgentConfig(
        AgentId agentId,
        URI backendUrl,
        @Nullable String site,
        Map<String, String> labels,
        @Nullable Path sharedSecretFile,
        @Nullable Path identityKeyFile,
        @Nullable URI enrollUrl,
        @Nullable Path enrollTokenFile,
        boolean enrollCertificate,
        @Nullable Path trustBundle,
        Set<String> backendPins,
        @Nullable Path certificate,
        @Nullable Path privateKey,
        @Nullable Proxy proxy,
        boolean execEnabled,
        int maxConcurrency,
        Duration cmdTimeout,
        Duration collectInterval,
        Set<String> allowedVerbs,
        Set<String> allowedUnits,
        Set<String> allowedImages,
        boolean pullImages,
        @Nullable OpenVpnManagement openvpn,
        Path dataDir,
        Path scriptsDir,
        @Nullable Path helperSocket,
        @Nullable Path helperSecretFile,
        Set<String> helperVerbs,
        LogLevel logLevel,
        List<Path> verifyKeys,
        @Nullable Path runLog,
        List<String> notes) {
    public AgentConfig {
        labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
        backendPins = Set.copyOf(backendPins);
        allowedVerbs = Set.copyOf(allowedVerbs);
        allowedUnits = Set.copyOf(allowedUnits);
        allowedImages = Set.copyOf(allowedImages);
        helperVerbs = Set.copyOf(helperVerbs);
        verifyKeys = List.copyOf(verifyKeys);
        notes = List.copyOf(notes);
    }

    /** The same for another agent. */
    public AgentConfig as(AgentId id) {
        return new AgentConfig(
                id,
                backendUrl,
                site,
                labels,
                sharedSecretFile,
                identityKeyFile,
                enrollUrl,
                enrollTokenFile,
                enrollCertificate,
                trustBundle,
                backendPins,
                certificate,
                privateKey,
                proxy,
                execEnabled,
                maxConcurrency,
                cmdTimeout,
                collectInterval,
                allowedVerbs,
                allowedUnits,
                allowedImages,
                pullImages,
                openvpn,
                dataDir,
                scriptsDir,
                helperSocket,
                helperSecretFile,
                helperVerbs,
                logLevel,
                verifyKeys,
                runLog,
                notes);
    }
}
