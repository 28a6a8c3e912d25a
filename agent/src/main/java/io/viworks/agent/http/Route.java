package io.viworks.agent.http;

import java.net.http.HttpClient;
import java.util.Map;

/**
 * A way to a server.
 *
 * @param headers to be added to a request, for those on the way: they may be secret
 */
public record Route(HttpClient client, Map<String, String> headers) {
    public Route {
        headers = Map.copyOf(headers);
    }

    /** Without the headers. */
    @Override
    public String toString() {
        return client.toString();
    }
}
