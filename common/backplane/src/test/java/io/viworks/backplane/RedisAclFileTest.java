package io.viworks.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The ACL file says the rules of the services, and no password. */
class RedisAclFileTest {
    @Test
    void passwordsStandThereAsDigests() {
        for (RedisAcl.Service service : RedisAcl.Service.values()) {
            String line = RedisAclFile.line(service, "0123456789abcdef");
            assertThat(line)
                    .startsWith("user " + service.user() + " reset on #")
                    .contains("#9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f ")
                    .doesNotContain("0123456789abcdef", ">");
        }
    }
}
