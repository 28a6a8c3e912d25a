package io.viworks.agent.run;

import io.viworks.agent.host.Container;
import io.viworks.agent.host.ContainerEngine;
import io.viworks.protocol.Limits;
import io.viworks.protocol.frame.FrameCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Asks the container engine which containers there are. */
final class ListContainers implements Action {
    /** Longest text of a container: an image may have any name. */
    private static final int MAX_TEXT = 255;

    private final List<Path> sockets;
    private final FrameCodec codec = new FrameCodec();

    ListContainers(List<Path> sockets) {
        this.sockets = List.copyOf(sockets);
    }

    @Override
    public Answer run(Task task) throws IOException {
        ContainerEngine engine = ContainerVerbs.engine(sockets);
        List<Container> found = engine.containers(task.args().path("all").asBoolean(false));
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        ArrayNode containers = data.putArray("containers");
        StringBuilder words = new StringBuilder();
        int bytes = 0;
        for (Container container : found) {
            ObjectNode described = described(container);
            bytes += codec.encodeObject(described).length + 1;
            if (bytes > Limits.MAX_OUTPUT_BYTES) {
                break;
            }
            containers.add(described);
            words.append(container.id()).append(' ').append(container.state()).append(' ');
            words.append(cut(container.name())).append(' ').append(cut(container.image()));
            words.append('\n');
        }
        boolean truncated = containers.size() < found.size();
        return new Answer(null, words.toString(), "", data, truncated);
    }

    private static ObjectNode described(Container container) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", container.id())
                .put("name", cut(container.name()))
                .put("image", cut(container.image()))
                .put("state", cut(container.state()))
                .put("created", container.created().toString());
    }

    private static String cut(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
    }
}
