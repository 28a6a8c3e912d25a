package io.viworks.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What is taken out of outputs, and what stays. */
class RedactionTest {
    private final Redaction redaction = new Redaction();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "password=hunter2|hunter2",
                "DB_PASSWORD: \"with space\"|with space",
                "export API_KEY='abc def'|abc def",
                "{\"client_secret\": \"s3cr\\\"et\"}|s3cr",
                "Authorization: Bearer eyJhbGciOi.abcdefgh.ijklmnop|ijklmnop",
                "Proxy-Authorization: Basic dXNlcjpwYXNz|dXNlcjpwYXNz",
                "see eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl here|c2lnbmF0dXJl",
                "https://user:pa55w0rd@example.org/x|pa55w0rd",
                "aws_access_key_id=AKIA1234567890|AKIA1234567890",
                "-----BEGIN RSA PRIVATE KEY-----xyz-----END RSA PRIVATE KEY-----|xyz",
                "-----BEGIN PGP PRIVATE KEY BLOCK-----xyz-----END PGP PRIVATE KEY BLOCK-----|xyz",
                "-----BEGIN OpenVPN Static key V1-----xyz-----END OpenVPN Static key V1-----|xyz",
                "+ adduser --password hunter2 eve|hunter2",
                "login -token 's3 cr' --user eve|s3 cr",
                "GET /x?access_token=abc123&n=1|abc123",
                "x-api-key: abc123|abc123"
            })
    void takesOut(String text, String secret) {
        assertThat(redaction.of(text)).doesNotContain(secret).contains(Redaction.MASK);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nothing to see",
                "https://example.org/path?x=1",
                "passwords are stored elsewhere",
                "tokens 12",
                "see --password --user eve",
                "it takes --token, and --user",
                "Basic tea"
            })
    void leaves(String text) {
        assertThat(redaction.of(text)).isEqualTo(text);
    }

    @Test
    void takesOutAKeyThatWasCutOff() {
        assertThat(redaction.of("a\n-----BEGIN PRIVATE KEY-----\nMIIE\nabc"))
                .startsWith("a\n")
                .doesNotContain("MIIE");
    }

    @Test
    void takesOutOfObjectsByNameAndByText() {
        ObjectNode data =
                (ObjectNode)
                        JsonMapper.shared()
                                .readTree(
                                        """
                                        {"token":"abc","deep":[{"db_password":"x","n":1,
                                         "line":"password=y"}],"password_set":true,
                                         "pin_secret":4711,"tokens":["abc",{"id":1}]}
                                        """);
        assertThat(String.valueOf(redaction.of(data)))
                .isEqualTo(
                        """
                        {"token":"[redacted]","deep":[{"db_password":"[redacted]","n":1,\
                        "line":"password=[redacted]"}],"password_set":true,\
                        "pin_secret":"[redacted]","tokens":["[redacted]",{"id":1}]}\
                        """);
        assertThat(data.toString()).as("the original").contains("abc");
    }

    @Test
    @Timeout(10)
    void takesLinearTimeForHostileText() {
        for (String piece :
                new String[] {"password", "a.", "-----BEGIN ", "://a", "eyJ", "bearer ", "\"\\"}) {
            String text = piece.repeat(64 * 1024 / piece.length());
            assertThat(redaction.of(text)).isNotNull();
        }
    }
}
