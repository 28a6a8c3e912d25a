package io.viworks.admin.web;

import io.viworks.admin.problem.Problem;
import io.viworks.admin.problem.ProblemCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;

/** Says what Tomcat itself refuses, in the form of the rest. Made by Tomcat, by its name. */
public final class ProblemValve extends ErrorReportValve {
    @Override
    protected void report(Request request, Response response, @Nullable Throwable failure) {
        int status = response.getStatus();
        if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        ProblemCode code =
                switch (status) {
                    case 404 -> ProblemCode.NOT_FOUND;
                    case 405 -> ProblemCode.METHOD_NOT_ALLOWED;
                    case 413 -> ProblemCode.BODY_TOO_LARGE;
                    case 501, 505 -> ProblemCode.BAD_REQUEST; // a method or version of others
                    default -> status < 500 ? ProblemCode.BAD_REQUEST : ProblemCode.INTERNAL;
                };
        String body =
                """
                {"type":"urn:viworks:problem:%s","title":"%s","status":%d,\
                "detail":"the request could not be read","code":"%s"}\
                """
                        .formatted(code.wire(), code.title(), status, code.wire());
        try {
            SafeHeaders.on(response);
            response.setContentType(Problem.MEDIA_TYPE);
            response.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
            response.finishResponse();
        } catch (IOException gone) {
            // The caller has gone: there is nobody to tell.
        }
    }
}
