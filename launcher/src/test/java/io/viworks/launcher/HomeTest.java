package io.viworks.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeTest {
    @TempDir private Path dir;

    @Test
    void whatItWritesOnlyThisUserCanRead() throws Exception {
        try (Home home = Home.open(dir.resolve("viw"), false)) {
            Path file = home.writePrivate("run/secret", "s");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            home.writePrivate("run/secret", "t");
            assertThat(file).hasContent("t");
            for (Path folder : List.of(home.logs(), home.folder("redis"), dir.resolve("viw/run"))) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                        .isEqualTo("rwx------");
            }
        }
    }

    @Test
    void aSecondStartIsRefusedWhileTheFirstHoldsTheFolder() throws Exception {
        Path folder = dir.resolve("viw");
        try (Home first = Home.open(folder, false)) {
            assertThat(first.root()).isEqualTo(folder);
            assertThatThrownBy(() -> Home.open(folder, true))
                    .isInstanceOf(Home.InUse.class)
                    .hasMessageContaining("in use by another ./viw up");
        }
        Home.open(folder, false).close();
    }

    @Test
    void freshEmptiesTheFolderAndAnOrdinaryStartKeepsIt() throws Exception {
        Path folder = dir.resolve("viw");
        Path kept = folder.resolve("redis/dump");
        try (Home home = Home.open(folder, false)) {
            home.folder("redis");
            Files.writeString(kept, "data");
        }
        Home.open(folder, false).close();
        assertThat(kept).exists();
        Home.open(folder, true).close();
        assertThat(kept).doesNotExist();
    }
}
