package io.viworks.admin.openapi;

import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.examples.Example;
import io.swagger.v3.oas.models.headers.Header;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.viworks.admin.idempotency.Keyed;
import io.viworks.admin.problem.Problem;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.web.CallForms;
import io.viworks.admin.web.Needs;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.method.HandlerMethod;

/** What a call may be refused with: what it says itself, and what follows from its form. */
final class CallProblems {
    /** What any call may be refused with, whatever it does. */
    private static final Set<ProblemCode> ALWAYS =
            EnumSet.of(
                    ProblemCode.BAD_REQUEST,
                    ProblemCode.BAD_PARAMETER,
                    ProblemCode.INTERNAL,
                    ProblemCode.DATABASE_AWAY);

    /** What any call by a caller with a token may be refused with. */
    private static final Set<ProblemCode> OF_CALLERS =
            EnumSet.of(
                    ProblemCode.UNAUTHORIZED,
                    ProblemCode.FORBIDDEN,
                    ProblemCode.RATE_LIMITED,
                    ProblemCode.TOO_MANY_FAILURES,
                    ProblemCode.ISSUER_AWAY);

    /** What any call that reads a JSON body may be refused with. */
    private static final Set<ProblemCode> OF_BODIES =
            EnumSet.of(
                    ProblemCode.BAD_JSON,
                    ProblemCode.INVALID_BODY,
                    ProblemCode.UNSUPPORTED_MEDIA_TYPE);

    private CallProblems() {}

    static Set<ProblemCode> of(HandlerMethod call) {
        Set<ProblemCode> codes = EnumSet.copyOf(ALWAYS);
        if (call.hasMethodAnnotation(Needs.class)) {
            codes.addAll(OF_CALLERS);
        }
        if (CallForms.hasAnswer(call)) {
            codes.add(ProblemCode.NOT_ACCEPTABLE);
        }
        if (mayHaveBody(call)) {
            codes.add(ProblemCode.BODY_TOO_LARGE);
        }
        for (var parameter : call.getMethodParameters()) {
            if (parameter.hasParameterAnnotation(RequestBody.class)) {
                codes.addAll(OF_BODIES);
            }
        }
        if (isKeyed(call)) {
            codes.add(ProblemCode.IDEMPOTENCY_CONFLICT);
            codes.add(ProblemCode.REQUEST_IN_PROGRESS);
        }
        Refuses refuses = call.getMethodAnnotation(Refuses.class);
        if (refuses != null) {
            codes.addAll(List.of(refuses.value()));
        }
        return codes;
    }

    /** Whether it is done once under an Idempotency-Key, without doing anything for that itself. */
    static boolean isKeyed(HandlerMethod call) {
        Keyed keyed = call.getMethodAnnotation(Keyed.class);
        return call.hasMethodAnnotation(Needs.class)
                && methods(call).contains(RequestMethod.POST)
                && (keyed == null || keyed.value() != Keyed.By.ITSELF);
    }

    private static boolean mayHaveBody(HandlerMethod call) {
        return !methods(call).equals(Set.of(RequestMethod.GET));
    }

    private static Set<RequestMethod> methods(HandlerMethod call) {
        RequestMapping mapping =
                AnnotatedElementUtils.findMergedAnnotation(call.getMethod(), RequestMapping.class);
        return mapping == null ? Set.of() : Set.of(mapping.method());
    }

    /** Describes them, by status. */
    static void describe(Operation operation, Set<ProblemCode> codes) {
        codes.stream()
                .collect(
                        Collectors.groupingBy(
                                ProblemCode::status, TreeMap::new, Collectors.toList()))
                .forEach((status, ofStatus) ->
                        operation
                                .getResponses()
                                .addApiResponse(String.valueOf(status), answer(status, ofStatus)));
    }

    private static ApiResponse answer(int status, List<ProblemCode> codes) {
        MediaType problem =
                new MediaType().schema(new Schema<>().$ref("#/components/schemas/Problem"));
        for (ProblemCode code : codes) {
            problem.addExamples(
                    code.wire(), new Example().$ref("#/components/examples/" + code.wire()));
        }
        ApiResponse answer =
                new ApiResponse()
                        .description(
                                codes.stream()
                                        .map(code -> code.wire() + ": " + code.title())
                                        .collect(Collectors.joining("; ")))
                        .content(new Content().addMediaType(Problem.MEDIA_TYPE, problem));
        if (status == 429 || status == 503) {
            answer.addHeaderObject(
                    "Retry-After",
                    new Header()
                            .required(true)
                            .description("seconds after which another attempt makes sense")
                            .schema(new IntegerSchema()));
        }
        if (codes.contains(ProblemCode.UNAUTHORIZED)) {
            answer.addHeaderObject(
                    "WWW-Authenticate",
                    new Header()
                            .required(true)
                            .description("Bearer (RFC 6750)")
                            .schema(new StringSchema()));
        }
        return answer;
    }
}
