package io.viworks.agent.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {
    @Test
    void aHundredGoodAgentsUnlessMoreIsSaid() throws Exception {
        Options options = read("");
        assertThat(options.count()).isEqualTo(100);
        assertThat(options.bad()).isEmpty();
        assertThat(options.duration()).isZero();
    }

    @Test
    void timesAndNumbersAreRead() throws Exception {
        Options options =
                read("--count 30 --ramp 1500ms --think 2s --for 5m --floods 3 --half-open 2");
        assertThat(options.count()).isEqualTo(30);
        assertThat(options.ramp()).isEqualTo(Duration.ofMillis(1500));
        assertThat(options.think()).isEqualTo(Duration.ofSeconds(2));
        assertThat(options.duration()).isEqualTo(Duration.ofMinutes(5));
        assertThat(options.bad()).isEqualTo(Map.of(Habit.FLOOD, 3, Habit.HALF_OPEN, 2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--count many          | --count must be followed by a number from 0 to 25000",
                "--count 25001         | --count must be followed by a number from 0 to 25000",
                "--count               | --count needs a value",
                "--ramp 10             | --ramp must be followed by a time",
                "--ramp -1s            | --ramp must be followed by a time",
                "--think 99999999999ms | --think must be followed by a time",
                "--nonsense 3          | there is no option --nonsense",
                "--count 2 --clones 3  | --count must be at least",
                "--count 0             | must be more than nothing"
            })
    void whatIsWrongIsSaidWithWhatWouldBeRight(String words, String said) {
        assertThatThrownBy(() -> read(words))
                .isInstanceOf(Options.Wrong.class)
                .hasMessageContaining(said);
    }

    private static Options read(String words) throws Options.Wrong {
        return Options.read(
                new ArrayDeque<>(words.isBlank() ? List.of() : List.of(words.strip().split(" +"))));
    }
}
