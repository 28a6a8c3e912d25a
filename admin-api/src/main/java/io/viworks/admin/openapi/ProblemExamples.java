package io.viworks.admin.openapi;

import io.swagger.v3.oas.models.examples.Example;
import io.viworks.admin.problem.ProblemCode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One problem object for each code. What differs from code to code lies beside {@link ProblemCode},
 * in {@code ProblemCode.examples.json}.
 */
final class ProblemExamples {
    private ProblemExamples() {}

    static Map<String, Example> all() {
        Map<String, Object> said = ExampleFile.beside(ProblemCode.class);
        Map<String, Example> examples = new LinkedHashMap<>();
        for (ProblemCode code : ProblemCode.values()) {
            Map<String, Object> problem = new LinkedHashMap<>();
            problem.put("type", "urn:viworks:problem:" + code.wire());
            problem.put("title", code.title());
            problem.put("status", code.status());
            problem.put("code", code.wire());
            if (said.get(code.wire()) instanceof Map<?, ?> more) {
                more.forEach((name, value) -> problem.put(String.valueOf(name), value));
            }
            examples.put(code.wire(), new Example().summary(code.title()).value(problem));
        }
        return examples;
    }
}
