package io.viworks.admin.problem;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * One mistake in what a caller sent: in the body, or in a named parameter or header.
 *
 * @param pointer JSON Pointer (RFC 6901) into the body
 * @param parameter the query parameter or header
 * @param message what is wrong and what would be right; never a secret's value
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record InputError(@Nullable String pointer, @Nullable String parameter, String message) {
    /** A mistake in the body. */
    public static InputError at(String pointer, String message) {
        return new InputError(pointer, null, message);
    }

    /** A mistake in a query parameter or a header. */
    public static InputError in(String parameter, String message) {
        return new InputError(null, parameter, message);
    }
}
