package io.viworks.protocol.verb;

import java.util.List;
import java.util.Optional;

/** The closed set of verbs, read once from the JSON Schemas in this module. Thread-safe. */
public final class VerbCatalogue {
    /** The catalogue of this build. */
    public static VerbCatalogue standard() {
        return new VerbCatalogue();
    }

    public Optional<Verb> find(String name) {
        return Optional.empty();
    }

    /** All verbs by name. */
    public List<Verb> all() {
        return List.of();
    }

    private VerbCatalogue() {}
}
