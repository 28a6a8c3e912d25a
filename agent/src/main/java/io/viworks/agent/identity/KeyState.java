package io.viworks.agent.identity;

import io.viworks.protocol.AgentId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a key stands, for people: nothing secret.
 *
 * @param enrolled whether the server has taken it
 * @param expiresAt null for no end
 * @param renewalAt when the next key is asked for; null for never
 * @param certificateExpiresAt null without a certificate
 */
public record KeyState(
        String keyId,
        boolean enrolled,
        @Nullable Instant expiresAt,
        @Nullable Instant renewalAt,
        @Nullable Instant certificateExpiresAt) {
    static KeyState of(OwnKey key) {
        Grant grant = key.grant();
        return grant == null
                ? new KeyState(key.keyId(), false, null, null, null)
                : new KeyState(
                        key.keyId(),
                        true,
                        grant.expiresAt(),
                        grant.renewalAt(),
                        grant.certificateEnd().orElse(null));
    }

    /** The keys in a file, each in one line; nothing is made. */
    public static List<String> described(Path keyFile, AgentId agentId) {
        try {
            return new IdentityFile(keyFile, agentId).load().all().map(OwnKey::described).toList();
        } catch (IOException e) {
            return List.of("cannot be used: " + e.getMessage());
        } catch (IdentityFile.Damaged e) {
            return List.of("is damaged and would be put aside: " + e.getMessage());
        }
    }
}
