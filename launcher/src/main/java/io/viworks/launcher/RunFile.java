package io.viworks.launcher;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is running, for tools: {@code .viw/run.json} (spec 7). URLs, tokens and process ids, and
 * therefore readable by this user only.
 *
 * @param management where each service tells its health and its metrics, by kind
 */
public record RunFile(
        List<String> adminApis,
        List<String> bridges,
        List<String> bridgeOps,
        Map<String, List<String>> management,
        String redis,
        String jdbcUrl,
        Tokens tokens,
        Map<String, Object> pids) {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** The secrets made for this start. */
    public record Tokens(
            String admin, String operator, String viewer, String bridgeAdmin, String sharedSecret) {
        static Tokens fresh() {
            return new Tokens(
                    Secrets.fresh(),
                    Secrets.fresh(),
                    Secrets.fresh(),
                    Secrets.fresh(),
                    Secrets.fresh());
        }

        @Override
        public String toString() {
            return "Tokens[…]";
        }
    }

    String json() {
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("admin_api", adminApis.getFirst());
        file.put("bridge_ws", bridges.getFirst());
        file.put("bridge_ops", bridgeOps.getFirst());
        file.put("admin_apis", adminApis);
        file.put("bridges_ws", bridges);
        file.put("bridges_ops", bridgeOps);
        file.put("management", management);
        file.put("redis", redis);
        file.put("jdbc_url", jdbcUrl);
        file.put("admin_token", tokens.admin());
        file.put("operator_token", tokens.operator());
        file.put("viewer_token", tokens.viewer());
        file.put("bridge_admin_token", tokens.bridgeAdmin());
        file.put("shared_secret", tokens.sharedSecret());
        file.put("pids", pids);
        return json(file);
    }

    static String json(Map<String, ?> content) {
        return JSON.writeValueAsString(content) + "\n";
    }
}
