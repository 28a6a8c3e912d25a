package io.viworks.admin.web;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.backplane.WorldAway;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.apache.coyote.CloseNowException;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.transaction.TransactionException;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.ServletRequestBindingException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.NoHandlerFoundException;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/** Everything that can go wrong in a call, as the problem the caller sees. */
@RestControllerAdvice
final class ProblemAdvice {
    private final Refusals refusals;

    ProblemAdvice(Refusals refusals) {
        this.refusals = refusals;
    }

    @ExceptionHandler
    void answer(Exception failure, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (failure instanceof AsyncRequestNotUsableException) {
            return; // The caller has gone: there is nobody to answer.
        }
        if (failure instanceof CloseNowException broken) {
            throw broken; // The answer has begun: its connection says that it is not whole.
        }
        Refusal refusal = refusalOf(failure);
        headers(failure, response);
        refusals.answer(request, response, refusal);
    }

    private static Refusal refusalOf(Exception failure) {
        return switch (failure) {
            case Refusal refusal -> refusal;
            case HttpMessageNotReadableException unreadable -> BodyMistake.of(unreadable);
            case DataAccessException database -> Refusals.ofDatabase(database);
            case TransactionException database -> Refusals.ofDatabase(database);
            case WorldAway _ -> Refusals.ofBackplane();
            case MethodArgumentTypeMismatchException mismatch -> parameter(mismatch);
            case MissingServletRequestParameterException missing ->
                    Refusal.of(
                            ProblemCode.BAD_PARAMETER,
                            "a parameter is missing",
                            List.of(InputError.in(missing.getParameterName(), "is needed")));
            case HttpRequestMethodNotSupportedException method ->
                    Refusal.of(
                            ProblemCode.METHOD_NOT_ALLOWED,
                            "here answer only the methods named in Allow: "
                                    + String.join(", ", allowed(method)));
            case HttpMediaTypeNotSupportedException _ ->
                    Refusal.of(
                            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
                            "send the body with Content-Type: application/json");
            case HttpMediaTypeNotAcceptableException _ ->
                    Refusal.of(
                            ProblemCode.NOT_ACCEPTABLE, "answers are application/json; accept it");
            case NoResourceFoundException _, NoHandlerFoundException _ ->
                    Refusal.of(ProblemCode.NOT_FOUND, "no call has this path");
            case RequestRejectedException _, ServletRequestBindingException _ ->
                    Refusal.of(ProblemCode.BAD_REQUEST, "the path or a header has a wrong form");
            case org.springframework.web.ErrorResponse response
                    when response.getStatusCode().is4xxClientError() ->
                    Refusal.of(ProblemCode.BAD_REQUEST, "the request has a wrong form");
            default -> Refusals.internal(failure);
        };
    }

    private static Refusal parameter(MethodArgumentTypeMismatchException mismatch) {
        Class<?> type = mismatch.getRequiredType();
        if (type == AgentId.class) {
            return Refusal.of(
                    ProblemCode.UNKNOWN_GATEWAY,
                    "an agent_id has the form [A-Za-z0-9][A-Za-z0-9._-]{0,63}");
        }
        if (type == CorrelationId.class) {
            return Refusal.of(ProblemCode.UNKNOWN_COMMAND, "a correlation_id is a lower-case UUID");
        }
        String form =
                type == null
                        ? "another form"
                        : switch (type.getSimpleName()) {
                            case "Integer", "int", "Long", "long" -> "a whole number";
                            case "Boolean", "boolean" -> "true or false";
                            case "Instant" -> "an instant such as 2026-01-15T12:00:00Z";
                            default -> "one of the values the documentation names";
                        };
        return Refusal.of(
                ProblemCode.BAD_PARAMETER,
                "a parameter has a wrong form",
                List.of(InputError.in(mismatch.getName(), "must be " + form)));
    }

    private static List<String> allowed(HttpRequestMethodNotSupportedException method) {
        Set<HttpMethod> supported = method.getSupportedHttpMethods();
        return supported == null
                ? List.of()
                : supported.stream().map(HttpMethod::name).sorted().toList();
    }

    private static void headers(Exception failure, HttpServletResponse response) {
        switch (failure) {
            case HttpRequestMethodNotSupportedException method ->
                    response.setHeader(HttpHeaders.ALLOW, String.join(", ", allowed(method)));
            case HttpMediaTypeNotSupportedException _ ->
                    response.setHeader(HttpHeaders.ACCEPT, MediaType.APPLICATION_JSON_VALUE);
            case Refusal refusal when refusal.code() == ProblemCode.PRECONDITION_FAILED ->
                    response.setHeader(HttpHeaders.ETAG, refusal.problem().more().get("etag"));
            default -> {}
        }
    }
}
