package io.viworks.testkit;

import io.viworks.patience.Patience;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Stream;

/** What a service tells at {@code /actuator/prometheus}, as it stands there. */
public record PrometheusText(String text) {
    /** Asks the service behind a management port. */
    public static PrometheusText of(String base) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer =
                    http.send(
                            HttpRequest.newBuilder(URI.create(base + "/actuator/prometheus"))
                                    .timeout(Patience.LONGEST)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException("answered " + answer.statusCode());
            }
            return new PrometheusText(answer.body());
        }
    }

    /**
     * The sum of a family's samples that have all these labels; 0 when there are none.
     *
     * @param labels as {@code name="value"}
     */
    public double sum(String family, String... labels) {
        return samples(family, List.of(labels))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private Stream<String> samples(String family, List<String> labels) {
        return text.lines()
                .filter(line -> line.startsWith(family + "{") || line.startsWith(family + " "))
                .filter(line -> labels.stream().allMatch(line::contains));
    }
}
