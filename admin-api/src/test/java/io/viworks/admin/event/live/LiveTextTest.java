package io.viworks.admin.event.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.Redaction;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class LiveTextTest {
    private static final Redaction REDACTION = new Redaction();

    private static final String OUTPUT =
            """
            starting with --password hunter2 --verbose
            Authorization: Bearer abcdefghijklmnop
            connecting to postgres://user:s3cret@db/x
            password:
              on-the-next-line
            10%\r20%\r30%
            -----BEGIN RSA PRIVATE KEY-----
            MIIEowIBAAKCAQEA1
            abcdef
            -----END RSA PRIVATE KEY-----
            {"api_key": "k-123456"}
            done
            """;

    @Test
    void cutAnywhereItShowsWhatTheWholeWouldShow() {
        String whole = REDACTION.of(OUTPUT);
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            LiveText live = new LiveText(REDACTION);
            StringBuilder shown = new StringBuilder();
            for (int at = 0; at < OUTPUT.length(); ) {
                int next = Math.min(OUTPUT.length(), at + random.nextInt(1, 40));
                shown.append(live.add(OUTPUT.substring(at, next)));
                at = next;
            }
            shown.append(live.end());
            assertThat(shown.toString()).as("seed %s", seed).isEqualTo(whole);
        }
        assertThat(whole)
                .doesNotContain("hunter2", "abcdefghijklmnop", "s3cret", "MIIE", "on-the-next")
                .doesNotContain("k-123456")
                .contains("starting", "30%", "done");
    }

    @Test
    void showsLinesAsTheyEndAndTheRestAtTheEnd() {
        LiveText live = new LiveText(REDACTION);
        assertThat(live.add("one\ntw")).isEqualTo("one\n");
        assertThat(live.add("o\n")).isEqualTo("two\n");
        assertThat(live.add("three")).isEmpty();
        assertThat(live.end()).isEqualTo("three");
    }

    @Test
    void aBlockOrLineWithoutEndIsBoundedAndKeepsItsSecret() {
        LiveText live = new LiveText(REDACTION);
        StringBuilder shown = new StringBuilder(live.add("-----BEGIN PRIVATE KEY-----\n"));
        for (int i = 0; i < 100; i++) {
            shown.append(live.add("SECRETSECRET".repeat(50) + "\n"));
        }
        shown.append(live.add("-----END PRIVATE KEY-----\nafter\n"));
        assertThat(shown.toString()).doesNotContain("SECRET").contains("after");

        LiveText endless = new LiveText(REDACTION);
        int length = 0;
        for (int i = 0; i < 100; i++) {
            length += endless.add("x".repeat(1_000)).length();
        }
        assertThat(length).isGreaterThanOrEqualTo(100_000 - LiveText.MAX_HELD);
    }
}
