package io.viworks.admin.web;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.core.MethodParameter;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * What every call of ours asks before its body is read: the role it {@link Needs}, and no parameter
 * that it does not know (a misspelt filter would answer with everything). Thread-safe.
 */
final class CallRules implements HandlerInterceptor {
    /** Longest value of a query parameter in characters. */
    private static final int MAX_PARAMETER = 512;

    /** Longest cursor in characters: it holds the value that its list is sorted by. */
    private static final int MAX_CURSOR = 2_048;

    /** Of every call that was made: reflection reads all annotations anew each time it is asked. */
    private final Map<Method, Map<String, Boolean>> parameters = new ConcurrentHashMap<>();

    @Override
    public boolean preHandle(
            HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (handler instanceof HandlerMethod call && isOurs(call)) {
            checkRole(call);
            checkParameters(request, call);
        }
        return true;
    }

    /** Whether a handler is a call of this API, and not springdoc's or Spring's. */
    static boolean isOurs(HandlerMethod handler) {
        return handler.getBeanType().getPackageName().startsWith("io.viworks.admin.")
                && !handler.getBeanType().equals(UnmappedErrors.class);
    }

    private static void checkRole(HandlerMethod call) {
        if (call.hasMethodAnnotation(ForAgents.class)) {
            return;
        }
        Needs needs = call.getMethodAnnotation(Needs.class);
        if (needs == null) {
            throw new IllegalStateException(call + " says no role");
        }
        Caller caller = Refusals.caller();
        if (caller == null || caller.role().compareTo(needs.value()) < 0) {
            throw Refusal.of(
                    ProblemCode.FORBIDDEN,
                    "this call needs a token with the role " + needs.value().wire());
        }
        if (needs.allSites() && !caller.seesAllSites()) {
            throw Refusal.of(
                    ProblemCode.FORBIDDEN,
                    "this call is about all sites; the token of \""
                            + caller.name()
                            + "\" is for some");
        }
    }

    private void checkParameters(HttpServletRequest request, HandlerMethod call) {
        Map<String, String[]> sent;
        try {
            sent = request.getParameterMap();
        } catch (IllegalStateException undecodable) {
            throw Refusal.of(ProblemCode.BAD_REQUEST, "the query must be percent-encoded UTF-8");
        }
        Map<String, Boolean> known =
                parameters.computeIfAbsent(call.getMethod(), _ -> knownParameters(call));
        List<InputError> errors = new ArrayList<>();
        sent.forEach((name, values) -> {
            Boolean repeatable = known.get(name);
            if (repeatable == null) {
                errors.add(
                        InputError.in(
                                shown(name),
                                "is not known here; known are "
                                        + String.join(", ", known.keySet())));
            } else if (values.length > 1 && !repeatable) {
                errors.add(InputError.in(name, "may be given once only"));
            } else if (!isPlain(values, longest(name))) {
                errors.add(
                        InputError.in(
                                name,
                                "must have at most "
                                        + longest(name)
                                        + " characters and no control characters"));
            }
        });
        if (!errors.isEmpty()) {
            throw Refusal.of(
                    ProblemCode.BAD_PARAMETER, "a query parameter is wrong or not known", errors);
        }
    }

    /** The names of a call's parameters, and whether each may be repeated. */
    private static Map<String, Boolean> knownParameters(HandlerMethod call) {
        Map<String, Boolean> known = new LinkedHashMap<>();
        for (MethodParameter parameter : call.getMethodParameters()) {
            RequestParam named =
                    AnnotatedElementUtils.findMergedAnnotation(
                            parameter.getParameter(), RequestParam.class);
            if (named != null) {
                String name =
                        named.name().isEmpty() ? parameter.getParameter().getName() : named.name();
                known.put(name, List.class.isAssignableFrom(parameter.getParameterType()));
            }
        }
        return known;
    }

    private static int longest(String parameter) {
        return parameter.equals("cursor") ? MAX_CURSOR : MAX_PARAMETER;
    }

    private static boolean isPlain(String[] values, int longest) {
        return List.of(values).stream().allMatch(value -> isPlain(value, longest));
    }

    private static boolean isPlain(String value, int longest) {
        return value.length() <= longest
                && value.codePoints()
                        .noneMatch(c ->
                                Character.isISOControl(c)
                                        || Character.getType(c) == Character.SURROGATE);
    }

    private static String shown(String name) {
        String plain =
                name.codePoints()
                        .filter(c -> c >= 0x20 && c < 0x7f)
                        .limit(40)
                        .collect(
                                StringBuilder::new,
                                StringBuilder::appendCodePoint,
                                StringBuilder::append)
                        .toString();
        return plain.isEmpty() ? "?" : plain;
    }
}
