package io.viworks.agent.identity;

/** What the server is to be asked. */
sealed interface Step {
    record Nothing() implements Step {}

    record ByToken(String token) implements Step {}

    record ByOlderKey(OwnKey older) implements Step {}
}
