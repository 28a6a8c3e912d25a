package io.viworks.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityTest {
    /** The DNS namespace of RFC 9562, section 6.6. */
    private static final UUID DNS = UUID.fromString("6ba7b810-9dad-11d1-80b4-00c04fd430c8");

    @ParameterizedTest
    @ValueSource(strings = {"g", "gateway-001", "A.b_c-9", "0"})
    void takesAgentIds(String text) {
        assertThat(AgentId.of(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", ".a", "a b", "a/b", "a*", "ä", "a\n", "a\u0000"})
    void refusesOtherAgentIdsWithoutQuotingThem(String text) {
        assertThatThrownBy(() -> AgentId.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("agent_id must match [A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    }

    @Test
    void boundsAgentIds() {
        assertThat(AgentId.of("a".repeat(64)).value()).hasSize(64);
        assertThatThrownBy(() -> AgentId.of("a".repeat(65)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0190B3A4-0000-4000-8000-000000000001",
                "190b3a4-0000-4000-8000-000000000001",
                "{0190b3a4-0000-4000-8000-000000000001}",
                "0190b3a4-0000-4000-8000-000000000001\n",
                "1-1-1-1-1"
            })
    void refusesUuidsInAnotherForm(String text) {
        assertThatThrownBy(() -> CorrelationId.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("correlation_id must be a lower-case UUID");
    }

    @Test
    void makesTheNameBasedUuidOfTheRfc() {
        assertThat(Uuids.nameBased(DNS, "www.example.com"))
                .hasToString("2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    @Test
    void showsOfBytesOnlyTheirLength() {
        assertThat(Bytes.utf8("hunter2")).hasToString("7 bytes").isEqualTo(Bytes.utf8("hunter2"));
    }

    @ParameterizedTest
    @EnumSource(CloseCode.class)
    void closesWithReasonsThatFitAControlFrame(CloseCode code) {
        assertThat(code.reason()).isNotEmpty().hasSizeLessThanOrEqualTo(123);
    }
}
