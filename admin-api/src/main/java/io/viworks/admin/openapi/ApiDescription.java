package io.viworks.admin.openapi;

import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.ArraySchema;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.ObjectSchema;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import io.swagger.v3.oas.models.tags.Tag;
import io.viworks.admin.idempotency.IdempotencyKey;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.token.Caller;
import io.viworks.admin.web.ForAgents;
import io.viworks.admin.web.Needs;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.customizers.OperationCustomizer;
import org.springdoc.core.utils.SpringDocUtils;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.node.ObjectNode;

/** Tells springdoc what it cannot see: names as they are on the wire, rights, and problems. */
@Configuration(proxyBeanMethods = false)
@SuppressWarnings("rawtypes") // swagger-models hands out maps of the raw type Schema
class ApiDescription {
    static {
        StringSchema agentId = new StringSchema();
        agentId.setPattern("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$");
        SpringDocUtils.getConfig()
                .addRequestWrapperToIgnore(Caller.class)
                .replaceWithSchema(AgentId.class, agentId)
                .replaceWithClass(CorrelationId.class, java.util.UUID.class)
                .replaceWithClass(ObjectNode.class, Map.class);
    }

    /** What each group of calls is about. A tag that is not here fails the build. */
    private static final Map<String, String> TAGS =
            new TreeMap<>(
                    Map.ofEntries(
                            Map.entry(
                                    "agents",
                                    "What agents themselves call, signed with their key."),
                            Map.entry("batches", "The same command for many gateways."),
                            Map.entry("audit", "Who did what, and who was refused what."),
                            Map.entry(
                                    "commands",
                                    "Commands for gateways: accepted, followed, cancelled."),
                            Map.entry(
                                    "credentials",
                                    "The keys and certificates of a gateway, and its end."),
                            Map.entry(
                                    "dead letters",
                                    "Records that could not be handled, per stream."),
                            Map.entry("enrolment", "Expected gateways and their join tokens."),
                            Map.entry("events", "Changes and live output as they happen."),
                            Map.entry("health", "What is away, and since when."),
                            Map.entry("gateways", "The inventory."),
                            Map.entry(
                                    "signing keys",
                                    "The public keys by which agents know commands."),
                            Map.entry("telemetry", "What gateways report."),
                            Map.entry("verbs", "What an agent can be asked to do.")));

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
                                                + " (RFC 9457) with a stable code; a path that is"
                                                + " not here is 404 not_found, another method 405"
                                                + " method_not_allowed."))
                .tags(
                        TAGS.entrySet().stream()
                                .map(tag ->
                                        new Tag().name(tag.getKey()).description(tag.getValue()))
                                .toList())
                .components(
                        new Components()
                                .examples(ProblemExamples.all())
                                .addSecuritySchemes(
                                        "token",
                                        new SecurityScheme()
                                                .type(SecurityScheme.Type.HTTP)
                                                .scheme("bearer")
                                                .description(
                                                        "an API token, or a JWT of the issuer that is configured")))
                .security(List.of(new SecurityRequirement().addList("token")));
    }

    /** Says the name and the role of each call, examples, and what it may be refused with. */
    @Bean
    OperationCustomizer calls() {
        return (operation, call) -> {
            operation.setOperationId(idOf(call));
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
            if (CallProblems.isKeyed(call)) {
                operation.addParametersItem(idempotencyKey());
            }
            CallExamples.add(operation, call);
            CallProblems.describe(operation, CallProblems.of(call));
            return operation;
        };
    }

    private static Parameter idempotencyKey() {
        StringSchema key = new StringSchema();
        key.setPattern("^[!-~]{1,128}$");
        return new Parameter()
                .in("header")
                .name(IdempotencyKey.HEADER)
                .description(
                        "a name that you give the request: sent again under it within 24 h it is"
                                + " answered the same and done once")
                .schema(key);
    }

    /** The group of a call and what it does there: {@code gateways_list}. */
    private static String idOf(HandlerMethod call) {
        io.swagger.v3.oas.annotations.tags.Tag tag =
                AnnotatedElementUtils.findMergedAnnotation(
                        call.getBeanType(), io.swagger.v3.oas.annotations.tags.Tag.class);
        String group = tag == null ? call.getBeanType().getSimpleName() : tag.name();
        return (group + "_" + call.getMethod().getName())
                .replaceAll("([a-z0-9])([A-Z])", "$1_$2")
                .replace(' ', '_')
                .toLowerCase(Locale.ROOT);
    }

    /** Property names as JSON has them, the problem object itself, and the older paths' names. */
    @Bean
    OpenApiCustomizer names(
            @Qualifier("requestMappingHandlerMapping") RequestMappingHandlerMapping mapping) {
        return document -> {
            Map<String, Schema> schemas =
                    new TreeMap<>(
                            document.getComponents().getSchemas() == null
                                    ? Map.of()
                                    : document.getComponents().getSchemas());
            new RecordSchemas(
                            mapping.getHandlerMethods().values().stream()
                                    .filter(call ->
                                            call.getBeanType()
                                                    .getPackageName()
                                                    .startsWith("io.viworks.admin"))
                                    .toList())
                    .mend(schemas);
            schemas.put("Problem", problem());
            document.getPaths().values().stream()
                    .flatMap(path -> path.readOperations().stream())
                    .forEach(operation -> thinOut(operation, schemas));
            document.getComponents().setSchemas(schemas);
            document.getPaths()
                    .forEach((path, item) -> {
                        if (path.startsWith("/agent/") && item.readOperations().size() == 1) {
                            older(item.readOperations().getFirst());
                        }
                    });
        };
    }

    /** With the parameter "fields" a list's items have those members only. */
    private static void thinOut(Operation operation, Map<String, Schema> schemas) {
        List<Parameter> parameters =
                operation.getParameters() == null ? List.of() : operation.getParameters();
        if (parameters.stream().noneMatch(parameter -> parameter.getName().equals("fields"))) {
            return;
        }
        MediaType json =
                Objects.requireNonNull(
                        Objects.requireNonNull(operation.getResponses().get("200"))
                                .getContent()
                                .get("application/json"));
        MediaType lines =
                operation.getResponses().get("200").getContent().get("application/x-ndjson");
        String page = json.getSchema().get$ref().replaceFirst(".*/", "");
        if (!page.startsWith("Some")) {
            json.setSchema(new Schema<>().$ref(RecordSchemas.thinnedOut(schemas, page)));
            if (lines != null) {
                lines.setSchema(
                        new Schema<>()
                                .$ref(
                                        "Some"
                                                + lines.getSchema()
                                                        .get$ref()
                                                        .replaceFirst(".*/", "")));
            }
        }
    }

    /** Two paths of one call are two operations, and need two names. */
    private static void older(Operation operation) {
        if (!operation.getTags().contains("agents")) {
            operation.setOperationId(operation.getOperationId() + "_older");
        }
    }

    private static Schema<?> problem() {
        StringSchema code = new StringSchema();
        Arrays.stream(ProblemCode.values()).map(ProblemCode::wire).forEach(code::addEnumItem);
        ObjectSchema error = new ObjectSchema();
        error.addProperty("pointer", text("JSON Pointer into the body (RFC 6901)"));
        error.addProperty("parameter", text("the query parameter or header"));
        error.addProperty("message", text("what is wrong and what would be right"));
        error.setRequired(List.of("message"));
        ArraySchema errors = new ArraySchema();
        errors.setItems(error);
        ObjectSchema problem = new ObjectSchema();
        problem.setDescription(
                "RFC 9457. Some codes have further members, all texts: state of a command, line and"
                        + " column of a mistake in JSON.");
        problem.addProperty("type", text("urn:viworks:problem:{code}"));
        problem.addProperty("title", text("the kind of problem"));
        problem.addProperty("status", new IntegerSchema());
        problem.addProperty("detail", text("what was wrong and what would be right"));
        problem.addProperty("code", code);
        problem.addProperty("errors", errors);
        problem.setRequired(List.of("type", "title", "status", "detail", "code"));
        problem.setAdditionalProperties(new StringSchema());
        return problem;
    }

    private static Schema<?> text(String description) {
        StringSchema text = new StringSchema();
        text.setDescription(description);
        return text;
    }
}
