package io.viworks.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
    @Test
    void withoutArgumentsItIsOneOfEachAndTwoAgents() throws Exception {
        assertThat(Options.parse(List.of())).isEqualTo(new Options(false, false, 1, 1, 1, 1, 2));
    }

    @Test
    void countsMayFollowASpaceOrAnEqualsSign() throws Exception {
        assertThat(
                        Options.parse(
                                List.of(
                                        "--check",
                                        "--bridges",
                                        "2",
                                        "--results-writers=3",
                                        "--agents=0")))
                .isEqualTo(new Options(true, false, 2, 1, 3, 1, 0));
    }

    @Test
    void everyMistakeIsNamedAtOnce() {
        assertThatThrownBy(() ->
                        Options.parse(List.of("--chekc", "--bridges", "0", "--agents", "many")))
                .isInstanceOf(Options.Misunderstood.class)
                .hasMessage(
                        """
                        unknown option --chekc
                        --bridges takes a number from 1 to 16, not "0"
                        --agents takes a number from 0 to 16, not "many\"\
                        """);
    }
}
