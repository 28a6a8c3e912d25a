package io.viworks.service;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * What a process says of its health, the same in every service: red is only what a restart would
 * heal; what is away is named and turns nothing red, for waiting is the process's work then.
 */
public final class Vitals {
    /**
     * Works, but not in full: something it needs is away. The process is still the one to ask, as
     * no other of its kind would do better.
     */
    public static final Status DEGRADED = new Status("DEGRADED", "works again by itself");

    /** Seconds for the database to answer. */
    private static final int DATABASE_PATIENCE_S = 2;

    private Vitals() {}

    /** Up while something goes on that must never end; down once it has ended. */
    public static HealthIndicator mustGoOn(String what, BooleanSupplier goesOn) {
        return () ->
                goesOn.getAsBoolean()
                        ? Health.up().build()
                        : Health.down().withDetail("ended", what).build();
    }

    /**
     * Up while something needed is there, else {@link #DEGRADED}.
     *
     * @param effect what happens while it is away
     */
    public static HealthIndicator needs(String what, BooleanSupplier there, String effect) {
        return () ->
                there.getAsBoolean()
                        ? Health.up().build()
                        : Health.status(DEGRADED)
                                .withDetail("away", what)
                                .withDetail("effect", effect)
                                .build();
    }

    /** The same for Postgres, which is asked. */
    public static HealthIndicator needsPostgres(DataSource database, String effect) {
        return needs("Postgres", () -> answers(database), effect);
    }

    private static boolean answers(DataSource database) {
        try (Connection connection = database.getConnection()) {
            return connection.isValid(DATABASE_PATIENCE_S);
        } catch (SQLException e) {
            return false; // That it does not answer is all that is asked; its users log why.
        }
    }
}
