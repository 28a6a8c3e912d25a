package io.viworks.agent.journal;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.InstanceUid;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One thing written down, as it stands in a batch of the journal's file. */
sealed interface Note {
    /** The first note of a file: whose it is. */
    record Head(InstanceUid instance) implements Note {}

    /** Whatever was to start at or before this instant is {@code Expired}. */
    record Horizon(Instant at) implements Note {}

    record Accepted(Entry.Order order, Instant at) implements Note {}

    record Started(CorrelationId id, ExecutionId execution, Instant at) implements Note {}

    /** The RESULT frame is the note's tail, so that it can be read where it stands. */
    record Finished(CorrelationId id, Instant at, boolean stripped, Bytes frame) implements Note {}

    record Confirmed(CorrelationId id) implements Note {}

    record Refused(Entry.Refused entry) implements Note {}

    /**
     * A note and where its RESULT stands.
     *
     * @param frameAt offset of the RESULT's bytes in the batch; 0 for other notes
     */
    record Placed(Note note, int frameAt) {}

    /** The batch's payload and where each of its notes' RESULT stands. */
    static byte[] encode(List<Note> notes, List<Placed> placed) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (Note note : notes) {
                write(note, out);
                int length = note instanceof Finished finished ? finished.frame().length() : 0;
                placed.add(new Placed(note, length == 0 ? 0 : out.size() - length));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws IOException when the payload is of another make
     */
    static List<Placed> decode(byte[] payload) throws IOException {
        List<Placed> notes = new ArrayList<>();
        ByteArrayInputStream bytes = new ByteArrayInputStream(payload);
        DataInputStream in = new DataInputStream(bytes);
        while (bytes.available() > 0) {
            Note note = read(in);
            int length = note instanceof Finished finished ? finished.frame().length() : 0;
            notes.add(
                    new Placed(
                            note, length == 0 ? 0 : payload.length - bytes.available() - length));
        }
        return notes;
    }

    private static void write(Note note, DataOutputStream out) throws IOException {
        switch (note) {
            case Head head -> {
                out.writeByte('H');
                uuid(head.instance().value(), out);
            }
            case Horizon horizon -> {
                out.writeByte('Z');
                instant(horizon.at(), out);
            }
            case Accepted accepted -> {
                out.writeByte('A');
                Entry.Order order = accepted.order();
                uuid(order.correlationId().value(), out);
                bytes(order.verb().getBytes(StandardCharsets.UTF_8), out);
                uuid(order.nonce(), out);
                instant(order.expiresAt(), out);
                out.writeInt(order.timeoutS());
                bytes(order.argsDigest().array(), out);
                instant(accepted.at(), out);
            }
            case Started started -> {
                out.writeByte('S');
                uuid(started.id().value(), out);
                uuid(started.execution().value(), out);
                instant(started.at(), out);
            }
            case Finished finished -> {
                out.writeByte('F');
                uuid(finished.id().value(), out);
                instant(finished.at(), out);
                out.writeBoolean(finished.stripped());
                bytes(finished.frame().array(), out);
            }
            case Confirmed confirmed -> {
                out.writeByte('C');
                uuid(confirmed.id().value(), out);
            }
            case Refused(Entry.Refused entry) -> {
                out.writeByte('R');
                uuid(entry.correlationId().value(), out);
                instant(entry.expiresAt(), out);
                UUID nonce = entry.nonce();
                out.writeBoolean(nonce != null);
                if (nonce != null) {
                    uuid(nonce, out);
                }
                instant(entry.refusedAt(), out);
                bytes(entry.code().getBytes(StandardCharsets.UTF_8), out);
                bytes(entry.message().getBytes(StandardCharsets.UTF_8), out);
            }
        }
    }

    private static Note read(DataInputStream in) throws IOException {
        int kind = in.readUnsignedByte();
        return switch (kind) {
            case 'H' -> new Head(new InstanceUid(uuid(in)));
            case 'Z' -> new Horizon(instant(in));
            case 'A' -> {
                CorrelationId id = new CorrelationId(uuid(in));
                Entry.Order order =
                        new Entry.Order(
                                id,
                                text(in),
                                uuid(in),
                                instant(in),
                                in.readInt(),
                                Bytes.of(bytes(in)));
                yield new Accepted(order, instant(in));
            }
            case 'S' ->
                    new Started(
                            new CorrelationId(uuid(in)), new ExecutionId(uuid(in)), instant(in));
            case 'F' ->
                    new Finished(
                            new CorrelationId(uuid(in)),
                            instant(in),
                            in.readBoolean(),
                            Bytes.of(bytes(in)));
            case 'C' -> new Confirmed(new CorrelationId(uuid(in)));
            case 'R' -> {
                CorrelationId id = new CorrelationId(uuid(in));
                Instant expiresAt = instant(in);
                @Nullable UUID nonce = in.readBoolean() ? uuid(in) : null;
                yield new Refused(
                        new Entry.Refused(id, expiresAt, nonce, instant(in), text(in), text(in)));
            }
            default -> throw new IOException("a note of an unknown kind: " + kind);
        };
    }

    private static void uuid(UUID value, DataOutputStream out) throws IOException {
        out.writeLong(value.getMostSignificantBits());
        out.writeLong(value.getLeastSignificantBits());
    }

    private static UUID uuid(DataInputStream in) throws IOException {
        return new UUID(in.readLong(), in.readLong());
    }

    private static void instant(Instant value, DataOutputStream out) throws IOException {
        out.writeLong(value.getEpochSecond());
        out.writeInt(value.getNano());
    }

    private static Instant instant(DataInputStream in) throws IOException {
        return Instant.ofEpochSecond(in.readLong(), in.readInt());
    }

    private static void bytes(byte[] value, DataOutputStream out) throws IOException {
        out.writeInt(value.length);
        out.write(value);
    }

    private static byte[] bytes(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("a length beyond its batch");
        }
        return in.readNBytes(length);
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(bytes(in), StandardCharsets.UTF_8);
    }
}
