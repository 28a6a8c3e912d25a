package io.viworks.admin.token;

import java.util.Locale;

/** What a caller may do; each role includes those before it. */
public enum Role {
    VIEWER,
    OPERATOR,
    ADMIN;

    /**
     * Reads the stored form.
     *
     * @throws IllegalArgumentException when it is none of viewer, operator, admin
     */
    public static Role of(String text) {
        return switch (text) {
            case "viewer" -> VIEWER;
            case "operator" -> OPERATOR;
            case "admin" -> ADMIN;
            default ->
                    throw new IllegalArgumentException(
                            "role must be viewer, operator or admin; it is \"" + text + "\"");
        };
    }

    /** The stored form. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }
}
