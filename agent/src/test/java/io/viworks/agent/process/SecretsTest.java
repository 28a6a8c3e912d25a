package io.viworks.agent.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

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

    @ParameterizedTest
    @ValueSource(ints = {8, 20, 64, 76})
    void masksWhatIsBrokenIntoLines(int width) {
        String key = "0123456789/+abcdef".repeat(12);
        Secrets wide = Secrets.of(List.of(key));
        for (String text :
                new String[] {
                    key,
                    Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8)),
                    Base64.getEncoder()
                            .encodeToString(("eve:" + key).getBytes(StandardCharsets.UTF_8))
                }) {
            String broken = text.replaceAll("(.{%d})".formatted(width), "$1\r\n");
            String masked = wide.masked("key: " + broken + "\nend");
            assertThat(masked).startsWith("key: ").contains("***").endsWith("end");
            assertThat(masked.length()).isLessThan(32);
            Masking byLetter = wide.masking();
            StringBuilder shown = new StringBuilder();
            ("key: " + broken + "\nend")
                    .chars()
                    .forEach(c -> shown.append(byLetter.next(String.valueOf((char) c))));
            assertThat(shown + byLetter.end(false)).isEqualTo(masked);
        }
    }

    @Test
    void holdsBackNoLineBreaksWithoutEnd() {
        Masking masking = Secrets.of(List.of("0123456789")).masking();
        assertThat(masking.next("0")).isEmpty();
        assertThat(masking.next("\n\n")).isEmpty();
        assertThat(masking.next("\n")).isEqualTo("0\n\n\n");
        assertThat(Secrets.of(List.of("abc")).masked("a\nb\nc")).isEqualTo("a\nb\nc");
    }

    @Test
    void masksWhatOthersEscapeWithoutNeed() {
        assertThat(secrets.masked("\"pa\\/ss+w\\\"\\u00f6rd 42\"")).isEqualTo("\"***\"");
        assertThat(secrets.masked("<p>pa/ss+w&quot;örd 42</p>")).isEqualTo("<p>***</p>");
        Secrets quoted = Secrets.of(List.of("it's <5 & $6"));
        assertThat(quoted.masked("+ adduser 'it'\\''s <5 & $6'")).isEqualTo("+ adduser '***'");
        assertThat(quoted.masked("it\\'s\\ \\<5\\ \\&\\ \\$6.")).isEqualTo("***.");
        assertThat(quoted.masked("it&#39;s &lt;5 &amp; $6")).isEqualTo("***");
    }

    @Test
    void masksTheNamesAndTextsOfAnObject() {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.put("username", "eve").put("ok", true).put("of " + SECRET, 1);
        data.putArray("said").add("with " + SECRET).addObject().put("again", SECRET);
        assertThat(secrets.masked(data))
                .hasToString(
                        "{\"username\":\"eve\",\"ok\":true,\"of ***\":1,"
                                + "\"said\":[\"with ***\",{\"again\":\"***\"}]}");
        assertThat(Secrets.of(List.of("4711")).masked(data.removeAll().put("pin", 4711)))
                .hasToString("{\"pin\":\"***\"}");
    }
}
