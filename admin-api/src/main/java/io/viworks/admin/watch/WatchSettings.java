package io.viworks.admin.watch;

import io.viworks.service.Config;
import io.viworks.service.HostPort;
import java.util.ArrayList;
import java.util.List;

/**
 * What is looked at.
 *
 * @param doors where agents come in by TLS: the edge, or bridges that end TLS themselves
 */
public record WatchSettings(List<HostPort> doors) {
    /** As many as one would want to see as series of their own. */
    private static final int MOST_DOORS = 20;

    /** Takes a copy of the list. */
    public WatchSettings {
        doors = List.copyOf(doors);
    }

    /** Reads the settings. */
    public static WatchSettings from(Config config) {
        List<HostPort> doors = new ArrayList<>();
        for (String text : config.list("VIW_WATCHED_DOORS")) {
            try {
                doors.add(HostPort.parse(text));
            } catch (IllegalArgumentException e) {
                config.mistake("VIW_WATCHED_DOORS: '" + text + "' " + e.getMessage());
            }
        }
        if (doors.size() > MOST_DOORS) {
            config.mistake("VIW_WATCHED_DOORS may name " + MOST_DOORS + " doors at most");
        }
        return new WatchSettings(doors);
    }
}
