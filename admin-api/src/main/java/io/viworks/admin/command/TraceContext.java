package io.viworks.admin.command;

import java.util.regex.Pattern;

/** The header {@code traceparent} (W3C Trace Context, section 3.2). */
final class TraceContext {
    private static final Pattern VERSION_00 =
            Pattern.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

    private TraceContext() {}

    /** Whether to pass it on; what is malformed is ignored (section 4.3). */
    static boolean isValid(String header) {
        return VERSION_00.matcher(header).matches();
    }
}
