package io.viworks.protocol.frame;

import io.viworks.protocol.frame.AgentFrame.Container;
import io.viworks.protocol.frame.AgentFrame.Metrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Picks the known metrics out of the object (spec 2.3). Agents of other make describe services and
 * containers in more words than a string; those are kept as their JSON text.
 */
final class MetricsReader {
    private MetricsReader() {}

    static Metrics read(Fields metrics) throws BadFrame {
        return new Metrics(
                metrics.numberOrNull("cpu_pct", 0, 100),
                metrics.numberOrNull("mem_pct", 0, 100),
                metrics.numberOrNull("disk_pct", 0, 100),
                metrics.numberOrNull("load1", 0, Float.MAX_VALUE),
                metrics.intOrNull("containers_running", 0, Integer.MAX_VALUE),
                services(metrics.objectOrNull("services")),
                containers(metrics),
                metrics.node());
    }

    private static Map<String, String> services(@Nullable ObjectNode object) {
        if (object == null) {
            return Map.of();
        }
        Map<String, String> services = new LinkedHashMap<>();
        object.forEachEntry((name, status) -> services.put(name, text(status)));
        return services;
    }

    private static List<Container> containers(Fields metrics) throws BadFrame {
        List<Container> containers = new ArrayList<>();
        for (JsonNode element : metrics.arrayOrEmpty("containers")) {
            if (!element.isObject()) {
                throw metrics.wrong("containers", "an array of objects");
            }
            containers.add(
                    new Container(
                            text(element.get("id")),
                            text(element.get("name")),
                            text(element.get("image")),
                            text(element.get("state"))));
        }
        return containers;
    }

    private static String text(@Nullable JsonNode value) {
        if (value == null || value.isNull()) {
            return "";
        }
        return value.isString() ? value.stringValue() : JsonText.of(value);
    }
}
