package io.viworks.agent.host;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads what OpenVPN answers to {@code status 3}: lines of fields parted by tabs, whose columns a
 * {@code HEADER} line names, for each version its own (management-notes.txt of OpenVPN).
 */
final class VpnStatus {
    /** Longest text of a field that is kept: names come from clients. */
    private static final int MAX_TEXT = 255;

    /** What stands where OpenVPN knows no name. */
    private static final String UNDEFINED = "UNDEF";

    private VpnStatus() {}

    /**
     * The sessions, in OpenVPN's order; those still shaking hands have no name and are left out.
     *
     * @throws IOException when this OpenVPN is no server, or a line cannot be read
     */
    static List<VpnSession> sessions(List<String> lines) throws IOException {
        List<String> columns = null;
        List<VpnSession> sessions = new ArrayList<>();
        for (String line : lines) {
            List<String> fields = Arrays.asList(line.split("\t", -1));
            if (fields.size() > 2
                    && fields.getFirst().equals("HEADER")
                    && fields.get(1).equals("CLIENT_LIST")) {
                columns = fields.subList(2, fields.size());
            } else if (columns != null && fields.getFirst().equals("CLIENT_LIST")) {
                VpnSession session = session(columns, fields.subList(1, fields.size()));
                if (!session.username().equals(UNDEFINED)) {
                    sessions.add(session);
                }
            }
        }
        if (columns == null) {
            throw new IOException(
                    "OpenVPN tells of no clients: it is no server (mode server), or older than 2.4");
        }
        return sessions;
    }

    private static VpnSession session(List<String> columns, List<String> fields)
            throws IOException {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < Math.min(columns.size(), fields.size()); i++) {
            values.put(columns.get(i), cut(fields.get(i)));
        }
        String username = values.getOrDefault("Username", UNDEFINED);
        String virtual = values.getOrDefault("Virtual Address", "");
        return VpnSession.of(
                number(values, "Client ID"),
                username.equals(UNDEFINED) || username.isEmpty()
                        ? values.getOrDefault("Common Name", UNDEFINED)
                        : username,
                values.getOrDefault("Real Address", ""),
                virtual.isEmpty() ? values.getOrDefault("Virtual IPv6 Address", "") : virtual,
                Instant.ofEpochSecond(number(values, "Connected Since (time_t)")),
                number(values, "Bytes Received"),
                number(values, "Bytes Sent"));
    }

    private static long number(Map<String, String> values, String column) throws IOException {
        String text = values.getOrDefault(column, "");
        if (!text.matches("[0-9]{1,18}")) {
            throw new IOException("OpenVPN's status has no number in the column " + column);
        }
        return Long.parseLong(text);
    }

    private static String cut(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
    }
}
