package io.viworks.admin;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Knows which test classes are run, so that a claim on all of them is made of all only. */
public final class WholePlan implements TestExecutionListener {
    private static volatile Set<String> planned = Set.of();

    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        Set<String> classes = new TreeSet<>();
        for (TestIdentifier root : plan.getRoots()) {
            plan.getDescendants(root).stream()
                    .flatMap(test -> test.getSource().stream())
                    .filter(ClassSource.class::isInstance)
                    .forEach(source -> classes.add(((ClassSource) source).getClassName()));
        }
        planned = classes;
    }

    /** The test classes of this module that are not run this time. */
    static List<String> leftOut() throws IOException, URISyntaxException, ClassNotFoundException {
        Path classes =
                Path.of(
                        WholePlan.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI());
        List<String> names;
        try (Stream<Path> files = Files.walk(classes)) {
            names =
                    files.filter(file -> file.toString().endsWith("Test.class"))
                            .map(file -> classes.relativize(file).toString())
                            .map(file -> file.replace('/', '.').replaceFirst("\\.class$", ""))
                            .sorted()
                            .toList();
        }
        Set<String> left = new TreeSet<>();
        for (String name : names) {
            if (!planned.contains(name) && !Class.forName(name).isAnnotationPresent(Tag.class)) {
                left.add(name);
            }
        }
        return List.copyOf(left);
    }
}
