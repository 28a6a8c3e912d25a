package io.viworks.admin.problem;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request that is answered with a problem instead of what it asked for. */
public final class Refusal extends RuntimeException {
    private final ProblemCode code;
    private final String detail;
    private final List<InputError> errors;
    private final @Nullable Duration retryAfter;
    private final Map<String, String> more;

    private Refusal(
            ProblemCode code,
            String detail,
            List<InputError> errors,
            @Nullable Duration retryAfter,
            Map<String, String> more) {
        super(code.wire() + ": " + detail, null, false, false);
        this.code = code;
        this.detail = detail;
        this.errors = List.copyOf(errors);
        this.retryAfter = retryAfter;
        this.more = Map.copyOf(more);
    }

    /**
     * A refusal with its reason.
     *
     * @param detail what was wrong and what would be right
     */
    public static Refusal of(ProblemCode code, String detail) {
        return new Refusal(code, detail, List.of(), null, Map.of());
    }

    /** A refusal that names each mistake. */
    public static Refusal of(ProblemCode code, String detail, List<InputError> errors) {
        return new Refusal(code, detail, errors, null, Map.of());
    }

    /** The same refusal with the time after which another attempt makes sense. */
    public Refusal retryAfter(Duration pause) {
        return new Refusal(code, detail, errors, pause, more);
    }

    /** The same refusal with one more member in its problem object. */
    public Refusal with(String member, String value) {
        Map<String, String> members = new java.util.TreeMap<>(more);
        members.put(member, value);
        return new Refusal(code, detail, errors, retryAfter, members);
    }

    public ProblemCode code() {
        return code;
    }

    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** The form on the wire. */
    public Problem problem() {
        return new Problem(
                "urn:viworks:problem:" + code.wire(),
                code.title(),
                code.status(),
                detail,
                code,
                errors.isEmpty() ? null : errors,
                more);
    }
}
