package io.viworks.agent.host;

/**
 * What became of a container.
 *
 * @param id the engine's short form of it
 * @param state in one word, as the engine names it: {@code running}, {@code exited}, …
 */
public record ContainerState(String id, String state) {}
