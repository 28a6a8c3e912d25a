package io.viworks.admin.signing;

import io.viworks.protocol.signing.EnvelopeSigner;
import io.viworks.protocol.signing.SigningKeys;
import io.viworks.service.Config;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The keys that sign commands; none sign without. */
public record SigningSettings(Optional<SigningKeys> keys) {
    /** Reads the settings. */
    public static SigningSettings from(Config config) {
        Optional<String> password = config.secret("VIW_SIGNING_KEY_PASSWORD");
        Optional<String> alias = config.find("VIW_SIGNING_KEY_ALIAS");
        Optional<String> file = config.find("VIW_SIGNING_KEY_FILE");
        if (file.isEmpty()) {
            return new SigningSettings(Optional.empty());
        }
        try {
            return new SigningSettings(
                    Optional.of(SigningKeys.read(Path.of(file.get()), password, alias)));
        } catch (IOException e) {
            config.mistake("VIW_SIGNING_KEY_FILE: " + e.getMessage());
            return new SigningSettings(Optional.empty());
        }
    }

    /** Signs with the key that signs now. */
    public Optional<EnvelopeSigner> signer() {
        return keys.map(SigningKeys::signer);
    }

    List<SigningKeys.Announced> announced() {
        return keys.map(SigningKeys::announced).orElse(List.of());
    }
}
