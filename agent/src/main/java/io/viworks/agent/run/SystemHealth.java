package io.viworks.agent.run;

import io.viworks.agent.host.Disk;
import io.viworks.agent.host.Host;
import io.viworks.agent.host.Load;
import io.viworks.agent.host.Memory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Measures this machine now: processors, memory, disks, load, uptime, kernel. */
final class SystemHealth implements Action {
    /** How long the processors are watched: their work is a rate. */
    private static final Duration WATCH = Duration.ofMillis(250);

    /** How long disks may take; without them the rest is still worth telling. */
    private static final Duration DISKS = Duration.ofSeconds(2);

    private final Host host;

    SystemHealth(Host host) {
        this.host = host;
    }

    @Override
    public Answer run(Task task) throws IOException, InterruptedException {
        double cpu = host.cpuPercent(WATCH);
        Memory memory = host.memory();
        List<Disk> disks = List.of();
        String problem = "";
        try {
            disks = host.disks(DISKS);
        } catch (IOException e) {
            problem = e.getMessage() + "\n";
        }
        Load load = host.load();
        Duration uptime = host.uptime();
        String kernel = host.kernel();

        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.putObject("cpu").put("used_pct", cpu).put("processors", host.processors());
        data.putObject("memory")
                .put("used_pct", memory.usedPercent())
                .put("total_bytes", memory.total())
                .put("available_bytes", memory.available())
                .put("swap_total_bytes", memory.swapTotal())
                .put("swap_free_bytes", memory.swapFree());
        ArrayNode list = data.putArray("disks");
        for (Disk disk : disks) {
            list.addObject()
                    .put("path", disk.path())
                    .put("type", disk.type())
                    .put("used_pct", disk.usedPercent())
                    .put("total_bytes", disk.total())
                    .put("available_bytes", disk.available());
        }
        data.putObject("load")
                .put("load1", load.one())
                .put("load5", load.five())
                .put("load15", load.fifteen());
        data.put("uptime", uptime.toSeconds());
        data.put("kernel", kernel);
        String words = words(cpu, memory, disks, load, uptime, kernel);
        return new Answer(null, words, problem, data, false);
    }

    private static String words(
            double cpu,
            Memory memory,
            List<Disk> disks,
            Load load,
            Duration uptime,
            String kernel) {
        String filled =
                disks.stream()
                        .map(disk -> "disk " + disk.path() + " " + disk.usedPercent() + " %\n")
                        .collect(Collectors.joining());
        return String.format(
                Locale.ROOT,
                """
                cpu %.1f %%
                memory %.1f %% of %d MiB
                %sload %.2f %.2f %.2f
                up %d d %02d:%02d
                kernel %s
                """,
                cpu,
                memory.usedPercent(),
                memory.total() >> 20,
                filled,
                load.one(),
                load.five(),
                load.fifteen(),
                uptime.toDays(),
                uptime.toHoursPart(),
                uptime.toMinutesPart(),
                kernel);
    }
}
