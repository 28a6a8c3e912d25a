package io.viworks.admin.openapi;

import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.headers.Header;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.ArraySchema;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.ObjectSchema;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import io.viworks.admin.problem.Problem;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.token.Caller;
import io.viworks.admin.web.ForAgents;
import io.viworks.admin.web.Needs;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.customizers.OperationCustomizer;
import org.springdoc.core.utils.SpringDocUtils;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.node.ObjectNode;

/** Tells springdoc what it cannot see: names as they are on the wire, rights, and problems. */
@Configuration(proxyBeanMethods = false)
@SuppressWarnings("rawtypes") // swagger-models hands out maps of the raw type Schema
class ApiDescription {
    static {
        SpringDocUtils.getConfig()
                .addRequestWrapperToIgnore(Caller.class)
                .replaceWithClass(AgentId.class, String.class)
                .replaceWithClass(CorrelationId.class, java.util.UUID.class)
                .replaceWithClass(ObjectNode.class, Map.class);
    }

    /** What any call may be refused with, whatever it does. */
    private static final List<ProblemCode> ALWAYS =
            List.of(
                    ProblemCode.BAD_REQUEST,
                    ProblemCode.BAD_PARAMETER,
                    ProblemCode.UNAUTHORIZED,
                    ProblemCode.FORBIDDEN,
                    ProblemCode.NOT_ACCEPTABLE,
                    ProblemCode.INTERNAL,
                    ProblemCode.DATABASE_AWAY);

    /** What any call by a caller with a token may be refused with. */
    private static final List<ProblemCode> OF_CALLERS =
            List.of(
                    ProblemCode.RATE_LIMITED,
                    ProblemCode.TOO_MANY_FAILURES,
                    ProblemCode.ISSUER_AWAY);

    @Bean
    OpenAPI document() {
        return new OpenAPI()
                .info(
                        new Info()
                                .title("viworks admin API")
                                .version("1")
                                .description(
                                        "Gateways behind firewalls: what they report, and commands"
                                                + " for them. Errors are application/problem+json"
                                                + " (RFC 9457) with a stable code."))
                .components(
                        new Components()
                                .addSecuritySchemes(
                                        "token",
                                        new SecurityScheme()
                                                .type(SecurityScheme.Type.HTTP)
                                                .scheme("bearer")
                                                .description(
                                                        "an API token, or a JWT of the issuer that is configured")))
                .security(List.of(new SecurityRequirement().addList("token")));
    }

    /** Says the role of each call, and what it may be refused with. */
    @Bean
    OperationCustomizer rightsAndProblems() {
        return (operation, call) -> {
            Needs needs = call.getMethodAnnotation(Needs.class);
            if (needs != null) {
                String said = operation.getDescription();
                operation.setDescription(
                        (said == null ? "" : said + " ")
                                + "Needs the role "
                                + needs.value().wire()
                                + (needs.allSites() ? " without a limit to sites." : "."));
            }
            if (call.hasMethodAnnotation(ForAgents.class)) {
                operation.setSecurity(List.of());
                operation.setDescription(
                        operation.getDescription() + " Needs no role: the signature says who.");
            }
            Refuses refuses = call.getMethodAnnotation(Refuses.class);
            Stream.of(
                            ALWAYS.stream(),
                            needs == null ? Stream.<ProblemCode>empty() : OF_CALLERS.stream(),
                            refuses == null
                                    ? Stream.<ProblemCode>empty()
                                    : Arrays.stream(refuses.value()))
                    .flatMap(codes -> codes)
                    .collect(Collectors.groupingBy(ProblemCode::status))
                    .forEach((status, codes) -> addProblem(operation, status, codes));
            return operation;
        };
    }

    private static void addProblem(Operation operation, int status, List<ProblemCode> refusals) {
        String codes =
                refusals.stream()
                        .map(code -> code.wire() + ": " + code.title())
                        .collect(Collectors.joining("; "));
        MediaType problem =
                new MediaType().schema(new Schema<>().$ref("#/components/schemas/Problem"));
        ApiResponse answer =
                new ApiResponse()
                        .description(codes)
                        .content(new Content().addMediaType(Problem.MEDIA_TYPE, problem));
        if (status == 429 || status == 503) {
            answer.addHeaderObject(
                    "Retry-After", header("seconds after which another attempt makes sense"));
        }
        if (status == 401) {
            answer.addHeaderObject("WWW-Authenticate", header("Bearer (RFC 6750)"));
        }
        operation.getResponses().addApiResponse(String.valueOf(status), answer);
    }

    private static Header header(String description) {
        return new Header().description(description).schema(new StringSchema());
    }

    /** Property names as JSON has them, and the problem object itself. */
    @Bean
    OpenApiCustomizer names() {
        return document -> {
            Map<String, Schema> schemas =
                    new TreeMap<>(
                            document.getComponents().getSchemas() == null
                                    ? Map.of()
                                    : document.getComponents().getSchemas());
            for (Schema<?> schema : schemas.values()) {
                rename(schema);
            }
            schemas.put("Problem", problem());
            document.getComponents().setSchemas(schemas);
        };
    }

    private static void rename(Schema<?> schema) {
        @Nullable Map<String, Schema> properties = schema.getProperties();
        if (properties == null) {
            return;
        }
        Map<String, Schema> renamed = new LinkedHashMap<>();
        properties.forEach((name, property) -> renamed.put(snake(name), property));
        schema.setProperties(renamed);
        if (schema.getRequired() != null) {
            schema.setRequired(schema.getRequired().stream().map(ApiDescription::snake).toList());
        }
    }

    private static String snake(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    private static Schema<?> problem() {
        StringSchema code = new StringSchema();
        Arrays.stream(ProblemCode.values()).map(ProblemCode::wire).forEach(code::addEnumItem);
        ObjectSchema error = new ObjectSchema();
        error.addProperty("pointer", text("JSON Pointer into the body (RFC 6901)"));
        error.addProperty("parameter", text("the query parameter or header"));
        error.addProperty("message", text("what is wrong and what would be right"));
        ArraySchema errors = new ArraySchema();
        errors.setItems(error);
        ObjectSchema problem = new ObjectSchema();
        problem.setDescription("RFC 9457");
        problem.addProperty("type", text("urn:viworks:problem:{code}"));
        problem.addProperty("title", text("the kind of problem"));
        problem.addProperty("status", new IntegerSchema());
        problem.addProperty("detail", text("what was wrong and what would be right"));
        problem.addProperty("code", code);
        problem.addProperty("errors", errors);
        problem.setRequired(List.of("type", "title", "status", "detail", "code"));
        return problem;
    }

    private static Schema<?> text(String description) {
        StringSchema text = new StringSchema();
        text.setDescription(description);
        return text;
    }
}
