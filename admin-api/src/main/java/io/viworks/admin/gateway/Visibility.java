package io.viworks.admin.gateway;

import io.viworks.admin.sql.Conditions;
import io.viworks.admin.token.Caller;

/**
 * What a caller may see, as conditions of a query: rows of other sites do not exist for it (spec
 * 5). Only a site that an admin or a join token set counts, never a reported one.
 */
public final class Visibility {
    private Visibility() {}

    /** Adds the condition on the gateway's row, which the query names {@code g}. */
    public static Conditions ofGateways(Caller caller, Conditions conditions) {
        return caller.sites().isEmpty()
                ? conditions
                : conditions.and(
                        "g.site = any (:caller_sites)",
                        "caller_sites",
                        caller.sites().toArray(String[]::new));
    }

    /** Adds the conditions on the gateway {@code g} and on the command {@code c}. */
    public static Conditions ofCommands(Caller caller, Conditions conditions) {
        ofGateways(caller, conditions);
        return caller.verbs().isEmpty()
                ? conditions
                : conditions.and(
                        "c.verb = any (:caller_verbs)",
                        "caller_verbs",
                        caller.verbs().toArray(String[]::new));
    }
}
