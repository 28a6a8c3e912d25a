package io.viworks.testkit;

/** Where tests' Redis and Postgres come from: the property {@code viw.test.backends}. */
enum Backends {
    /** The embedded binaries; needs nothing. */
    EMBEDDED,
    /** Redis 7 and Postgres 17 in containers; needs a Docker engine. */
    CONTAINERS;

    static Backends chosen() {
        String name = System.getProperty("viw.test.backends", "embedded");
        return switch (name) {
            case "embedded" -> EMBEDDED;
            case "containers" -> CONTAINERS;
            default ->
                    throw new IllegalArgumentException(
                            "viw.test.backends is embedded or containers, not " + name);
        };
    }
}
