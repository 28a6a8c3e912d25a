package io.viworks.agent.status;

import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import tools.jackson.databind.node.ObjectNode;

/** Asks the agent that runs on a folder how it is. */
public final class StatusQuestion {
    /** More than the agent itself allows its loop. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final int LONGEST = 256 * 1024;

    private StatusQuestion() {}

    /** No agent runs on the folder. */
    public static final class NotRunning extends Exception {
        private static final long serialVersionUID = 1L;

        NotRunning(Path folder) {
            super("no agent runs on " + folder);
        }
    }

    /**
     * What it says.
     *
     * @throws IOException when there may be one, and it cannot be asked or does not answer
     */
    public static ObjectNode ask(Path dataDir) throws IOException, NotRunning {
        Path path = dataDir.resolve(StatusSocket.NAME);
        requireSocket(dataDir, path);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            Thread.ofVirtual().start(() -> giveUp(channel));
            return read(channel);
        } catch (ConnectException e) {
            throw new NotRunning(dataDir);
        } catch (BadFrame e) {
            throw new IOException("the agent on " + dataDir + " gave no whole answer", e);
        }
    }

    private static void requireSocket(Path dataDir, Path path) throws IOException, NotRunning {
        try {
            var _ =
                    Files.readAttributes(
                            path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw new NotRunning(dataDir);
        } catch (AccessDeniedException e) {
            throw new IOException(denied(dataDir), e);
        }
        if (!Files.isWritable(path)) {
            throw new IOException(denied(dataDir));
        }
    }

    private static String denied(Path dataDir) {
        return dataDir + " is closed to this user: ask as root, or as the agent's user";
    }

    private static ObjectNode read(SocketChannel channel) throws IOException, BadFrame {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        InputStream in = Channels.newInputStream(channel);
        answer.writeBytes(in.readNBytes(LONGEST));
        if (answer.size() == 0) {
            throw new IOException("the agent answers only root and its own user");
        }
        return new FrameCodec().decodeObject(answer.toByteArray());
    }

    /** A closed channel ends the read. */
    private static void giveUp(SocketChannel channel) {
        try {
            Thread.sleep(PATIENCE);
            channel.close();
        } catch (IOException e) {
            // it is closed already
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
