package io.viworks.admin.web;

import io.viworks.admin.idempotency.IdempotencyKey;
import io.viworks.admin.idempotency.IdempotentCalls;
import io.viworks.admin.idempotency.Keyed;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter;

/**
 * Calls the handlers of POSTs through {@link IdempotentCalls} when there is an {@code
 * Idempotency-Key}. It stands behind {@link CallRules}: who may not do something is not answered
 * what it was answered to another, or to himself before.
 */
final class OnceAdapter extends RequestMappingHandlerAdapter {
    private final ObjectProvider<IdempotentCalls> calls;

    OnceAdapter(ObjectProvider<IdempotentCalls> calls) {
        this.calls = calls;
    }

    @Override
    protected @Nullable ModelAndView handleInternal(
            HttpServletRequest request, HttpServletResponse response, HandlerMethod handler)
            throws Exception {
        @Nullable Caller caller = Refusals.caller();
        List<String> keys = Collections.list(request.getHeaders(IdempotencyKey.HEADER));
        Keyed keyed = handler.getMethodAnnotation(Keyed.class);
        Keyed.By way = keyed == null ? Keyed.By.TRANSACTION : keyed.value();
        if (!request.getMethod().equals("POST")
                || keys.isEmpty()
                || caller == null
                || way == Keyed.By.ITSELF
                || !CallRules.isOurs(handler)) {
            return super.handleInternal(request, response, handler);
        }
        if (keys.size() > 1) {
            throw Refusal.of(
                    ProblemCode.BAD_PARAMETER,
                    "a header is wrong",
                    List.of(InputError.in(IdempotencyKey.HEADER, "may be given once only")));
        }
        calls.getObject()
                .once(
                        caller.name(),
                        keys.getFirst(),
                        way,
                        request,
                        response,
                        answer -> {
                            @Nullable ModelAndView _ =
                                    super.handleInternal(request, answer, handler);
                        });
        return null;
    }
}
