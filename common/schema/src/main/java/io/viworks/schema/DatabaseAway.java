package io.viworks.schema;

import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells a database that is away, overloaded or in the middle of a restart from a statement that is
 * wrong. The first is a reason to try again later; the second will fail every time.
 */
public final class DatabaseAway {
    /**
     * Classes of SQLSTATE (Postgres, appendix A): connection, insufficient resources, operator
     * intervention, system error, transaction rollback (deadlock, serialization).
     */
    private static final Set<String> CLASSES = Set.of("08", "53", "57", "58", "40");

    /** Single states: read-only (a standby), lock not available, cannot connect now. */
    private static final Set<String> STATES = Set.of("25006", "55P03", "25P03");

    private DatabaseAway() {}

    /** Whether this failure, or one it was caused by, says that trying again later is right. */
    public static boolean isCauseOf(Throwable failure) {
        @Nullable Throwable cause = failure;
        for (int depth = 0; cause != null && depth < 32; depth++) {
            if (cause instanceof SQLException sql) {
                return isAway(sql);
            }
            cause = cause.getCause();
        }
        return false;
    }

    /**
     * Postgres names a state with every error it reports (protocol 3, ErrorResponse, field C): a
     * failure without one is the pool's or the driver's own and about the connection, such as a
     * rollback on one that has died meanwhile.
     */
    private static boolean isAway(SQLException failure) {
        @Nullable String state = failure.getSQLState();
        return state == null
                || (state.length() == 5
                        && (CLASSES.contains(state.substring(0, 2)) || STATES.contains(state)));
    }
}
