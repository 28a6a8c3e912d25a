package io.viworks.agent.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
    private static final String SECRET = "pa/ss+w\"örd 42";
    private final Secrets secrets = Secrets.of(List.of(SECRET));

    @Test
    void masksTheValueItself() {
        assertThat(secrets.masked("is " + SECRET + "!")).isEqualTo("is ***!");
    }

    @Test
    void masksUrlEncodings() {
        String form = URLEncoder.encode(SECRET, StandardCharsets.UTF_8);
        assertThat(secrets.masked("?p=" + form + "&q")).isEqualTo("?p=***&q");
        assertThat(secrets.masked("?p=" + form.replace("+", "%20"))).isEqualTo("?p=***");
        assertThat(secrets.masked("?p=pa%2fss%2bw%22%c3%b6rd%2042&")).isEqualTo("?p=***&");
    }

    @Test
    void masksJsonAndHexadecimal() {
        assertThat(secrets.masked("{\"p\":\"pa/ss+w\\\"örd 42\"}")).isEqualTo("{\"p\":\"***\"}");
        assertThat(secrets.masked("70612f73732b7722c3b672642034" + "32 end")).isEqualTo("*** end");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "u", "us", "use", "user:"})
    void masksBase64AlsoInsideALongerText(String before) {
        byte[] bytes = (before + SECRET + ":tail").getBytes(StandardCharsets.UTF_8);
        String masked = secrets.masked("Basic " + Base64.getEncoder().encodeToString(bytes) + "\n");
        assertThat(masked).contains("***");
        String rest = masked.substring(6).replace("***", "").strip();
        assertThat(rest.length()).isLessThan(before.length() * 4 / 3 + 16);
    }

    @Test
    void masksLinesOfAKeyThatAreIndented() {
        Secrets key = Secrets.of(List.of("-----BEGIN KEY-----\nMC4CAQAwBQ\n-----END KEY-----\n"));
        assertThat(key.masked("  -----BEGIN KEY-----\n    MC4CAQAwBQ\n"))
                .isEqualTo("  -----BEGIN KEY-----\n    ***\n");
    }

    @Test
    void masksOverlappingSecretsWhole() {
        Secrets both = Secrets.of(List.of("abcdef", "defghi"));
        assertThat(both.masked("<abcdefghi>")).isEqualTo("<***>");
    }

    @Test
    void leavesValuesThatStandEverywhereByChance() {
        assertThat(Secrets.of(List.of("1", "", "no")).masked("1 is no 1")).isEqualTo("1 is no 1");
    }

    @Test
    void findsASecretWhereverThePiecesBreak() {
        String text = "before " + SECRET + " after";
        for (int first = 0; first <= text.length(); first++) {
            for (int second = first; second <= text.length(); second++) {
                Masking masking = secrets.masking();
                String masked =
                        masking.next(text.substring(0, first))
                                + masking.next(text.substring(first, second))
                                + masking.next(text.substring(second))
                                + masking.end(false);
                assertThat(masked).isEqualTo("before *** after");
            }
        }
    }

    @Test
    void holdsBackNothingThatCannotBecomeASecret() {
        Masking masking = secrets.masking();
        assertThat(masking.next("progress 1\n")).isEqualTo("progress 1\n");
        assertThat(masking.next("now pa/s")).isEqualTo("now ");
        assertThat(masking.next("t\n")).isEqualTo("pa/st\n");
    }

    @Test
    void hidesTheBeginningOfASecretWhenTheTextIsCutWithinIt() {
        Masking cut = secrets.masking();
        assertThat(cut.next("x pa/ss+w") + cut.end(true)).isEqualTo("x ***");
        Masking whole = secrets.masking();
        assertThat(whole.next("x pa/ss+w") + whole.end(false)).isEqualTo("x pa/ss+w");
    }
}
