package io.viworks.backplane.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.StreamMessage;
import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams of commands and results lose only what everybody is done with (spec 3.1). */
class StreamTrimTest {
    private static final String STREAM = Keys.COMMAND_RESULTS;
    private static final String GROUP = Keys.GROUP_RESULTS_WRITER;

    private final Bench bench = new Bench();
    private final StreamTrim trim = new StreamTrim(bench.login(Service.RESULTS_WRITER));
    private final List<String> ids = new ArrayList<>();

    @BeforeEach
    void fiveEntries() {
        for (int i = 0; i < 5; i++) {
            ids.add(bench.add(STREAM, Map.of("n", String.valueOf(i))));
        }
    }

    @AfterEach
    void close() {
        bench.redis.flush();
        bench.close();
    }

    private void group(String name) {
        says("XGROUP CREATE " + STREAM + " " + name + " 0");
    }

    private void reads(String name, int entries) {
        says("XREADGROUP GROUP " + name + " c COUNT " + entries + " STREAMS " + STREAM + " >");
    }

    private void acknowledges(String name, int... places) {
        for (int place : places) {
            says("XACK " + STREAM + " " + name + " " + ids.get(place));
        }
    }

    private void says(String command) {
        assertThat(bench.redis.command(command)).as(command).doesNotStartWith("-");
    }

    private List<String> left() {
        return bench.entries(STREAM).stream().map(StreamMessage::getId).toList();
    }

    private long trims() {
        return Bench.get(trim.trim(STREAM, List.of(GROUP)));
    }

    @Test
    void keepsWhatNobodyHasRead() {
        group(GROUP);
        assertThat(trims()).isZero();
        assertThat(left()).isEqualTo(ids);
    }

    @Test
    void keepsEverythingFromTheOldestThatIsPending() {
        group(GROUP);
        reads(GROUP, 5);
        acknowledges(GROUP, 0, 2, 3, 4);
        assertThat(trims()).isEqualTo(1);
        assertThat(left()).isEqualTo(ids.subList(1, 5));
        acknowledges(GROUP, 1);
        assertThat(trims()).isEqualTo(3);
        assertThat(left()).as("the last that was delivered stays").isEqualTo(ids.subList(4, 5));
    }

    @Test
    void keepsWhatASlowerGroupHasNotRead() {
        group(GROUP);
        group("another");
        reads(GROUP, 5);
        acknowledges(GROUP, 0, 1, 2, 3, 4);
        reads("another", 2);
        acknowledges("another", 0, 1);
        assertThat(trims()).isEqualTo(1);
        assertThat(left()).isEqualTo(ids.subList(1, 5));
    }

    @Test
    void keepsEverythingWhileAnExpectedGroupIsMissing() {
        group("another");
        reads("another", 5);
        acknowledges("another", 0, 1, 2, 3, 4);
        assertThat(trims()).isZero();
        assertThat(left()).isEqualTo(ids);
    }

    @Test
    void hasNothingToDoWithoutAStream() {
        bench.redis.flush();
        assertThat(trims()).isZero();
    }
}
