package io.viworks.agent.helper.client;

import java.io.IOException;

/** The helper could not be asked: nothing was run. */
public final class HelperAway extends IOException {
    private static final long serialVersionUID = 1L;

    HelperAway(String message) {
        super(message);
    }
}
