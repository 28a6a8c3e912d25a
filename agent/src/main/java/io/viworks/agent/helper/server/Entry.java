package io.viworks.agent.helper.server;

import io.viworks.agent.helper.BadRequest;
import io.viworks.agent.process.Program;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.ErrorCodes;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.verb.Verb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the helper runs for one verb: a program and its exact arguments, of which some are places
 * for arguments of the command (spec 6). Immutable.
 *
 * @param fixed the arguments of the program in their order
 * @param stdin names of arguments that the program reads as one line of JSON
 * @param allow values that arguments must have, by name
 * @param timeout longest run
 */
record Entry(
        Verb verb,
        Path program,
        List<Position> fixed,
        List<String> stdin,
        Map<String, Set<String>> allow,
        Duration timeout) {
    static final FrameCodec CODEC = new FrameCodec();

    Entry {
        fixed = List.copyOf(fixed);
        stdin = List.copyOf(stdin);
        allow = Map.copyOf(allow);
    }

    /** One argument of the program. */
    sealed interface Position {
        /** Always this text. */
        record Text(String text) implements Position {}

        /** The command's argument of this name; an empty text when the command leaves it out. */
        record Argument(String name) implements Position {}
    }

    /**
     * The program of one run.
     *
     * @param args as the verb's schema allows them
     * @throws BadRequest when an argument is not one of those allowed, or could be taken for an
     *     option or for more than one word
     */
    Program program(CorrelationId id, ObjectNode args, Duration most) throws BadRequest {
        for (var allowed : allow.entrySet()) {
            JsonNode value = args.get(allowed.getKey());
            if (value != null && !allowed.getValue().contains(value.asString(""))) {
                throw new BadRequest(
                        ErrorCodes.LOCAL_POLICY,
                        "/%s must be one that the helper's table allows"
                                .formatted(allowed.getKey()));
            }
        }
        List<String> arguments = new ArrayList<>();
        for (Position position : fixed) {
            arguments.add(
                    switch (position) {
                        case Position.Text(String text) -> text;
                        case Position.Argument(String name) -> argument(name, args.get(name));
                    });
        }
        Duration limit = most.compareTo(timeout) < 0 ? most : timeout;
        return new Program(program, arguments, Map.of(), limit, id).reading(input(args));
    }

    /**
     * Looks at the program as it is now.
     *
     * @throws IOException when it is not there or somebody else could have changed it
     */
    void mustBeSound() throws IOException {
        if (!Files.isRegularFile(program) || !Files.isExecutable(program)) {
            throw new IOException(program + " is not there, or cannot be executed");
        }
        Owners.mustBeTrusted(program);
    }

    private static String argument(String name, @Nullable JsonNode value) throws BadRequest {
        if (value == null) {
            return "";
        }
        if (!value.isValueNode() || value.isNull()) {
            throw new BadRequest(ErrorCodes.VALIDATION_FAILED, "/" + name + " must be one value");
        }
        String text = value.asString("");
        String problem = Words.problem(text);
        if (problem != null) {
            throw new BadRequest(ErrorCodes.VALIDATION_FAILED, "/" + name + " " + problem);
        }
        return text;
    }

    private Bytes input(ObjectNode args) {
        if (stdin.isEmpty()) {
            return Bytes.utf8("");
        }
        ObjectNode read = JsonNodeFactory.instance.objectNode();
        for (String name : stdin) {
            JsonNode value = args.get(name);
            if (value != null) {
                read.set(name, value);
            }
        }
        return Bytes.utf8(Bytes.of(CODEC.encodeObject(read)).utf8() + "\n");
    }
}
