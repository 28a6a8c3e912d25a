package io.viworks.conformance.packaged;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A document whose fenced blocks are a script: every block of {@code sh} is run, in order, in one
 * shell, and a block of another language that follows it is what it is said to print.
 */
final class Tour {
    private static final int PATIENCE_S = 180;

    private final List<Step> steps;

    /**
     * One block.
     *
     * @param line where it begins in the document
     * @param language of what it prints: {@code json} or {@code text}; empty when nothing is shown
     */
    record Step(int line, String script, String language, String shown) {}

    /** What a block printed, the errors with it. */
    record Printed(Step step, String text) {}

    private Tour(List<Step> steps) {
        this.steps = steps;
    }

    static Tour of(Path document) throws IOException {
        List<Step> steps = new ArrayList<>();
        List<String> lines = Files.readAllLines(document);
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).startsWith("```")) {
                continue;
            }
            String language = lines.get(i).substring(3).strip();
            int begin = i + 1;
            i = begin;
            while (!lines.get(i).equals("```")) {
                i++;
            }
            String text = String.join("\n", lines.subList(begin, i)) + "\n";
            if (language.equals("sh")) {
                steps.add(new Step(begin, text, "", ""));
            } else if (!steps.isEmpty() && steps.getLast().language().isEmpty()) {
                Step last = steps.removeLast();
                steps.add(new Step(last.line(), last.script(), language, text));
            }
        }
        return new Tour(steps);
    }

    /** Runs all of it; fails with the block that fails. */
    List<Printed> walk(Path folder, Map<String, String> environment) throws Exception {
        StringBuilder script = new StringBuilder("set -euo pipefail\n");
        for (int i = 0; i < steps.size(); i++) {
            script.append("{\n")
                    .append(steps.get(i).script())
                    .append("} > ")
                    .append(output(folder, i))
                    .append(" 2>&1\n");
        }
        Path file = Files.writeString(folder.resolve("tour.sh"), script);
        ProcessBuilder builder =
                new ProcessBuilder("bash", file.toString())
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("tour.out").toFile());
        builder.environment().putAll(environment);
        Process shell = builder.start();
        boolean ended = shell.waitFor(PATIENCE_S, TimeUnit.SECONDS);
        shell.destroyForcibly();
        List<Printed> printed = new ArrayList<>();
        for (int i = 0; i < steps.size() && Files.exists(output(folder, i)); i++) {
            printed.add(new Printed(steps.get(i), Files.readString(output(folder, i))));
        }
        if (!ended || shell.exitValue() != 0) {
            throw new AssertionError(
                    (ended ? "ended with " + shell.exitValue() : "did not end")
                            + " at line "
                            + printed.getLast().step().line()
                            + ":\n"
                            + printed.getLast().step().script()
                            + printed.getLast().text()
                            + Files.readString(folder.resolve("tour.out")));
        }
        return printed;
    }

    private static Path output(Path folder, int step) {
        return folder.resolve("step-" + step + ".out");
    }
}
