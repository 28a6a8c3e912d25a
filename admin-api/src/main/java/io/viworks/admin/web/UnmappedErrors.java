package io.viworks.admin.web;

import io.swagger.v3.oas.annotations.Hidden;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.RequestMapping;

/** What the container refuses by itself, outside of any call, in the same form as the rest. */
@Hidden
@Controller
final class UnmappedErrors implements ErrorController {
    private final Refusals refusals;

    UnmappedErrors(Refusals refusals) {
        this.refusals = refusals;
    }

    @RequestMapping("/error")
    void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        Refusal refusal =
                switch (status instanceof Integer code ? code : 404) {
                    case 400 -> Refusal.of(ProblemCode.BAD_REQUEST, "the request is malformed");
                    case 401 -> Refusal.of(ProblemCode.UNAUTHORIZED, "send a bearer token");
                    case 403 -> Refusal.of(ProblemCode.FORBIDDEN, "this is not allowed");
                    case 404 -> Refusal.of(ProblemCode.NOT_FOUND, "no call has this path");
                    case 405 -> Refusal.of(ProblemCode.METHOD_NOT_ALLOWED, "use another method");
                    case 413 -> Refusal.of(ProblemCode.BODY_TOO_LARGE, "send less");
                    default -> Refusal.of(ProblemCode.INTERNAL, "the failure was logged");
                };
        refusals.answer(request, response, refusal);
    }
}
