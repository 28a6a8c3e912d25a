package io.viworks.admin.web;

import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/**
 * Refuses a caller who accepts no JSON before a call has done anything: the answer would tell him
 * that it failed, and it would have been done. Calls that produce other forms say so in their
 * mapping. Refuses a body of no certain form, too.
 */
@Configuration(proxyBeanMethods = false)
public class CallForms implements WebMvcConfigurer, HandlerInterceptor {
    /** Of every call that was made: reflection reads all annotations anew each time it is asked. */
    private final Map<Method, Form> forms = new ConcurrentHashMap<>();

    /** What a call says of itself. */
    private record Form(boolean takesBody, boolean answersJsonOnly) {
        static Form of(HandlerMethod call) {
            return new Form(takesBody(call), hasAnswer(call) && producesJson(call));
        }

        private static boolean takesBody(HandlerMethod call) {
            return Arrays.stream(call.getMethodParameters())
                    .anyMatch(parameter -> parameter.hasParameterAnnotation(RequestBody.class));
        }

        private static boolean producesJson(HandlerMethod call) {
            RequestMapping mapping =
                    AnnotatedElementUtils.findMergedAnnotation(
                            call.getMethod(), RequestMapping.class);
            return mapping == null || mapping.produces().length == 0;
        }
    }

    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(this).order(1); // After the rights.
    }

    @Override
    public boolean preHandle(
            HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (!(handler instanceof HandlerMethod call) || !CallRules.isOurs(call)) {
            return true;
        }
        Form form = forms.computeIfAbsent(call.getMethod(), _ -> Form.of(call));
        if (form.takesBody() && isWildcard(request.getContentType())) {
            throw Refusal.of(
                    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
                    "send the body with Content-Type: application/json");
        }
        if (form.answersJsonOnly()
                && !acceptsJson(Collections.list(request.getHeaders("Accept")))) {
            throw Refusal.of(ProblemCode.NOT_ACCEPTABLE, "answers are application/json; accept it");
        }
        return true;
    }

    /** Whether a call answers something, so that Spring looks at what is accepted. */
    public static boolean hasAnswer(HandlerMethod call) {
        return call.getMethod().getReturnType() != void.class;
    }

    /** Spring's mapping takes one for what it stands for, and its reading of bodies fails on it. */
    private static boolean isWildcard(@Nullable String contentType) {
        return contentType != null && contentType.contains("*");
    }

    private static boolean acceptsJson(List<String> accepted) {
        if (accepted.isEmpty()) {
            return true;
        }
        try {
            return MediaType.parseMediaTypes(accepted).stream()
                    .anyMatch(type ->
                            type.getQualityValue() > 0
                                    && type.isCompatibleWith(MediaType.APPLICATION_JSON));
        } catch (InvalidMediaTypeException e) {
            return false;
        }
    }
}
