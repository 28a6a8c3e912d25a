package io.viworks.testkit;

import com.github.dockerjava.api.DockerClient;
import io.viworks.embedded.FreePort;
import java.io.IOException;
import java.util.List;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/** A server in a container, on a port that stays the same over its restarts. */
final class ServerInContainer implements Switchable {
    private final GenericContainer<?> container;
    private final int port;

    ServerInContainer(GenericContainer<?> container, int innerPort) throws IOException {
        this.container = container;
        port = FreePort.or(0);
        container.setPortBindings(List.of(port + ":" + innerPort));
        container.start();
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public void stop() {
        docker().stopContainerCmd(container.getContainerId()).withTimeout(20).exec();
    }

    @Override
    public void kill() {
        docker().killContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void startAgain() {
        docker().startContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void pause() {
        docker().pauseContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void resume() {
        docker().unpauseContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void close() {
        container.stop();
    }

    private static DockerClient docker() {
        return DockerClientFactory.lazyClient();
    }
}
