package io.viworks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * The document and the service say the same: whatever any test of this module was answered is
 * described, and whatever is described was answered to some test. Runs last, and of a part of the
 * tests claims nothing.
 */
@Order(Integer.MAX_VALUE)
final class DocumentedAndObservedTest {
    private static final Contract CONTRACT = Contract.of(ApiServer.shared().ready());

    /** What one mechanism does for several calls: described with each, seen of some. */
    private static final Set<String> OF_ANY =
            Set.of(
                    "409 idempotency_conflict",
                    "409 request_in_progress",
                    "429 exports_busy",
                    "429 too_many_streams",
                    "500 internal",
                    "503 streams_full");

    @BeforeAll
    static void allHaveRun() throws Exception {
        List<String> leftOut = WholePlan.leftOut();
        assumeTrue(leftOut.isEmpty(), () -> "not run this time: " + leftOut);
    }

    @Test
    void everyAnswerIsAsTheDocumentSays() {
        assertThat(Observations.all().mistakes(CONTRACT)).isEmpty();
    }

    @Test
    void everythingTheDocumentSaysWasAnswered() {
        Map<String, Set<String>> observed = Observations.all().outcomes(CONTRACT);
        Set<String> missing = new TreeSet<>();
        for (Contract.Operation operation : CONTRACT.operations()) {
            Set<String> seen = observed.getOrDefault(operation.call(), Set.of());
            for (String outcome : operation.documented()) {
                if (!seen.contains(outcome) && !OF_ANY.contains(outcome)) {
                    missing.add(operation.call() + ": " + outcome);
                }
            }
        }
        assertThat(missing).as("described, but answered to no test").isEmpty();
        assertThat(observed.values().stream().flatMap(Set::stream)).containsAll(OF_ANY);
    }
}
