package io.viworks.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.protocol.Bytes;
import io.viworks.testkit.HttpAnswer;
import io.viworks.testkit.ScriptedHandshake;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** What handshake tests claim of answers, and a key of an agent's own. */
final class Handshakes {
    static final KeyPair KEY = newKey();
    static final DirectoryEntry.Key PUBLIC_KEY = new DirectoryEntry.Key("k1", raw(KEY));

    private Handshakes() {}

    static KeyPair newKey() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static Bytes raw(KeyPair pair) {
        byte[] spki = pair.getPublic().getEncoded();
        return Bytes.of(Arrays.copyOfRange(spki, spki.length - 32, spki.length));
    }

    /** It is a problem document with this status and code, and asks for no pause it must not. */
    static void refused(HttpAnswer answer, int status, String code) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.header("content-type")).hasValue("application/problem+json");
        assertThat(answer.json().path("status").asInt()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.json().path("detail").asString()).isNotBlank();
        assertThat(answer.header("upgrade")).isEmpty();
        assertThat(answer.header("retry-after").isPresent())
                .isEqualTo(status == 503 || status == 429);
        assertThat(answer.json().has("server_time")).isEqualTo(code.equals("clock_skew"));
    }

    /** It asks for a pause between 1 and so many seconds. */
    static void comesBack(HttpAnswer answer, int upToS) {
        assertThat(answer.header("retry-after").map(Integer::parseInt))
                .hasValueSatisfying(pause -> assertThat(pause).isBetween(1, upToS));
    }

    /** Proved by {@link #KEY} instead. */
    static ScriptedHandshake own(ScriptedHandshake handshake) {
        return handshake.key(PUBLIC_KEY.id(), KEY.getPrivate());
    }
}
