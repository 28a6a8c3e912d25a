package io.viworks.testkit;

import java.io.IOException;

/** A server with the switches of the real world, whatever it runs in. */
interface Switchable extends AutoCloseable {
    int port();

    void stop() throws Exception;

    void kill() throws Exception;

    void startAgain() throws Exception;

    void pause() throws Exception;

    void resume() throws Exception;

    @Override
    void close() throws IOException;
}
