package io.viworks.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildrenTest {
    @TempDir private Path dir;

    @Test
    void theEndGoesBackwardsInGroups() throws Exception {
        Path trace = dir.resolve("trace");
        Children children = new Children();
        for (String name : List.of("first", "second", "third")) {
            children.start(List.of(traced(name, trace)));
        }
        await().until(() -> Files.exists(trace) && Files.readAllLines(trace).size() == 3);
        children.close();
        assertThat(Files.readAllLines(trace).subList(3, 6))
                .containsExactly("third ended", "second ended", "first ended");
        assertThat(children.death()).isNotDone();
    }

    @Test
    void theFirstDeathIsToldWithTheLastWords() throws Exception {
        try (Children children = new Children()) {
            children.start(List.of(shell("bad", "echo out of luck; exit 7")));
            await().until(children.death()::isDone);
            assertThat(children.death().join())
                    .contains("bad ended with exit code 7")
                    .contains("out of luck");
        }
    }

    @Test
    void lastWordsAreTheWarningsAndErrorsInWords() throws Exception {
        String log =
                """
                {"ts":"2026-01-15T12:00:00Z","level":"INFO","msg":"Everything is fine"}
                {"ts":"2026-01-15T12:00:01Z","level":"ERROR","msg":"cannot listen: taken"}
                {"ts":"2026-01-15T12:00:02Z","level":"INFO","msg":"Shut down"}
                """;
        try (Children children = new Children()) {
            children.start(List.of(shell("bad", "echo '" + log.strip() + "'; exit 1")));
            await().until(children.death()::isDone);
            assertThat(children.death().join())
                    .endsWith(":\n  ERROR cannot listen: taken")
                    .doesNotContain("fine");
        }
    }

    @Test
    void aChildIsInASessionOfItsOwnSoThatCtrlCDoesNotReachIt() throws Exception {
        try (Children children = new Children()) {
            Child child = children.start(List.of(shell("one", "exec sleep 60"))).getFirst();
            await().untilAsserted(() -> {
                String stat = Files.readString(Path.of("/proc/" + child.pid() + "/stat"));
                String session = stat.substring(stat.lastIndexOf(')')).split(" ", -1)[4];
                assertThat(session).isEqualTo(String.valueOf(child.pid()));
            });
        }
    }

    private Child.Program traced(String name, Path trace) {
        return shell(
                name,
                "trap 'echo %1$s ended >> %2$s; exit 0' TERM; echo %1$s >> %2$s; while :; do sleep 0.05; done"
                        .formatted(name, trace));
    }

    private Child.Program shell(String name, String script) {
        return new Child.Program(
                "test",
                name,
                dir.resolve(name + ".log"),
                List.of("/bin/sh", "-c", script),
                Map.of());
    }
}
