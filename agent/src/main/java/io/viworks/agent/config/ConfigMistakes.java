package io.viworks.agent.config;

import java.util.List;

/** All that is wrong with a configuration, each with its file and line or its variable. */
public final class ConfigMistakes extends Exception {
    private final transient List<String> mistakes;

    ConfigMistakes(List<String> mistakes) {
        super(String.join("\n", mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    /** One sentence each: where, what was wrong, what would be right; never a secret. */
    public List<String> mistakes() {
        return mistakes;
    }
}
