package io.viworks.admin.gateway;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The ETag of a gateway: it names the last edit, and nothing of what the agent reports (ADR 19).
 */
final class EditTag {
    /** A list of entity tags (RFC 9110, section 8.8.3). */
    private static final Pattern TAG = Pattern.compile("\\G\\s*(?:W/)?\"([!#-~]*)\"\\s*(?:,|$)");

    private EditTag() {}

    /** The tag of this version. */
    static String of(long editVersion) {
        return "\"" + editVersion + "\"";
    }

    /**
     * Refuses an edit that is not based on the newest one. A tag counts although it is marked as
     * weak: proxies mark it when they compress, and it names the edit all the same.
     *
     * @throws Refusal {@link ProblemCode#PRECONDITION_REQUIRED} without the header, {@link
     *     ProblemCode#PRECONDITION_FAILED} when it names other versions only
     */
    static void require(@Nullable String ifMatch, long editVersion) {
        if (ifMatch == null) {
            throw Refusal.of(
                    ProblemCode.PRECONDITION_REQUIRED,
                    "send If-Match with the ETag of the gateway as you know it, or * to overwrite"
                            + " whatever it is");
        }
        if (!ifMatch.strip().equals("*") && !named(ifMatch, String.valueOf(editVersion))) {
            throw Refusal.of(
                            ProblemCode.PRECONDITION_FAILED,
                            "the gateway was edited since; read it again and decide anew")
                    .with("etag", of(editVersion));
        }
    }

    private static boolean named(String ifMatch, String version) {
        Matcher tags = TAG.matcher(ifMatch);
        boolean found = false;
        int end = 0;
        while (tags.find()) {
            found |= tags.group(1).equals(version);
            end = tags.end();
        }
        if (end == 0 || end < ifMatch.length() || ifMatch.strip().endsWith(",")) {
            throw Refusal.of(
                    ProblemCode.BAD_PARAMETER,
                    "a header is wrong",
                    List.of(
                            InputError.in(
                                    "If-Match",
                                    "must be an ETag with its quotation marks, several with"
                                            + " commas, or *")));
        }
        return found;
    }
}
