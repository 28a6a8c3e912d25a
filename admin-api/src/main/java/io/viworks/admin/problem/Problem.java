package io.viworks.admin.problem;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A problem object (RFC 9457, section 3.1).
 *
 * @param type names the kind of problem, as a URN that ends in the code
 * @param code stable, for programs
 * @param errors each mistake in what was sent
 * @param more further members, such as the state of a command
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        ProblemCode code,
        @Nullable List<InputError> errors,
        @JsonAnyGetter Map<String, String> more) {
    /** Its media type. */
    public static final String MEDIA_TYPE = "application/problem+json";
}
