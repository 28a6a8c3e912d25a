package io.viworks.ledger;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Looks at every state that can be reached within its bounds, the nearest first. A state is the
 * world and the commands in it; commands are alike, so their order says nothing.
 */
final class ModelCheck {
    private static final int COMMAND_BITS = 25;
    private static final long COMMAND = (1L << COMMAND_BITS) - 1;
    private static final int THREADS = 2;
    private static final int PIECE = 512;

    private final ModelBounds bounds;
    private final ModelGraph graph;
    private final ModelStates states;
    private final Map<ModelWorld, Integer> numbers = new HashMap<>();
    private final List<ModelWorld> worlds = new ArrayList<>();
    private final List<List<ModelWorld.Move>> moves = new ArrayList<>();
    private final LongAdder transitions = new LongAdder();
    private final AtomicLong fault = new AtomicLong();

    private ModelCheck(ModelBounds bounds, ModelGraph graph, boolean withParents) {
        this.bounds = bounds;
        this.graph = graph;
        this.states = new ModelStates(withParents);
        number(ModelWorld.start());
        for (int at = 0; at < worlds.size(); at++) {
            List<ModelWorld.Move> found = worlds.get(at).moves(bounds);
            found.forEach(move -> number(move.next()));
            moves.add(found);
        }
    }

    /**
     * What came of it.
     *
     * @param commandStates states one command can be in, alone
     * @param depth steps to the farthest state
     * @param trace how to get to a state that must not be; empty when all is well
     */
    record Outcome(
            ModelBounds bounds,
            long states,
            long transitions,
            int depth,
            int commandStates,
            int rows,
            Duration took,
            List<String> trace) {
        boolean holds() {
            return trace.isEmpty();
        }

        @Override
        public String toString() {
            return """
            %d command(s), attempts %d, lives %d, instances %d%s%s
              %,d states, %,d transitions, depth %d; alone %,d states, %,d rows; %,d ms
              %s\
            """
                    .formatted(
                            bounds.commands(),
                            bounds.attempts(),
                            bounds.lives(),
                            bounds.instances(),
                            bounds.immediate() ? ", IMMEDIATE" : "",
                            bounds.without().isEmpty() ? "" : ", without " + bounds.without(),
                            states,
                            transitions,
                            depth,
                            commandStates,
                            rows,
                            took.toMillis(),
                            holds() ? "all as promised" : String.join("\n  ", trace));
        }
    }

    static Outcome of(ModelBounds bounds) throws InterruptedException {
        long began = System.nanoTime();
        ModelGraph graph = new ModelGraph(bounds);
        ModelCheck check = new ModelCheck(bounds, graph, false);
        int depth = check.explore();
        List<String> trace = List.of();
        long bad = check.fault.get();
        if (bad == 0) {
            bad = check.endless();
        }
        if (bad == 0 && bounds.without().isEmpty()) {
            bad = check.holding(new ModelLiveness(graph, bounds).idle());
        }
        if (bad != 0) {
            ModelCheck again = new ModelCheck(bounds, graph, true);
            int _ = again.explore();
            trace = again.trace(bad);
        }
        return new Outcome(
                bounds,
                check.states.size(),
                check.transitions.sum(),
                depth,
                graph.size(),
                graph.rows(),
                Duration.ofNanos(System.nanoTime() - began),
                trace);
    }

    private int number(ModelWorld world) {
        Integer known = numbers.putIfAbsent(world, worlds.size());
        if (known == null) {
            worlds.add(world);
            return worlds.size() - 1;
        }
        return known;
    }

    private static long state(int world, int one, int other) {
        long less = Math.min(one, other);
        long more = Math.max(one, other);
        return ((world + 1L) << (2 * COMMAND_BITS)) | (less << COMMAND_BITS) | more;
    }

    private static int world(long state) {
        return (int) (state >>> (2 * COMMAND_BITS)) - 1;
    }

    private static int less(long state) {
        return (int) ((state >>> COMMAND_BITS) & COMMAND);
    }

    private static int more(long state) {
        return (int) (state & COMMAND);
    }

    private int explore() throws InterruptedException {
        if (graph.size() > COMMAND) {
            throw new IllegalStateException("too many states of a command: " + graph.size());
        }
        long start = state(0, 0, 0);
        boolean _ = states.add(start, 0);
        ModelLongs frontier = new ModelLongs();
        frontier.add(start);
        int depth = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            while (true) {
                states.makeRoom(Math.min(frontier.size() * 12L, frontier.size() * 3L + 1_000_000));
                frontier = round(threads, frontier);
                if (frontier.size() == 0 || fault.get() != 0) {
                    return depth;
                }
                depth++;
            }
        }
    }

    private ModelLongs round(ExecutorService threads, ModelLongs frontier)
            throws InterruptedException {
        AtomicInteger next = new AtomicInteger();
        Callable<ModelLongs> work =
                () -> {
                    ModelLongs found = new ModelLongs();
                    int from = next.getAndAdd(PIECE);
                    while (from < frontier.size()) {
                        int to = Math.min(frontier.size(), from + PIECE);
                        for (int i = from; i < to; i++) {
                            expand(frontier.get(i), found);
                        }
                        from = next.getAndAdd(PIECE);
                    }
                    return found;
                };
        ModelLongs all = new ModelLongs();
        for (Future<ModelLongs> one : threads.invokeAll(Collections.nCopies(THREADS, work))) {
            try {
                all.addAll(one.get());
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
        return all;
    }

    private void expand(long state, ModelLongs found) {
        int world = world(state);
        int less = less(state);
        int more = more(state);
        int way = worlds.get(world).way(bounds.instances());
        int taken = 0;
        if (bounds.commands() == 2) {
            taken += to(state, world, less, graph.byLedger(more), found);
            taken += to(state, world, less, graph.byGateway(more, way), found);
        }
        if (bounds.commands() == 1 || less != more) {
            int other = bounds.commands() == 1 ? 0 : more;
            int one = bounds.commands() == 1 ? more : less;
            taken += to(state, world, other, graph.byLedger(one), found);
            taken += to(state, world, other, graph.byGateway(one, way), found);
        }
        for (ModelWorld.Move move : moves.get(world)) {
            int one = bounds.commands() == 1 ? less : graph.after(less, move.effect());
            put(state, number(move.next()), one, graph.after(more, move.effect()), found);
            taken++;
        }
        transitions.add(taken);
    }

    private int to(long from, int world, int other, int[] targets, ModelLongs found) {
        for (int target : targets) {
            put(from, world, other, target, found);
        }
        return targets.length;
    }

    private void put(long from, int world, int one, int other, ModelLongs found) {
        long next = state(world, one, other);
        if (states.add(next, from)) {
            if (graph.faulty(one) || graph.faulty(other)) {
                // The same one in every run, whichever thread comes first.
                long _ = fault.accumulateAndGet(next, (a, b) -> a == 0 ? b : Math.min(a, b));
            }
            found.add(next);
        }
    }

    /** A state with a command that comes to no end, 0 when there is none. */
    private long endless() {
        for (ModelWorld world : worlds) {
            ModelWorld at = world;
            for (int steps = 0; !at.whole(); steps++) {
                if (steps > 4) {
                    throw new IllegalStateException("no session is won from " + world);
                }
                at = at.recovery().next();
            }
        }
        return holding(new ModelLiveness(graph, bounds).endless());
    }

    /** Some state with this command, 0 for -1. */
    private long holding(int command) {
        if (command < 0) {
            return 0;
        }
        AtomicLong found = new AtomicLong();
        states.each(state -> {
            if (less(state) == command || more(state) == command) {
                found.set(state);
            }
        });
        if (found.get() == 0) {
            throw new IllegalStateException("not reached: " + graph.command(command));
        }
        return found.get();
    }

    private List<String> trace(long bad) {
        List<String> lines = new ArrayList<>();
        String last = "";
        for (long at = bad; at != 0; at = states.parent(at)) {
            if (last.isEmpty()) {
                last = what(at);
            }
            long from = states.parent(at);
            if (from != 0) {
                lines.add(step(from, at));
            }
        }
        Collections.reverse(lines);
        lines.add("→ " + last);
        return lines;
    }

    private String what(long state) {
        int number = graph.faulty(less(state)) ? less(state) : more(state);
        ModelCommand command = graph.command(number);
        CommandRow row = graph.row(number);
        String words =
                command.fault() == ModelCommand.Fault.NONE
                        ? ModelCommand.Fault.NEVER_ENDS.words()
                        : command.fault().words();
        return "%s (row %s, attempt %d, released %d; journal %s)"
                .formatted(words, row.state(), row.attempt(), row.released(), command.journal());
    }

    private String step(long from, long to) {
        int way = worlds.get(world(from)).way(bounds.instances());
        if (world(from) == world(to)) {
            for (int[] pair :
                    new int[][] {
                        {less(from), less(to), more(from), more(to)},
                        {more(from), more(to), less(from), less(to)},
                        {less(from), more(to), more(from), less(to)},
                        {more(from), less(to), less(from), more(to)}
                    }) {
                if (pair[2] == pair[3]) {
                    String found = graph.step(pair[0], pair[1], way);
                    if (!found.equals("?")) {
                        return found;
                    }
                }
            }
        }
        for (ModelWorld.Move move : moves.get(world(from))) {
            long next =
                    state(
                            number(move.next()),
                            bounds.commands() == 1
                                    ? less(from)
                                    : graph.after(less(from), move.effect()),
                            graph.after(more(from), move.effect()));
            if (next == to) {
                return move.what();
            }
        }
        return "?";
    }
}
