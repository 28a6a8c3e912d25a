package io.viworks.admin.export;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.util.MimeTypeUtils;

/** The forms a list is answered in: pages of JSON, or the whole as a file. */
public enum Format {
    JSON(MediaType.APPLICATION_JSON_VALUE),
    CSV(Format.TEXT_CSV),
    NDJSON(Format.LINES);

    /** The media type of CSV (RFC 4180). */
    public static final String TEXT_CSV = "text/csv";

    /** The media type of JSON objects, one a line. */
    public static final String LINES = "application/x-ndjson";

    private final String type;

    Format(String type) {
        this.type = type;
    }

    /**
     * The form that is asked for: by the parameter {@code format}, for browsers, which send no
     * header of one's choice, else by {@code Accept}; JSON when both leave it open.
     *
     * @throws Refusal {@link ProblemCode#BAD_PARAMETER} or {@link ProblemCode#NOT_ACCEPTABLE}
     */
    public static Format of(@Nullable String parameter, @Nullable String accept) {
        if (parameter != null) {
            return switch (parameter) {
                case "json" -> JSON;
                case "csv" -> CSV;
                case "ndjson" -> NDJSON;
                default ->
                        throw Refusal.of(
                                ProblemCode.BAD_PARAMETER,
                                "a parameter is wrong",
                                List.of(InputError.in("format", "must be json, csv or ndjson")));
            };
        }
        return accept == null || accept.isBlank() ? JSON : accepted(accept);
    }

    private static Format accepted(String accept) {
        try {
            List<MediaType> wanted = new ArrayList<>(MediaType.parseMediaTypes(accept));
            MimeTypeUtils.sortBySpecificity(wanted);
            for (MediaType one : wanted) {
                for (Format format : values()) {
                    if (one.includes(MediaType.parseMediaType(format.type))) {
                        return format;
                    }
                }
            }
        } catch (InvalidMediaTypeException e) {
            // Answered as a type that is not here.
        }
        throw Refusal.of(
                ProblemCode.NOT_ACCEPTABLE,
                "this list is application/json, text/csv or application/x-ndjson");
    }

    /** The end of a file's name. */
    String suffix() {
        return switch (this) {
            case JSON -> "json";
            case CSV -> "csv";
            case NDJSON -> "ndjson";
        };
    }

    /** The header {@code Content-Type} of the whole. */
    String contentType() {
        return switch (this) {
            case JSON, NDJSON -> type;
            case CSV -> type + ";charset=utf-8;header=present";
        };
    }
}
