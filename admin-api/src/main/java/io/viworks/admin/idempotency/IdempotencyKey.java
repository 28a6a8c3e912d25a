package io.viworks.admin.idempotency;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.util.List;

/** The header {@code Idempotency-Key}: the name a caller gives to a request. */
public final class IdempotencyKey {
    /** The header. */
    public static final String HEADER = "Idempotency-Key";

    /** Most characters. */
    static final int MAX = 128;

    /** Least characters where an answer holds a secret: a random UUID has 36. */
    static final int MIN_FOR_SECRETS = 32;

    /** Least different characters there: what is typed in over and over is no random key. */
    private static final int MIN_DIFFERENT = 8;

    private IdempotencyKey() {}

    /**
     * The key.
     *
     * @throws Refusal {@link ProblemCode#BAD_PARAMETER}
     */
    public static String checked(String text) {
        if (!text.matches("[!-~]{1," + MAX + "}")) {
            throw refusal("must be 1 to " + MAX + " visible ASCII characters without blanks");
        }
        return text;
    }

    /**
     * The key of a request whose answer holds a secret, which is kept under that key alone.
     *
     * @throws Refusal {@link ProblemCode#BAD_PARAMETER} when it could be guessed
     */
    static String checkedForSecrets(String text) {
        if (checked(text).length() < MIN_FOR_SECRETS
                || text.chars().distinct().count() < MIN_DIFFERENT) {
            throw refusal(
                    "must be random here and have at least "
                            + MIN_FOR_SECRETS
                            + " characters, such as a new UUID: the answer holds a secret, and is"
                            + " kept encrypted with this key");
        }
        return text;
    }

    private static Refusal refusal(String message) {
        return Refusal.of(
                ProblemCode.BAD_PARAMETER,
                "a header is wrong",
                List.of(InputError.in(HEADER, message)));
    }
}
