package io.viworks.agent.host;

import java.time.Instant;

/**
 * A container as its engine tells of it.
 *
 * @param id the first twelve characters, as people know it
 * @param state {@code running}, {@code exited}, {@code paused}, …
 */
public record Container(String id, String name, String image, String state, Instant created) {
    public boolean running() {
        return state.equals("running");
    }
}
