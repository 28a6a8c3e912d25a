package io.viworks.agent.host;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A container to be made.
 *
 * @param env values may be secret
 * @param labels what it can be found by later
 * @param memoryBytes null for no limit
 * @param nanoCpus billionths of a processor; null for no limit
 */
public record ContainerSpec(
        String image,
        String name,
        Map<String, String> env,
        List<Port> ports,
        Map<String, String> labels,
        @Nullable Long memoryBytes,
        @Nullable Long nanoCpus) {
    public ContainerSpec {
        env = Map.copyOf(env);
        ports = List.copyOf(ports);
        labels = Map.copyOf(labels);
    }

    /**
     * One published port.
     *
     * @param address of this machine; empty for all
     * @param protocol {@code tcp} or {@code udp}
     */
    public record Port(String address, String host, String inside, String protocol) {
        /** Reads {@code [address:]host:container[/protocol]}, as the verb's schema has it. */
        public static Port parse(String text) {
            String[] sides = text.split("/", 2);
            String[] parts = sides[0].split(":", -1);
            int last = parts.length - 1;
            return new Port(
                    last > 1 ? parts[0] : "",
                    parts[last - 1],
                    parts[last],
                    sides.length > 1 ? sides[1] : "tcp");
        }
    }

    /** As {@code POST /containers/create} takes it; secrets stand in it. */
    ObjectNode body() {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("Image", image);
        ArrayNode variables = body.putArray("Env");
        env.forEach((key, value) -> variables.add(key + "=" + value));
        ObjectNode marks = body.putObject("Labels");
        labels.forEach(marks::put);
        ObjectNode exposed = body.putObject("ExposedPorts");
        ObjectNode host = body.putObject("HostConfig");
        ObjectNode bindings = host.putObject("PortBindings");
        for (Port port : ports) {
            String inside = port.inside() + "/" + port.protocol();
            exposed.putObject(inside);
            bindings.withArray("/" + inside.replace("/", "~1"))
                    .addObject()
                    .put("HostIp", port.address())
                    .put("HostPort", port.host());
        }
        if (memoryBytes != null) {
            host.put("Memory", memoryBytes);
        }
        if (nanoCpus != null) {
            host.put("NanoCpus", nanoCpus);
        }
        return body;
    }
}
