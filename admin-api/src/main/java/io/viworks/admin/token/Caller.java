package io.viworks.admin.token;

import java.util.Set;

/**
 * Who sends a request.
 *
 * @param name the token's; what audit rows and commands are signed with
 * @param sites the only sites it may see; empty means all
 * @param verbs the only verbs it may use and see used; empty means all
 */
public record Caller(String name, Role role, Set<String> sites, Set<String> verbs) {
    /** Copies the sets. */
    public Caller {
        sites = Set.copyOf(sites);
        verbs = Set.copyOf(verbs);
    }

    /** Whether what is of no single site is for the caller, too. */
    public boolean seesAllSites() {
        return sites.isEmpty();
    }

    /** Whether there is something that others may see, or do, and this caller may not. */
    public boolean isLimited() {
        return !sites.isEmpty() || !verbs.isEmpty();
    }

    /** Whether the caller may send this verb. */
    public boolean mayUse(String verb) {
        return verbs.isEmpty() || verbs.contains(verb);
    }
}
