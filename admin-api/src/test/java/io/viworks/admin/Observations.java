package io.viworks.admin;

import java.net.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** What every test of this module asked the API, and what it was answered. Thread-safe. */
final class Observations {
    /** Answers whose bodies are kept, which bounds the memory they take. */
    private static final int KEPT = 50_000;

    /** Longest body kept, in characters; a longer one counts without its body. */
    private static final int MAX_BODY = 200_000;

    private static final Observations ALL = new Observations();

    private final ConcurrentLinkedQueue<Exchange> exchanges = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();

    /** One request with its answer. */
    record Exchange(String method, String rawPath, int status, HttpHeaders headers, String body) {}

    private Observations() {}

    static Observations all() {
        return ALL;
    }

    void add(String method, String rawPath, int status, HttpHeaders headers, String body) {
        if (count.incrementAndGet() <= KEPT && body.length() <= MAX_BODY) {
            exchanges.add(new Exchange(method, rawPath, status, headers, body));
        }
    }

    int count() {
        return count.get();
    }

    /** How often each call had each outcome: {@code gateways_list}, {@code 404 unknown_gateway}. */
    Map<String, Set<String>> outcomes(Contract contract) {
        Map<String, Set<String>> outcomes = new TreeMap<>();
        exchanges.forEach(exchange ->
                contract.operation(exchange.method(), exchange.rawPath())
                        .ifPresent(operation ->
                                outcomes.computeIfAbsent(operation.call(), _ -> new TreeSet<>())
                                        .add(outcome(exchange))));
        return outcomes;
    }

    private static String outcome(Exchange exchange) {
        return Contract.outcome(
                exchange.status(),
                exchange.headers().firstValue("Content-Type").orElse(""),
                exchange.body());
    }

    /** Every answer that is not as the document describes it, each kind once. */
    List<String> mistakes(Contract contract) {
        TreeSet<String> mistakes = new TreeSet<>();
        exchanges.forEach(exchange ->
                contract.operation(exchange.method(), exchange.rawPath())
                        .ifPresent(operation -> {
                            String outcome = outcome(exchange);
                            if (!operation.documented().contains(outcome)) {
                                mistakes.add(operation + ": " + outcome + " is not described");
                            }
                            contract.mistakes(
                                            operation,
                                            exchange.status(),
                                            exchange.headers(),
                                            exchange.body())
                                    .forEach(mistake ->
                                            mistakes.add(
                                                    operation + ": " + outcome + ": " + mistake));
                        }));
        return List.copyOf(mistakes);
    }
}
