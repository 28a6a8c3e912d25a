package io.viworks.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The tables of docs/metrics.md. */
public final class MetricsDocument {
    /** {@code | `name` | type | meaning |}. */
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `(viw_[a-z_]+)` \\| (counter|gauge|summary|histogram) \\|");

    private MetricsDocument() {}

    /** Types by name, both as Prometheus has them. */
    public static Map<String, String> types() throws IOException {
        Map<String, String> types = new TreeMap<>();
        ROW.matcher(Files.readString(Checkout.root().resolve("docs/metrics.md")))
                .results()
                .forEach(row -> types.put(row.group(1), row.group(2)));
        return types;
    }
}
