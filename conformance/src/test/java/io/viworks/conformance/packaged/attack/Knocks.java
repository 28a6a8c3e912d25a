package io.viworks.conformance.packaged.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.conformance.packaged.attack.AttackedStack.Enrolled;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.testkit.HttpAnswer;
import io.viworks.testkit.ScriptedAgent;
import io.viworks.testkit.ScriptedHandshake;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Handshakes that are forged, repeated, cut off, or none at all. */
abstract class Knocks {
    private static final List<String> HEADERS =
            List.of(
                    "Host",
                    "Connection",
                    "Upgrade",
                    "Sec-WebSocket-Version",
                    "Sec-WebSocket-Key",
                    HandshakeHeaders.SUBPROTOCOL_HEADER,
                    HandshakeHeaders.AGENT_ID,
                    HandshakeHeaders.TIMESTAMP,
                    HandshakeHeaders.NONCE,
                    HandshakeHeaders.AUTH);

    private static AttackedStack stack() {
        return HostileWorldTest.stack();
    }

    @Test
    void aForgedProofOpensNothing() throws Exception {
        Enrolled own = stack().enrol("forged-own");
        Enrolled thief = stack().enrol("forged-thief");
        List<ScriptedHandshake> forged = new ArrayList<>();
        forged.add(stack().shared("forged").secret("guess"));
        for (String mac :
                List.of(
                        "0".repeat(64),
                        "f".repeat(64),
                        stack().shared("other").value("X-Agent-Auth"))) {
            forged.add(stack().shared("forged").header(HandshakeHeaders.AUTH, mac));
        }
        // Another's key under its own name, under the name of the right key, and a made-up key.
        forged.add(to("forged-own").key(thief.keyId(), thief.pair().getPrivate()));
        forged.add(to("forged-own").key(own.keyId(), thief.pair().getPrivate()));
        forged.add(AttackedStack.newKey("forged-own").handshake(stack()));
        forged.add(to("nobody").key(own.keyId(), own.pair().getPrivate()));
        for (ScriptedHandshake each : forged) {
            HttpAnswer answer = each.answer();
            assertThat(answer.status()).as(answer.toString()).isEqualTo(401);
            assertThat(answer.code()).isEqualTo("bad_signature");
        }
        own.handshake(stack()).open().close();
    }

    private static ScriptedHandshake to(String agentId) {
        return ScriptedHandshake.to(stack().bridgePort(), agentId);
    }

    @Test
    void theSharedSecretOpensNoEnrolledIdAndAGuessIsNotToldWhichIsOne() {
        HttpAnswer enrolled = stack().shared(AttackedStack.BYSTANDER).answer();
        assertThat(enrolled.status()).isEqualTo(401);
        assertThat(enrolled.code()).isEqualTo("credential_required");
        HttpAnswer guess = stack().shared(AttackedStack.BYSTANDER).secret("guess").answer();
        assertThat(guess.code()).isEqualTo("bad_signature");
        assertThat(guess.body())
                .isEqualTo(stack().shared("never-heard-of").secret("guess").answer().body());
    }

    @Test
    void aHandshakeThatWasHeardOpensNothingAgain() throws Exception {
        Enrolled own = stack().enrol("replayed");
        for (ScriptedHandshake heard :
                List.of(own.handshake(stack()), stack().shared("replayed-mac"))) {
            try (ScriptedAgent rightful = heard.open()) {
                rightful.join();
                for (int i = 0; i < 3; i++) {
                    HttpAnswer again = heard.from("127.0.0." + (i + 1)).answer();
                    assertThat(again.status()).isEqualTo(401);
                    assertThat(again.code()).isEqualTo("nonce_replayed");
                }
                rightful.send(rightful.json("PING")).next("PONG");
            }
            assertThat(heard.answer().code()).isEqualTo("nonce_replayed");
        }
    }

    @Test
    void aHandshakeCutOffAnywhereOpensNothing() throws Exception {
        List<Thread> knocks = new ArrayList<>();
        List<String> opened = java.util.Collections.synchronizedList(new ArrayList<>());
        String whole = text(stack().shared("cut-off"));
        assertThat(Bytewise.statuses(Bytewise.answerTo(stack().bridgePort(), whole)))
                .containsExactly(101);
        for (int i = 0; i < HEADERS.size(); i++) {
            String cut = text(stack().shared("cut-off"));
            int end = at(cut, i);
            // In the middle of the header, before its end of line, and as if all were said.
            for (String sent :
                    List.of(
                            cut.substring(0, end - 3),
                            cut.substring(0, end),
                            cut.substring(0, end) + "\r\n",
                            cut.substring(0, end) + "\r\n\r\n")) {
                if (!sent.equals(cut)) {
                    knocks.add(
                            Thread.startVirtualThread(() -> {
                                String answer = Bytewise.exchange(stack().bridgePort(), sent);
                                if (Bytewise.statuses(answer).stream()
                                        .anyMatch(status -> status < 400 || status >= 500)) {
                                    opened.add(sent + "\n=> " + answer);
                                }
                            }));
                }
            }
        }
        for (Thread knock : knocks) {
            knock.join();
        }
        assertThat(opened).isEmpty();
    }

    /** Where the header with this number ends, before its end of line. */
    private static int at(String text, int header) {
        int line = text.indexOf("\r\n" + HEADERS.get(header) + ": ") + 2;
        return text.indexOf("\r\n", line);
    }

    private static String text(ScriptedHandshake handshake) {
        StringBuilder text = new StringBuilder("GET /agent/ws HTTP/1.1\r\n");
        HEADERS.forEach(name ->
                text.append(name).append(": ").append(handshake.value(name)).append("\r\n"));
        return text.append("\r\n").toString();
    }

    @Test
    void whatIsNoRequestIsNoDoorEither() {
        Random random = new Random(20_261_121);
        List<byte[]> garbage = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            byte[] noise = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(noise);
            garbage.add(noise);
        }
        for (String text :
                List.of(
                        "\r\n\r\n\r\n\r\n",
                        "\0\0\0\0\0\0\0\0\r\n\r\n",
                        "GET\r\n\r\n",
                        "GET /agent/ws\r\n\r\n",
                        "GET /agent/ws HTTP/9.9\r\n\r\n",
                        "GET /agent/ws HTTP/1.1\nHost: x\nUpgrade: websocket\n\n",
                        "GET /agent/ws HTTP/1.1\r\n: x\r\n\r\n",
                        "GET /agent/ws HTTP/1.1\r\nX-Agent-Id : a\r\n\r\n",
                        "GET /agent/ws HTTP/1.1\r\n X-Agent-Id: a\r\n\r\n",
                        "GET http://other/agent/ws HTTP/1.1\r\nHost: x\r\n\r\n",
                        "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
                        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                        "*1\r\n$8\r\nFLUSHALL\r\n",
                        "A".repeat(100_000))) {
            garbage.add(text.getBytes(StandardCharsets.ISO_8859_1));
        }
        garbage.add(HexFormat.of().parseHex("16030100310100002d0303" + "00".repeat(40)));
        garbage.parallelStream()
                .forEach(bytes -> {
                    for (int port : List.of(stack().bridgePort(), stack().apiPort())) {
                        String answer = Bytewise.exchange(port, bytes);
                        String what =
                                HexFormat.of().formatHex(bytes, 0, Math.min(40, bytes.length));
                        assertThat(Bytewise.statuses(answer))
                                .as(what + " => " + answer)
                                .allMatch(status -> status >= 400 && status < 506 && status != 500);
                        assertThat(answer).as(what).doesNotContain("Exception", "Netty", "Tomcat");
                    }
                });
    }

    @Test
    void whatHidesInTheBodyOfAnotherRequestIsNotServed() {
        String hidden = text(stack().shared("smuggled"));
        String chunked = "0\r\n\r\n" + hidden;
        int whole = chunked.length();
        String target = "GET /agent/ws HTTP/1.1\r\nHost: x\r\n";
        for (String front :
                List.of(
                        target + "Content-Length: " + whole + "\r\nTransfer-Encoding: chunked",
                        target + "Transfer-Encoding: chunked\r\nContent-Length: " + whole,
                        target + "Content-Length: " + whole + "\r\nTransfer-Encoding : chunked",
                        target + "Content-Length: " + whole + "\r\nTransfer-Encoding: xchunked",
                        target + "Content-Length: " + whole + "\r\nTransfer-Encoding: ,chunked",
                        target + "Content-Length: 0\r\nContent-Length: " + whole,
                        target + "Content-Length: 0, " + whole,
                        target + "Content-Length: +" + whole,
                        target + "Content-Length: -1",
                        target + "Transfer-Encoding: chunked")) {
            String answer = Bytewise.exchange(stack().bridgePort(), front + "\r\n\r\n" + chunked);
            assertThat(Bytewise.statuses(answer))
                    .as(front + " => " + answer)
                    .hasSizeLessThanOrEqualTo(1)
                    .allMatch(status -> (status >= 400 && status < 500) || status == 501);
        }
    }

    @Test
    void headersWithoutEndAreCutShort() {
        for (String field : List.of("X-Agent-Id", "X-Filler", "Cookie")) {
            for (int size : List.of(9_000, 70_000, 4_000_000)) {
                String request =
                        text(stack().shared("oversized")).replace("\r\n\r\n", "\r\n" + field + ": ")
                                + "a".repeat(size)
                                + "\r\n\r\n";
                assertRefused(field + " of " + size, request);
            }
        }
        StringBuilder many = new StringBuilder("GET /agent/ws HTTP/1.1\r\nHost: x\r\n");
        for (int i = 0; i < 20_000; i++) {
            many.append("X-").append(i).append(": 1\r\n");
        }
        assertRefused("20 000 headers", many.append("\r\n").toString());
        assertRefused("a long target", "GET /agent/ws?" + "a".repeat(4_000_000) + " HTTP/1.1\r\n");
    }

    private static void assertRefused(String what, String request) {
        assertThat(Bytewise.statuses(Bytewise.exchange(stack().bridgePort(), request)))
                .as(what)
                .hasSizeLessThanOrEqualTo(1)
                .allMatch(status -> status >= 400 && status < 500);
    }
}
