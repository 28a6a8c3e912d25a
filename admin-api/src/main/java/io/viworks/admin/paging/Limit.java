package io.viworks.admin.paging;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How many items a page holds. */
public final class Limit {
    /** Items in a page unless asked otherwise. */
    public static final int DEFAULT = 50;

    /** Most items in a page. */
    public static final int MAX = 200;

    private Limit() {}

    /**
     * The page size asked for.
     *
     * @throws Refusal {@link ProblemCode#BAD_PARAMETER} outside 1–{@value #MAX}
     */
    public static int of(@Nullable Integer asked) {
        if (asked == null) {
            return DEFAULT;
        }
        if (asked < 1 || asked > MAX) {
            throw Refusal.of(
                    ProblemCode.BAD_PARAMETER,
                    "limit is out of range",
                    List.of(InputError.in("limit", "must be a whole number from 1 to " + MAX)));
        }
        return asked;
    }
}
