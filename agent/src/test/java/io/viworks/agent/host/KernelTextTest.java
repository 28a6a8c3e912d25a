package io.viworks.agent.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class KernelTextTest {
    private static final String STAT =
            """
            cpu  133008 10 8417 3944048 1050 5 702 51 99 98
            cpu0 66569 0 4310 1971794 638 0 328 24 0 0
            intr 2071605 0 0
            """;

    @Test
    void countsIdleAndWaitingAsIdleAndGuestsOnce() {
        CpuTimes times = CpuTimes.parse(STAT);
        assertThat(times.idle()).isEqualTo(3944048 + 1050);
        assertThat(times.total()).isEqualTo(133008 + 10 + 8417 + 3944048 + 1050 + 5 + 702 + 51);
    }

    @Test
    void tellsWorkBetweenTwoReadings() {
        CpuTimes before = new CpuTimes(1_000, 400);
        assertThat(new CpuTimes(1_200, 450).busySince(before)).isEqualTo(OptionalDouble.of(75));
        assertThat(new CpuTimes(1_003, 401).busySince(before)).isEqualTo(OptionalDouble.of(66.7));
        assertThat(before.busySince(before)).isEmpty();
        assertThat(new CpuTimes(1_100, 390).busySince(before)).isEqualTo(OptionalDouble.of(100));
    }

    @Test
    void refusesAStatFileWithoutProcessors() {
        assertThatThrownBy(() -> CpuTimes.parse("intr 1 2 3")).hasMessageContaining("'cpu '");
        assertThatThrownBy(() -> CpuTimes.parse("cpu 1 2 3")).hasMessageContaining("five");
        assertThatThrownBy(() -> CpuTimes.parse("")).hasMessageContaining("'cpu '");
    }

    @Test
    void countsCachesAsAvailableMemory() {
        String meminfo =
                """
                MemTotal:       1000000 kB
                MemFree:         100000 kB
                MemAvailable:    750000 kB
                SwapTotal:            0 kB
                SwapFree:             0 kB
                """;
        Memory memory = Memory.parse(meminfo);
        assertThat(memory).isEqualTo(new Memory(1_024_000_000, 768_000_000, 0, 0));
        assertThat(memory.usedPercent()).isEqualTo(25);
        assertThatThrownBy(() -> Memory.parse("MemTotal: 1 kB\n"))
                .hasMessageContaining("MemAvailable");
    }

    @Test
    void readsTheLoad() {
        assertThat(Load.parse("1.39 0.63 0.23 3/115 5028\n")).isEqualTo(new Load(1.39, 0.63, 0.23));
        assertThatThrownBy(() -> Load.parse("1.39")).hasMessageContaining("three");
    }

    @Test
    void countsDiskSpaceAsDfDoes() {
        assertThat(new Disk("/", "ext4", 1_000, 500, 400).usedPercent()).isEqualTo(55.6);
        assertThat(new Disk("/", "proc", 0, 0, 0).usedPercent()).isZero();
    }

    @Test
    void findsTheMachinesOwnDisksAmongItsMounts() {
        String mounts =
                """
                proc /proc proc rw,nosuid 0 0
                /dev/vda1 / ext4 rw,relatime 0 0
                tmpfs /run tmpfs rw 0 0
                /dev/loop3 /snap/core/1 squashfs ro 0 0
                /dev/mapper/vg-var /var xfs rw 0 0
                nas:/export /mnt/nas nfs4 rw 0 0
                /dev/vdb1 /srv/with\\040blank\\134and btrfs rw 0 0
                /dev/vdb1 /srv/with\\040blank\\134and btrfs rw 0 0
                """;
        assertThat(Mounts.parse(mounts))
                .containsExactly(Path.of("/"), Path.of("/var"), Path.of("/srv/with blank\\and"));
        assertThat(Mounts.parse("")).isEmpty();
    }

    @Test
    void measuresEachDiskOnce() throws Exception {
        Host host = new Host(List.of(Path.of("/"), Path.of("/"), Path.of("/etc/passwd")));
        assertThat(host.disks())
                .extracting(Disk::path)
                .startsWith("/")
                .doesNotHaveDuplicates()
                .doesNotContain("/etc/passwd");
    }
}
