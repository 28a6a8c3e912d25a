package io.viworks.agent.run;

import static io.viworks.protocol.frame.ErrorCodes.LOCAL_POLICY;
import static io.viworks.protocol.frame.ErrorCodes.VALIDATION_FAILED;
import static io.viworks.protocol.frame.ErrorCodes.VERB_NOT_ALLOWED;

import io.viworks.protocol.frame.EncodedText;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.verb.Verb;
import io.viworks.protocol.verb.Verb.Violation;
import io.viworks.protocol.verb.VerbCatalogue;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * What this gateway lets be done: its own configuration decides, whatever the server says (spec 6).
 * Immutable.
 */
final class Policy {
    /** Longest reason of a refusal in bytes as encoded. */
    static final int MAX_MESSAGE_BYTES = 1024;

    private final RunSettings settings;
    private final VerbCatalogue catalogue;
    private final Set<String> runnable;

    /**
     * The policy of these settings.
     *
     * @param runnable verbs this agent has an action for
     */
    Policy(RunSettings settings, VerbCatalogue catalogue, Set<String> runnable) {
        this.settings = settings;
        this.catalogue = catalogue;
        this.runnable = Set.copyOf(runnable);
    }

    /** Verbs that may be run here, by name. */
    List<String> verbs() {
        return runnable.stream()
                .filter(this::allowed)
                .filter(name -> settings.execEnabled() || !changes(name))
                .sorted()
                .toList();
    }

    /** Why not, or empty. */
    Optional<Refusal> check(Envelope envelope) {
        Optional<Verb> found = catalogue.find(envelope.verb());
        if (found.isEmpty()) {
            return refusal(VERB_NOT_ALLOWED, "there is no such verb; here are " + names());
        }
        Verb verb = found.get();
        if (!runnable.contains(verb.name())) {
            return refusal(
                    VERB_NOT_ALLOWED,
                    "this agent cannot run " + verb.name() + "; here are " + names());
        }
        if (!allowed(verb.name())) {
            return refusal(
                    VERB_NOT_ALLOWED,
                    "allowed_verbs of this gateway does not hold "
                            + verb.name()
                            + "; here are "
                            + names());
        }
        if (verb.mutating() && !settings.execEnabled()) {
            return refusal(
                    LOCAL_POLICY,
                    "feature_exec_enable of this gateway is false: nothing may be changed here");
        }
        List<Violation> violations = verb.validate(envelope.args());
        if (!violations.isEmpty()) {
            return refusal(VALIDATION_FAILED, words(violations));
        }
        return listed(envelope, "unit", settings.allowedUnits(), "allowed_units")
                .or(() -> listed(envelope, "image", settings.allowedImages(), "allowed_images"));
    }

    private boolean allowed(String verb) {
        return settings.allowedVerbs().isEmpty() || settings.allowedVerbs().contains(verb);
    }

    private boolean changes(String verb) {
        return catalogue.find(verb).map(Verb::mutating).orElse(true);
    }

    private String names() {
        List<String> verbs = verbs();
        return verbs.isEmpty() ? "none" : String.join(", ", verbs);
    }

    private static Optional<Refusal> listed(
            Envelope envelope, String argument, Set<String> allowed, String key) {
        JsonNode value = envelope.args().get(argument);
        return value == null || allowed.contains(value.asString(""))
                ? Optional.empty()
                : refusal(
                        LOCAL_POLICY, "/%s must be in %s of this gateway".formatted(argument, key));
    }

    private static String words(List<Violation> violations) {
        return violations.stream()
                .map(violation -> place(violation.pointer()) + " " + violation.message())
                .collect(Collectors.joining("; "));
    }

    private static String place(String pointer) {
        return pointer.isEmpty() ? "the arguments" : pointer;
    }

    private static Optional<Refusal> refusal(String code, String message) {
        return Optional.of(new Refusal(code, EncodedText.cut(message, MAX_MESSAGE_BYTES)));
    }
}
