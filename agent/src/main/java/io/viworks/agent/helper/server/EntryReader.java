package io.viworks.agent.helper.server;

import io.viworks.agent.helper.server.Entry.Position;
import io.viworks.protocol.verb.Verb;
import io.viworks.protocol.verb.VerbCatalogue;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads one verb's table, and refuses what would bend what a verb promises. */
final class EntryReader {
    private static final Set<String> KEYS = Set.of("argv", "stdin", "allow", "timeout_secs");
    private static final Pattern PLACE = Pattern.compile("\\{([a-z_]+)\\}");

    /** Arguments that open whatever is on the host, unless they are listed. */
    private static final List<String> LISTED = List.of("unit", "image");

    private final Verb verb;
    private final TomlSection section;

    private EntryReader(Verb verb, TomlSection section) {
        this.verb = verb;
        this.section = section;
    }

    /** The entry, or nothing when something is wrong with it. */
    static Optional<Entry> read(TomlSection verbs, String name) {
        Optional<Verb> verb = VerbCatalogue.standard().find(name);
        if (verb.isEmpty()) {
            verbs.wrong(name, "be one of the verbs there are");
            return Optional.empty();
        }
        return new EntryReader(verb.get(), verbs.table(name)).entry();
    }

    private Optional<Entry> entry() {
        section.only(KEYS);
        List<String> argv = section.texts("argv");
        if (argv.isEmpty()) {
            section.wrong("argv", "name a program and its arguments");
            return Optional.empty();
        }
        Path program = program(argv.getFirst());
        List<Position> fixed = new ArrayList<>();
        argv.subList(1, argv.size()).forEach(word -> fixed.add(position(word)));
        List<String> stdin = section.texts("stdin");
        for (String name : stdin) {
            if (property(name) == null) {
                section.wrong("stdin", "name arguments of " + verb + ", and " + name + " is none");
            }
        }
        int most = Math.toIntExact(verb.timeout().toSeconds());
        Duration timeout = Duration.ofSeconds(section.integer("timeout_secs", most, 1, 3_600));
        if (program == null) {
            return Optional.empty();
        }
        return Optional.of(new Entry(verb, program, fixed, stdin, allow(), timeout));
    }

    private @Nullable Path program(String text) {
        try {
            Path program = Path.of(text);
            Owners.mustBeTrusted(program);
            new Entry(verb, program, List.of(), List.of(), Map.of(), Duration.ZERO).mustBeSound();
            return program;
        } catch (IOException e) {
            section.wrong("argv", "name a program that may be run: " + e.getMessage());
        } catch (InvalidPathException e) {
            section.wrong("argv", "begin with the absolute path of a program");
        }
        return null;
    }

    private Position position(String word) {
        Matcher place = PLACE.matcher(word);
        if (!place.matches()) {
            if (word.indexOf('{') >= 0 || word.indexOf('}') >= 0) {
                section.wrong("argv", "have {argument} as a whole word only: " + word);
            }
            return new Position.Text(word);
        }
        String name = place.group(1);
        JsonNode property = property(name);
        if (property == null) {
            section.wrong("argv", "name arguments of " + verb + ", and " + name + " is none");
        } else if (isSecret(name)) {
            section.wrong(
                    "argv", "show no secret: " + name + " belongs into stdin, which ps cannot see");
        } else if (!Set.of("string", "integer", "number", "boolean")
                .contains(property.path("type").asString(""))) {
            section.wrong("argv", "hold single values only: " + name + " belongs into stdin");
        }
        return new Position.Argument(name);
    }

    private Map<String, Set<String>> allow() {
        TomlSection lists = section.table("allow");
        Map<String, Set<String>> allow = new LinkedHashMap<>();
        for (String name : lists.keys()) {
            if (property(name) == null) {
                lists.wrong(name, "be an argument of " + verb);
            }
            allow.put(name, lists.names(name));
        }
        for (String name : LISTED) {
            if (property(name) != null && !allow.containsKey(name)) {
                section.wrong("allow", "list what " + name + " may be");
            }
        }
        return allow;
    }

    private @Nullable JsonNode property(String name) {
        return verb.schema().path("properties").get(name);
    }

    private boolean isSecret(String name) {
        return verb.secretPointers().stream()
                .anyMatch(pointer ->
                        pointer.equals("/" + name) || pointer.startsWith("/" + name + "/"));
    }
}
