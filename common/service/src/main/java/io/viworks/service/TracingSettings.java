package io.viworks.service;

import io.viworks.service.trace.Tracing;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where traces go, under the names that OpenTelemetry gives these settings.
 *
 * @param endpoint the collector's, to which {@code /v1/traces} is added; empty: tracing is off
 * @param headers sent to it
 * @param ratio of the traces that begin here; those of callers follow their flag
 */
public record TracingSettings(
        String service, Optional<URI> endpoint, Map<String, String> headers, double ratio) {
    public TracingSettings {
        headers = Map.copyOf(headers);
    }

    /** Reads them; without a collector the others are only looked at for mistakes. */
    public static TracingSettings from(Config config, String service) {
        Optional<URI> endpoint =
                config.parsed(
                        "OTEL_EXPORTER_OTLP_ENDPOINT",
                        Optional.empty(),
                        text -> Optional.of(collector(text)),
                        "http://host:port or https://host:port, /v1/traces is added");
        String protocol = config.text("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        boolean off = config.flag("OTEL_SDK_DISABLED", false);
        if (endpoint.isPresent() && !off && !protocol.equals("http/protobuf")) {
            config.mistake(
                    "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf; no other is spoken here");
        }
        double ratio =
                config.parsed(
                        "OTEL_TRACES_SAMPLER_ARG",
                        1.0,
                        TracingSettings::ratio,
                        "a share of the traces from 0 to 1, such as 0.1");
        Map<String, String> headers = new LinkedHashMap<>();
        config.secret("OTEL_EXPORTER_OTLP_HEADERS")
                .ifPresent(text -> {
                    for (String one : text.split(",", -1)) {
                        int equals = one.indexOf('=');
                        if (equals < 1) {
                            // Not the value: it is how one is known to the collector.
                            config.mistake(
                                    "OTEL_EXPORTER_OTLP_HEADERS must be name=value, with commas"
                                            + " between several");
                            return;
                        }
                        headers.put(
                                one.substring(0, equals).strip(),
                                URLDecoder.decode(
                                        one.substring(equals + 1).strip().replace("+", "%2B"),
                                        StandardCharsets.UTF_8));
                    }
                });
        return new TracingSettings(service, off ? Optional.empty() : endpoint, headers, ratio);
    }

    private static URI collector(String text) {
        URI uri = URI.create(text);
        boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!http || uri.getHost() == null || uri.getRawQuery() != null) {
            throw new IllegalArgumentException();
        }
        return uri;
    }

    private static double ratio(String text) {
        double ratio = Double.parseDouble(text);
        if (!(ratio >= 0 && ratio <= 1)) {
            throw new IllegalArgumentException();
        }
        return ratio;
    }

    /** Begins to trace, when there is a collector; to be closed by who asked. */
    public Tracing open() {
        return endpoint.map(_ -> Tracing.to(traces(), headers, ratio, service))
                .orElseGet(Tracing::off);
    }

    URI traces() {
        String base = endpoint.map(URI::toString).orElseThrow();
        return URI.create(base + (base.endsWith("/") ? "" : "/") + "v1/traces");
    }
}
