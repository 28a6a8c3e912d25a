package io.viworks.admin.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** When keys are read, and how long they are believed; with a clock that the test turns. */
final class IssuerKeysTest {
    private Instant now = Instant.parse("2026-11-21T12:00:00Z");
    private int reads;
    private boolean away;
    private List<JWK> published = List.of(key("a"));
    private final IssuerKeys keys =
            new IssuerKeys(this::read, () -> now, () -> now.toEpochMilli() * 1_000_000);

    private synchronized List<JWK> read() throws IOException {
        reads++;
        if (away) {
            throw new IOException("away");
        }
        return published;
    }

    private static JWK key(String kid) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(kid).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean has(String kid) throws KeySourceException {
        return !keys.get(new JWKSelector(new JWKMatcher.Builder().keyID(kid).build()), null)
                .isEmpty();
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }

    @Test
    void readsWhenFirstNeededAndAgainWhenOld() throws Exception {
        assertThat(reads).isZero();
        assertThat(has("a")).isTrue();
        assertThat(has("a")).isTrue();
        assertThat(reads).isEqualTo(1);
        pass(IssuerKeys.REFRESH);
        published = List.of(key("b"));
        assertThat(has("b")).isTrue();
        assertThat(reads).isEqualTo(2);
        assertThat(has("a")).isFalse();
    }

    @Test
    void believesTheLastKeysForAnHourWhileTheIssuerIsAway() throws Exception {
        assertThat(has("a")).isTrue();
        away = true;
        pass(IssuerKeys.BELIEVED.minusSeconds(1));
        assertThat(has("a")).isTrue();
        assertThat(keys.reachable()).isFalse();
        pass(Duration.ofSeconds(1));
        assertThatThrownBy(() -> has("a")).isInstanceOf(KeySourceException.class);
        away = false;
        pass(IssuerKeys.RETRY);
        assertThat(has("a")).isTrue();
        assertThat(keys.reachable()).isTrue();
    }

    @Test
    void asksAnIssuerThatIsAwayOnlyNowAndThen() {
        away = true;
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> has("a")).isInstanceOf(KeySourceException.class);
        }
        assertThat(reads).isEqualTo(1);
        pass(IssuerKeys.RETRY);
        assertThatThrownBy(() -> has("a")).isInstanceOf(KeySourceException.class);
        assertThat(reads).isEqualTo(2);
    }

    @Test
    void readsForUnknownKeysAFewTimesAndThenSeldom() throws Exception {
        assertThat(has("a")).isTrue();
        for (int i = 0; i < 100; i++) {
            assertThat(has("unknown-" + i)).isFalse();
        }
        assertThat(reads).isEqualTo(1 + IssuerKeys.SPARE);
        pass(IssuerKeys.AGAIN);
        assertThat(has("unknown")).isFalse();
        assertThat(has("unknown")).isFalse();
        assertThat(reads).isEqualTo(2 + IssuerKeys.SPARE);
    }

    @Test
    void saysThatItCannotTellWhenAnUnknownKeyMayBeANewOne() throws Exception {
        assertThat(has("a")).isTrue();
        away = true;
        assertThatThrownBy(() -> has("b")).isInstanceOf(KeySourceException.class);
        assertThat(has("a")).isTrue();
    }

    @Test
    void readsOnceForManyWhoNeedItAtOnce() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        List<CompletableFuture<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    go.await();
                                    return has("a");
                                } catch (InterruptedException | KeySourceException e) {
                                    throw new IllegalStateException(e);
                                }
                            },
                            Thread::startVirtualThread));
        }
        go.countDown();
        for (CompletableFuture<Boolean> one : all) {
            assertThat(one.get()).isTrue();
        }
        assertThat(reads).isEqualTo(1);
    }
}
