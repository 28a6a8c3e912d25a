package io.viworks.agent.config;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The part of an {@link AgentConfig} that is about who the agent is; see there. */
record Credentials(
        @Nullable Path sharedSecret,
        @Nullable Path identity,
        @Nullable URI enrollUrl,
        @Nullable Path token,
        boolean enrollCertificate,
        @Nullable Path certificate,
        @Nullable Path privateKey) {}
