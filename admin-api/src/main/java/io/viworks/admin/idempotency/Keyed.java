package io.viworks.admin.idempotency;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * How a POST keeps its promise to do a request under an {@code Idempotency-Key} once. One that says
 * nothing does by {@link By#TRANSACTION}.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Keyed {
    /** The ways. */
    enum By {
        /** What it does and the kept answer are one transaction: both are there, or neither. */
        TRANSACTION,
        /** The same, and the answer shows a secret: the key must be random. */
        TRANSACTION_WITH_SECRET,
        /** Doing it again changes nothing; only its answer is kept, once it is done. */
        ANSWER_ALONE,
        /** The call keeps keys itself, with what it writes. */
        ITSELF
    }

    By value();
}
