package io.viworks.agent.helper.client;

import java.io.IOException;

/** The helper was asked and has not answered: how far it went is not known. */
public final class HelperLost extends IOException {
    private static final long serialVersionUID = 1L;

    HelperLost(String message) {
        super(message);
    }
}
