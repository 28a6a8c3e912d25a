package io.viworks.admin.redis;

/** Where Redis is: {@code redis://[user:password@]host:port}. */
public record RedisAddress(String url) {
    /** Without the password. */
    @Override
    public String toString() {
        return "RedisAddress[" + url.replaceFirst("//.*@", "//***@") + "]";
    }
}
