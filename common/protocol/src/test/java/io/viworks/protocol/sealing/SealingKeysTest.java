package io.viworks.protocol.sealing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.sealing.NotOpened.Cause;
import io.viworks.protocol.signing.EnvelopeSigner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a seal hides, whom it opens for, and what a ring may be. */
class SealingKeysTest {
    private static final CorrelationId COMMAND =
            CorrelationId.of("3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10");
    private static final AgentId AGENT = AgentId.of("gateway-001");
    private static final Bytes ENVELOPE =
            Bytes.utf8("{\"args\":{\"password\":\"correct horse battery staple\"}}");
    private static final Contents CONTENTS = new Contents.Plain(ENVELOPE);

    private static final String OLD = "2025 " + base64(1);
    private static final String NEW = "2026 " + base64(2);

    @TempDir Path folder;
    private SealingKeys keys;

    @BeforeEach
    void makeARing() throws Exception {
        keys = ring(NEW, OLD);
    }

    private static String base64(int seed) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) seed);
        return Base64.getEncoder().encodeToString(key);
    }

    private SealingKeys ring(String... lines) throws IOException {
        return SealingKeys.read(file("rw-------", lines), new SecureRandom());
    }

    private Path file(String permissions, String... lines) throws IOException {
        Path file = folder.resolve(UUID.randomUUID().toString());
        Files.write(file, List.of(lines));
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    private static String text(Bytes sealed) {
        return new String(sealed.array(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void opensWhatWasSealedForThisCommandAndThisAgent() throws Exception {
        Bytes sealed = keys.seal(COMMAND, AGENT, CONTENTS);

        assertThat(keys.open(COMMAND, AGENT, sealed)).isEqualTo(CONTENTS);
        assertThat(text(sealed)).doesNotContain("password", "staple").contains("2026");
    }

    @Test
    void carriesASignatureAlone() throws Exception {
        var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Path key =
                Files.writeString(
                        folder.resolve("signing.key"),
                        "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
                                .formatted(
                                        Base64.getMimeEncoder()
                                                .encodeToString(pair.getPrivate().getEncoded())));
        String jws = EnvelopeSigner.read(key).sign(ENVELOPE);

        Contents opened =
                keys.open(COMMAND, AGENT, keys.seal(COMMAND, AGENT, Contents.of(ENVELOPE, jws)));

        assertThat(opened).isEqualTo(new Contents.Signed(jws, ENVELOPE));
        assertThat(opened.toString()).doesNotContain(jws);
    }

    @Test
    void sealsTheSameNeverTheSameAgain() {
        Set<Bytes> sealed = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            sealed.add(keys.seal(COMMAND, AGENT, CONTENTS));
        }

        assertThat(sealed).hasSize(1_000);
    }

    @Test
    void tellsNothingOfTheLengthOfAPassword() {
        for (int length = 1; length < 200; length++) {
            Bytes envelope = Bytes.utf8("x".repeat(length));
            assertThat(keys.seal(COMMAND, AGENT, new Contents.Plain(envelope)).length())
                    .isEqualTo(keys.seal(COMMAND, AGENT, CONTENTS).length());
        }
    }

    @Test
    void opensForNoOtherCommandAndNoOtherAgent() {
        Bytes sealed = keys.seal(COMMAND, AGENT, CONTENTS);
        CorrelationId other = CorrelationId.of("00000000-6a54-4d0e-9a51-0c7f7d3c2b10");

        assertNotOpened(keys, other, AGENT, sealed, Cause.FORGED);
        assertNotOpened(keys, COMMAND, AgentId.of("gateway-002"), sealed, Cause.FORGED);
    }

    @Test
    void opensNothingThatWasChangedAnywhereOrCutOff() {
        byte[] sealed = keys.seal(COMMAND, AGENT, CONTENTS).array();

        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> keys.open(COMMAND, AGENT, Bytes.of(changed)))
                    .isInstanceOf(NotOpened.class);
            byte[] cut = Arrays.copyOf(sealed, i);
            assertThatThrownBy(() -> keys.open(COMMAND, AGENT, Bytes.of(cut)))
                    .isInstanceOf(NotOpened.class);
        }
    }

    @Test
    void opensWhatAnOlderKeySealedAsLongAsItIsInTheRing() throws Exception {
        Bytes sealed = ring(OLD).seal(COMMAND, AGENT, CONTENTS);

        assertThat(keys.open(COMMAND, AGENT, sealed)).isEqualTo(CONTENTS);
        assertNotOpened(ring(NEW), COMMAND, AGENT, sealed, Cause.UNKNOWN_KEY);
        assertThatThrownBy(() -> ring(NEW).open(COMMAND, AGENT, sealed))
                .hasMessageContaining("\"2025\", which is not in the ring");
    }

    @Test
    void opensNothingUnderANameThatAnotherKeyHas() throws Exception {
        Bytes sealed = ring("2026 " + base64(9)).seal(COMMAND, AGENT, CONTENTS);

        assertNotOpened(keys, COMMAND, AGENT, sealed, Cause.FORGED);
    }

    private static void assertNotOpened(
            SealingKeys keys, CorrelationId command, AgentId agent, Bytes sealed, Cause because) {
        assertThatThrownBy(() -> keys.open(command, agent, sealed))
                .isInstanceOfSatisfying(
                        NotOpened.class, e -> assertThat(e.because()).isEqualTo(because));
    }

    @Test
    void isTheFormTheDescriptionHas() throws Exception {
        byte[] sealed = keys.seal(COMMAND, AGENT, CONTENTS).array();
        assertThat(Arrays.copyOf(sealed, 6)).isEqualTo(new byte[] {1, 4, '2', '0', '2', '6'});

        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) 2);
        cipher.init(
                Cipher.DECRYPT_MODE,
                new SecretKeySpec(key, "AES"),
                new GCMParameterSpec(128, sealed, 6, 12));
        cipher.updateAAD(
                "3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10|gateway-001"
                        .getBytes(StandardCharsets.US_ASCII));
        byte[] plain = cipher.doFinal(sealed, 18, sealed.length - 18);

        assertThat(plain).hasSize(256).startsWith(0, 0, 0, 0, ENVELOPE.length());
        assertThat(Arrays.copyOfRange(plain, 5, 5 + ENVELOPE.length())).isEqualTo(ENVELOPE.array());
    }

    @Test
    void marksTheSameTextTheSameUnderEachKeyAndNoKeyTheSameAsAnother() throws Exception {
        Bytes text = Bytes.utf8("{\"password\":\"1234\"}");
        List<Bytes> marks = keys.marks(text);

        assertThat(marks).hasSize(2).doesNotHaveDuplicates().isEqualTo(keys.marks(text));
        assertThat(ring(OLD).marks(text)).containsExactly(marks.getLast());
        assertThat(keys.marks(Bytes.utf8("{\"password\":\"1235\"}")))
                .doesNotContainAnyElementsOf(marks);
    }

    @Test
    void readsARingWithRemarks() throws Exception {
        SealingKeys read = ring("# since March", "", "  " + NEW + "\t", OLD);

        assertThat(read.kid()).isEqualTo("2026");
        assertThat(read.kids()).containsExactlyInAnyOrder("2025", "2026");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw-rw----", "rw----r--", "rw-----w-", "r---w----"})
    void refusesAFileThatOthersMayRead(String permissions) {
        assertThatThrownBy(() -> SealingKeys.read(file(permissions, NEW), new SecureRandom()))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith("must be its owner's alone: chmod 600");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing-but-a-name",
                "2026 c2hvcnQ=",
                "2026 not*base64",
                "2026 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= more",
                "two|words AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
            })
    void refusesALineThatIsNoKeyAndTellsWhichWithoutTellingIt(String line) {
        assertThatThrownBy(() -> ring(NEW, line))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(" line 2 must ")
                .message()
                .doesNotContain("c2hvcnQ=", "not*base64", "AAAA");
    }

    @Test
    void refusesARingThatIsEmptyOrHasANameOrAKeyTwice() {
        assertThatThrownBy(() -> ring("# none")).hasMessageContaining("must hold a line");
        assertThatThrownBy(() -> ring(NEW, "2026 " + base64(3)))
                .hasMessageContaining("line 2 must have a name of its own");
        assertThatThrownBy(() -> ring(NEW, "2027 " + base64(2)))
                .hasMessageContaining("line 2 must be a key of its own");
        assertThatThrownBy(() -> SealingKeys.read(folder.resolve("none"), new SecureRandom()))
                .hasMessageEndingWith("must be a file that can be read");
    }
}
