package io.viworks.service;

import java.util.List;

/** Every mistake in a service's configuration, found before anything was started. */
public final class BadConfiguration extends RuntimeException {
    private final List<String> mistakes;

    BadConfiguration(List<String> mistakes) {
        super(String.join("; ", mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    /** One sentence each: which name, what was wrong, what would be right; never a secret. */
    public List<String> mistakes() {
        return mistakes;
    }
}
