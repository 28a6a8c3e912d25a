package io.viworks.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** What a failed request means. */
class FailuresTest {
    @Test
    void aConnectionThatEndsWhileARequestIsWrittenIsRedisBeingAway() {
        // Netty fails the write itself so, past Lettuce: seen when Redis is killed.
        assertThat(Failures.translated(new CompletionException(new ClosedChannelException())))
                .isInstanceOf(WorldAway.class);
        assertThat(Failures.translated(new RedisCommandTimeoutException("late")))
                .isInstanceOf(WorldAway.class);
    }

    @Test
    void anAnswerThatIsARefusalIsAFaultUnlessItSaysNotNow() {
        var wrong = new RedisCommandExecutionException("ERR wrong number of arguments");
        var full = new RedisCommandExecutionException("OOM command not allowed when used memory");

        assertThat(Failures.translated(wrong)).isSameAs(wrong);
        assertThat(Failures.translated(full)).isInstanceOf(WorldAway.class);
    }
}
