package io.viworks.agent.host;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One file system in bytes.
 *
 * @param path where it was looked at
 * @param available what unprivileged programs can still write; less than what is free
 */
public record Disk(String path, String type, long total, long free, long available) {
    static Disk at(Path path) throws IOException {
        FileStore store = Files.getFileStore(path);
        return new Disk(
                path.toString(),
                store.type(),
                store.getTotalSpace(),
                store.getUnallocatedSpace(),
                store.getUsableSpace());
    }

    /** Percentage in use as df(1) counts: what is reserved for root is not there to be used. */
    public double usedPercent() {
        long used = total - free;
        return used + available <= 0 ? 0 : Percent.of(used, used + available);
    }
}
