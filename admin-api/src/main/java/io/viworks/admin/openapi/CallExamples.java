package io.viworks.admin.openapi;

import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.media.Content;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.method.HandlerMethod;

/**
 * An example of what a call is sent and of what it answers. They lie beside the controller, in
 * {@code NameOfTheController.examples.json}: by method, and there {@code request} and the status of
 * each success. {@code "see details 200"} stands for what is shown there. Of a text, such as CSV,
 * the example is a string under the status and its media type: {@code "200 text/csv"}.
 */
final class CallExamples {
    private CallExamples() {}

    static void add(Operation operation, HandlerMethod call) {
        Map<String, Object> file = ExampleFile.beside(call.getBeanType());
        Object of = file.get(call.getMethod().getName());
        if (!(of instanceof Map<?, ?> examples)) {
            return;
        }
        if (operation.getRequestBody() != null) {
            put(operation.getRequestBody().getContent(), file, examples, "request");
        }
        operation
                .getResponses()
                .forEach((status, answer) -> put(answer.getContent(), file, examples, status));
    }

    private static void put(
            @Nullable Content content, Map<String, Object> file, Map<?, ?> examples, String name) {
        if (content == null) {
            return;
        }
        content.forEach((type, media) -> {
            Object example = examples.get(name + " " + type);
            if (example == null && !type.startsWith("text/") && !type.contains("problem")) {
                example = seen(file, examples.get(name));
            }
            if (example != null) {
                media.setExample(example);
            }
        });
    }

    private static @Nullable Object seen(Map<String, Object> file, @Nullable Object example) {
        if (example instanceof String text && text.startsWith("see ")) {
            String[] where = text.split(" ", 3);
            return file.get(where[1]) instanceof Map<?, ?> other ? other.get(where[2]) : null;
        }
        return example;
    }
}
