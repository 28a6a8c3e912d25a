package io.viworks.ledger;

import io.viworks.ledger.ModelCommand.Fault;
import io.viworks.ledger.ModelGateway.Way;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * All states one command can be in, numbered, and where each step leads from each, for every way
 * there may be between the ledger and the agent. Made once, from {@link ModelLedger} and {@link
 * ModelGateway}; read-only afterwards.
 */
final class ModelGraph {
    private final ModelBounds bounds;
    private final ModelRows rows = new ModelRows();
    private final ModelLedger ledger;
    private final ModelGateway gateway;
    private final ModelJudge judge;
    private final Map<ModelCommand, Integer> numbers = new HashMap<>();
    private final List<ModelCommand> commands = new ArrayList<>();
    private final List<int[]> byLedger = new ArrayList<>();
    private final List<int[][]> byGateway = new ArrayList<>();
    private final List<Map<ModelWorld.Effect, Integer>> effects = new ArrayList<>();
    private final BitSet faulty = new BitSet();

    ModelGraph(ModelBounds bounds) {
        this.bounds = bounds;
        this.ledger = new ModelLedger(bounds, rows);
        this.gateway = new ModelGateway(bounds, rows);
        this.judge = new ModelJudge(bounds, rows);
        int _ = number(ModelCommand.of(rows.waiting(bounds.immediate())));
        for (int at = 0; at < commands.size(); at++) {
            expand(commands.get(at));
        }
    }

    private void expand(ModelCommand command) {
        int[][] ways = new int[2 * bounds.instances() + 3][];
        if (command.fault() != Fault.NONE) {
            Arrays.fill(ways, new int[0]);
            byLedger.add(new int[0]);
            byGateway.add(ways);
            effects.add(new EnumMap<>(ModelWorld.Effect.class));
            return;
        }
        Targets targets = new Targets();
        ledger.steps(command, targets);
        byLedger.add(targets.taken());
        for (int way = 0; way < ways.length; way++) {
            Way found = way(way, command);
            if (found.holder() <= command.instance()) {
                gateway.steps(command, found, targets);
            }
            ways[way] = targets.taken();
        }
        byGateway.add(ways);
        Map<ModelWorld.Effect, Integer> after = new EnumMap<>(ModelWorld.Effect.class);
        for (ModelWorld.Effect effect : ModelWorld.Effect.values()) {
            after.put(effect, number(judge.judged(after(command, effect))));
        }
        effects.add(after);
    }

    private ModelCommand after(ModelCommand command, ModelWorld.Effect effect) {
        return switch (effect) {
            case NOTHING -> command;
            case CUT -> gateway.cut(command);
            case CRASH -> gateway.crashed(command);
            case REINSTALL -> gateway.reinstalled(command);
            case FLUSH -> ModelGateway.flushed(command);
        };
    }

    private Way way(int number, ModelCommand command) {
        int instances = bounds.instances();
        if (number == 2 * instances + 2) {
            return new Way(true, command.instance(), true);
        }
        return number <= instances
                ? new Way(false, number, false)
                : new Way(true, number - instances - 1, false);
    }

    private int number(ModelCommand command) {
        Integer known = numbers.putIfAbsent(command, commands.size());
        if (known != null) {
            return known;
        }
        int number = commands.size();
        commands.add(command);
        faulty.set(number, command.fault() != Fault.NONE);
        return number;
    }

    /** Collects where the steps of one state lead, each once. */
    private final class Targets implements ModelLedger.Sink {
        private int[] found = new int[32];
        private int size;

        @Override
        public void to(String step, ModelCommand next) {
            int number = number(judge.judged(next));
            for (int i = 0; i < size; i++) {
                if (found[i] == number) {
                    return;
                }
            }
            if (size == found.length) {
                found = Arrays.copyOf(found, size * 2);
            }
            found[size++] = number;
        }

        int[] taken() {
            int[] taken = Arrays.copyOf(found, size);
            size = 0;
            return taken;
        }
    }

    int size() {
        return commands.size();
    }

    int rows() {
        return rows.size();
    }

    ModelCommand command(int number) {
        return commands.get(number);
    }

    CommandRow row(int number) {
        return rows.row(commands.get(number).row());
    }

    boolean faulty(int number) {
        return faulty.get(number);
    }

    int[] byLedger(int number) {
        return byLedger.get(number);
    }

    int[] byGateway(int number, int way) {
        return byGateway.get(number)[way];
    }

    int after(int number, ModelWorld.Effect effect) {
        return Objects.requireNonNull(effects.get(number).get(effect));
    }

    /** What leads from one state to another, as people read it. */
    String step(int from, int to, int way) {
        List<String> found = new ArrayList<>();
        ModelLedger.Sink look =
                (step, next) -> {
                    if (commands.get(to).equals(judge.judged(next))) {
                        found.add(step);
                    }
                };
        ModelCommand command = commands.get(from);
        ledger.steps(command, look);
        gateway.steps(command, way(way, command), look);
        return found.isEmpty() ? "?" : found.getFirst();
    }

    /** Where the step that is called so leads, -1 when there is none. */
    int follow(int from, String step, int way) {
        List<ModelCommand> found = new ArrayList<>();
        ModelLedger.Sink look =
                (name, next) -> {
                    if (name.startsWith(step)) {
                        found.add(next);
                    }
                };
        ModelCommand command = commands.get(from);
        ledger.steps(command, look);
        gateway.steps(command, way(way, command), look);
        Integer to = found.isEmpty() ? null : numbers.get(judge.judged(found.getFirst()));
        return to == null ? -1 : to;
    }
}
