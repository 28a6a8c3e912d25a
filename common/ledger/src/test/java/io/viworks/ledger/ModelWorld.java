package io.viworks.ledger;

import java.util.ArrayList;
import java.util.List;

/**
 * Everything that commands share: the agent, its sessions at two bridges, the owner key. A bridge
 * is as good as the other, so states that differ only in which is which are one.
 *
 * @param instance the journal the agent has now, from 1
 * @param life how often Redis has lost its memory
 * @param agent the bridge the agent has its session with, 0 for none
 * @param owner the bridge the owner key names, 0 when there is no key
 * @param first the journal of the session the first bridge believes to have, 0 for none
 * @param second the same of the second bridge
 */
record ModelWorld(int instance, int life, int agent, int owner, int first, int second) {
    /** What a move does to each command. */
    enum Effect {
        NOTHING,
        /** The agent's session is gone. */
        CUT,
        CRASH,
        REINSTALL,
        FLUSH
    }

    /** One thing that happens. */
    record Move(String what, ModelWorld next, Effect effect) {}

    static ModelWorld start() {
        return new ModelWorld(1, 0, 0, 0, 0, 0);
    }

    /** The way from the ledger to the agent, as {@link ModelGraph} numbers it. */
    int way(int instances) {
        int holder = owner == 0 ? 0 : at(owner);
        if (agent != 0 && owner == agent) {
            return 2 * instances + 2;
        }
        return agent == 0 ? holder : instances + 1 + holder;
    }

    boolean whole() {
        return agent != 0 && owner == agent;
    }

    private int at(int bridge) {
        return bridge == 1 ? first : second;
    }

    List<Move> moves(ModelBounds bounds) {
        List<Move> moves = new ArrayList<>();
        for (int bridge = 1; bridge <= 2; bridge++) {
            sessions(bridge, moves);
        }
        if (agent != 0) {
            add(moves, "the agent loses its session", 0, owner, Effect.CUT);
        }
        if (owner != 0) {
            add(moves, "the owner key expires", agent, 0, Effect.NOTHING);
        }
        add(moves, "the agent crashes and starts again", 0, owner, Effect.CRASH);
        if (instance < bounds.instances()) {
            ModelWorld next = new ModelWorld(instance + 1, life, 0, owner, first, second);
            moves.add(new Move("the agent is installed anew", next.plain(), Effect.REINSTALL));
        }
        if (life + 1 < bounds.lives()) {
            ModelWorld next = new ModelWorld(instance, life + 1, agent, 0, first, second);
            moves.add(new Move("Redis loses all its data", next.plain(), Effect.FLUSH));
        }
        return moves;
    }

    private void sessions(int bridge, List<Move> moves) {
        String name = bridge == 1 ? "the first bridge" : "the second bridge";
        if (agent == 0) {
            // claim.lua: a newer session wins, whoever holds the key
            moves.add(
                    new Move(
                            "the agent connects to " + name,
                            with(bridge, instance, bridge, bridge),
                            Effect.NOTHING));
        }
        if (at(bridge) == 0) {
            return;
        }
        Effect cut = agent == bridge ? Effect.CUT : Effect.NOTHING;
        int left = agent == bridge ? 0 : agent;
        // release.lua: only the session that holds the key deletes it
        moves.add(
                new Move(
                        name + " ends its session",
                        with(bridge, 0, left, owner == bridge ? 0 : owner),
                        cut));
        moves.add(new Move(name + " dies, its key stays", with(bridge, 0, left, owner), cut));
        if (owner == 0) {
            // claim.lua, of a missing key only: something was heard since it was found missing,
            // which a bridge that was stopped may find in an old socket
            moves.add(
                    new Move(
                            name + " takes the missing key back",
                            with(bridge, at(bridge), agent, bridge),
                            Effect.NOTHING));
        }
    }

    private void add(List<Move> moves, String what, int toAgent, int toOwner, Effect effect) {
        ModelWorld next = new ModelWorld(instance, life, toAgent, toOwner, first, second);
        moves.add(new Move(what, next.plain(), effect));
    }

    private ModelWorld with(int bridge, int session, int toAgent, int toOwner) {
        return new ModelWorld(
                        instance,
                        life,
                        toAgent,
                        toOwner,
                        bridge == 1 ? session : first,
                        bridge == 2 ? session : second)
                .plain();
    }

    /** The same with the bridges in one order. */
    private ModelWorld plain() {
        ModelWorld other = new ModelWorld(instance, life, swap(agent), swap(owner), second, first);
        return other.rank() > rank() ? other : this;
    }

    private int rank() {
        return ((first * 4 + second) * 4 + (agent == 1 ? 1 : 0)) * 4 + (owner == 1 ? 1 : 0);
    }

    private static int swap(int bridge) {
        return bridge == 0 ? 0 : 3 - bridge;
    }

    /** One step to where the agent has a session that holds it, without any fault; null there. */
    Move recovery() {
        String wanted;
        if (agent == 0) {
            wanted = "the agent connects to the first bridge";
        } else if (owner == agent) {
            throw new IllegalStateException("it is whole");
        } else if (owner == 0) {
            wanted = name(agent) + " takes the missing key back";
        } else {
            // renew.lua says OTHER: the session is closed, and the agent comes again
            wanted = name(agent) + " ends its session";
        }
        return moves(ModelBounds.of(1, 1, 1, 1)).stream()
                .filter(move -> move.what().equals(wanted))
                .findFirst()
                .orElseThrow();
    }

    private static String name(int bridge) {
        return bridge == 1 ? "the first bridge" : "the second bridge";
    }
}
