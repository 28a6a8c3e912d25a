package io.viworks.backplane;

import io.viworks.testkit.TestRedis;

/** Connections as the services log in: each test also shows that a service's rights suffice. */
public final class Users {
    private static final String PASSWORD = "of-the-test";

    private Users() {}

    /** Makes the user on this Redis, or makes it anew, and connects as it. */
    public static RedisConnections open(TestRedis redis, RedisAcl.Service service) {
        return RedisConnections.open(url(redis, service), service.user());
    }

    /** Makes the user on this Redis and answers its URL. */
    public static String url(TestRedis redis, RedisAcl.Service service) {
        allow(redis, service);
        return redis.url(service.user(), PASSWORD);
    }

    /** Makes the user again, after a Redis that keeps no users was restarted. */
    public static void allow(TestRedis redis, RedisAcl.Service service) {
        String answer =
                redis.command(
                        "ACL SETUSER "
                                + service.user()
                                + " "
                                + String.join(" ", RedisAcl.rules(service, PASSWORD)));
        if (!answer.equals("+OK")) {
            throw new IllegalStateException(answer);
        }
    }

    /** The lines of redis.conf that make all users at every start. */
    public static String[] lines() {
        RedisAcl.Service[] services = RedisAcl.Service.values();
        String[] lines = new String[services.length];
        for (int i = 0; i < services.length; i++) {
            lines[i] = RedisAcl.line(services[i], PASSWORD);
        }
        return lines;
    }

    /** The URL of a user that {@link #lines} made. */
    public static String urlOf(TestRedis redis, RedisAcl.Service service) {
        return redis.url(service.user(), PASSWORD);
    }
}
