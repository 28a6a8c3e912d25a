package io.viworks.admin.openapi;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.swagger.v3.oas.models.media.Schema;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.method.HandlerMethod;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the records of requests and answers say of their members, and springdoc does not see: names
 * as they are on the wire, which are always there, which may be null, and where any JSON may stand.
 */
@SuppressWarnings("rawtypes") // swagger-models hands out maps of the raw type Schema
final class RecordSchemas {
    /** The records of requests: of those nothing is needed but what they say. */
    private final Map<String, Type> requests = new LinkedHashMap<>();

    private final Map<String, Type> answers = new LinkedHashMap<>();

    /** Finds all records that calls take and give. */
    RecordSchemas(Collection<HandlerMethod> calls) {
        for (HandlerMethod call : calls) {
            find(call.getMethod().getGenericReturnType(), answers);
            for (var parameter : call.getMethodParameters()) {
                if (parameter.hasParameterAnnotation(RequestBody.class)) {
                    find(parameter.getGenericParameterType(), requests);
                }
            }
        }
    }

    private static void find(Type type, Map<String, Type> into) {
        if (type instanceof ParameterizedType generic) {
            for (Type argument : generic.getActualTypeArguments()) {
                find(argument, into);
            }
        }
        Class<?> raw = raw(type);
        if (raw == null || !raw.isRecord() || type.getTypeName().contains("<T>")) {
            return;
        }
        Type before = into.put(nameOf(type), type);
        if (before != null) {
            if (!before.equals(type)) {
                throw new IllegalStateException(
                        before + " and " + type + " would be described as one");
            }
            return;
        }
        for (RecordComponent component : raw.getRecordComponents()) {
            find(component.getGenericType(), into);
        }
    }

    private static @Nullable Class<?> raw(Type type) {
        return switch (type) {
            case Class<?> plain -> plain;
            case ParameterizedType generic -> raw(generic.getRawType());
            default -> null;
        };
    }

    /** As springdoc names it: of {@code Page<Thing>}, PageThing. */
    private static String nameOf(Type type) {
        if (type instanceof ParameterizedType generic) {
            StringBuilder name = new StringBuilder(nameOf(generic.getRawType()));
            for (Type argument : generic.getActualTypeArguments()) {
                name.append(nameOf(argument));
            }
            return name.toString();
        }
        return type instanceof Class<?> plain ? plain.getSimpleName() : "";
    }

    /** Mends the schemas of all records. */
    void mend(Map<String, Schema> schemas) {
        schemas.values().forEach(RecordSchemas::rename);
        requests.forEach((name, type) -> {
            Schema<?> schema = schemas.get(name);
            if (schema != null) {
                mendValues(schema, type);
                schema.setAdditionalProperties(false);
            }
        });
        answers.forEach((name, type) -> {
            Schema<?> schema = schemas.get(name);
            if (schema != null) {
                Set<String> needed = new TreeSet<>();
                mendPresence(schema, type, needed);
                mendValues(schema, type);
                schema.setRequired(new ArrayList<>(needed));
            }
        });
    }

    /**
     * The name of a schema like that of a page, whose items may lack any member: callers choose.
     *
     * @param page the name of the page's schema
     */
    static String thinnedOut(Map<String, Schema> schemas, String page) {
        String name = "Some" + page;
        Schema<?> whole = there(schemas, page);
        String of = last(there(whole.getProperties(), "items").getItems().get$ref());
        Schema<?> item = there(schemas, of);
        Schema<?> some = new Schema<>().types(item.getTypes());
        some.setDescription(item.getDescription());
        some.setProperties(item.getProperties());
        schemas.put("Some" + of, some);
        Schema<?> list = new Schema<>().types(new LinkedHashSet<>(Set.of("array")));
        list.setItems(new Schema<>().$ref("Some" + of));
        Map<String, Schema> properties = new LinkedHashMap<>(whole.getProperties());
        properties.put("items", list);
        Schema<?> thinned = new Schema<>().types(whole.getTypes());
        thinned.setProperties(properties);
        thinned.setRequired(whole.getRequired());
        schemas.put(name, thinned);
        return name;
    }

    private static Schema<?> there(Map<String, Schema> schemas, String name) {
        return Objects.requireNonNull(schemas.get(name), name);
    }

    private static String last(String reference) {
        return reference.substring(reference.lastIndexOf('/') + 1);
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
            schema.setRequired(schema.getRequired().stream().map(RecordSchemas::snake).toList());
        }
    }

    private static String snake(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    private static void mendPresence(Schema<?> schema, Type type, Set<String> needed) {
        Class<?> record = raw(type);
        if (record == null || schema.getProperties() == null) {
            return;
        }
        JsonInclude inclusion = record.getAnnotation(JsonInclude.class);
        boolean absent = inclusion != null && inclusion.value() == JsonInclude.Include.NON_NULL;
        for (RecordComponent component : record.getRecordComponents()) {
            if (component.isAnnotationPresent(JsonUnwrapped.class)
                    || component.getAccessor().isAnnotationPresent(JsonUnwrapped.class)) {
                mendPresence(schema, component.getGenericType(), needed);
                mendValues(schema, component.getGenericType());
                continue;
            }
            String name = snake(component.getName());
            Schema<?> property = schema.getProperties().get(name);
            if (property == null) {
                continue;
            }
            if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                needed.add(name);
            } else if (!absent && !leavesNullsOut(component.getAccessor())) {
                needed.add(name);
                schema.getProperties().put(name, orNull(property));
            }
        }
    }

    private static boolean leavesNullsOut(AnnotatedElement element) {
        JsonInclude inclusion = element.getAnnotation(JsonInclude.class);
        return inclusion != null && inclusion.value() == JsonInclude.Include.NON_NULL;
    }

    private static Schema<?> orNull(Schema<?> schema) {
        if (schema.getTypes() != null && schema.getEnum() == null) {
            schema.addType("null");
            return schema;
        }
        if (schema.get$ref() == null && schema.getEnum() == null) {
            return schema; // Any JSON.
        }
        Schema<?> either = new Schema<>();
        either.setAnyOf(List.of(schema, new Schema<>().types(Set.of("null"))));
        return either;
    }

    /** Where a record has any JSON, springdoc says an object. */
    private static void mendValues(Schema<?> schema, Type type) {
        Class<?> record = raw(type);
        if (record == null || schema.getProperties() == null) {
            return;
        }
        for (RecordComponent component : record.getRecordComponents()) {
            String name = snake(component.getName());
            Schema<?> property = schema.getProperties().get(name);
            if (property == null) {
                continue;
            }
            if (component.getType() == ObjectNode.class) {
                property.setTypes(new LinkedHashSet<>(Set.of("object")));
                property.setAdditionalProperties(true);
            } else if (component.getType() == Object.class) {
                schema.getProperties().put(name, anything(property));
            } else if (component.getGenericType() instanceof ParameterizedType generic
                    && lastOf(generic) == Object.class) {
                if (component.getType() == Map.class) {
                    property.setAdditionalProperties(true);
                } else {
                    property.setItems(new Schema<>());
                }
            }
        }
    }

    private static Type lastOf(ParameterizedType generic) {
        Type[] arguments = generic.getActualTypeArguments();
        return arguments[arguments.length - 1];
    }

    private static Schema<?> anything(Schema<?> described) {
        Schema<?> any = new Schema<>();
        any.setDescription(described.getDescription());
        return any;
    }
}
