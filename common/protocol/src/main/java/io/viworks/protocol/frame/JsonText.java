package io.viworks.protocol.frame;

import io.viworks.protocol.Rfc3339;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;

/**
 * Writes one JSON text, compact and in UTF-8. Keys and strings are made storable on the way, so no
 * text that was read from a process can make writing fail. Fields that are null are left out.
 */
final class JsonText {
    private static final JsonFactory FACTORY = JsonFactory.builder().build();

    private final JsonGenerator out;

    private JsonText(JsonGenerator out) {
        this.out = out;
    }

    /** What is written between the braces. */
    @FunctionalInterface
    interface Body {
        void write(JsonText json);
    }

    /** One object. */
    static byte[] object(Body body) {
        return bytes(json -> {
            json.out.writeStartObject();
            body.write(json);
            json.out.writeEndObject();
        });
    }

    /** One tree as it is. */
    static byte[] bytes(JsonNode tree) {
        return bytes(json -> json.value(tree));
    }

    /** One tree as it is. */
    static String of(JsonNode tree) {
        return new String(bytes(tree), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator out = FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
            body.write(new JsonText(out));
        }
        return bytes.toByteArray();
    }

    void text(String name, @Nullable String value) {
        if (value != null) {
            out.writeStringProperty(name, StorableText.of(value));
        }
    }

    /** An identity, in the form its {@code toString} has on the wire. */
    void id(String name, @Nullable Record id) {
        if (id != null) {
            out.writeStringProperty(name, id.toString());
        }
    }

    void uuid(String name, UUID value) {
        out.writeStringProperty(name, value.toString());
    }

    void constant(String name, Enum<?> value) {
        out.writeStringProperty(name, Wire.name(value));
    }

    void instant(String name, @Nullable Instant value) {
        if (value != null) {
            out.writeStringProperty(name, Rfc3339.format(value));
        }
    }

    void number(String name, @Nullable Number value) {
        if (value == null) {
            return;
        }
        out.writeName(name);
        if (value instanceof Double measured) {
            real(measured);
        } else {
            out.writeNumber(value.longValue());
        }
    }

    void flag(String name, boolean value) {
        out.writeBooleanProperty(name, value);
    }

    void tree(String name, @Nullable JsonNode value) {
        if (value != null) {
            out.writeName(StorableText.of(name));
            value(value);
        }
    }

    void texts(String name, Iterable<String> values) {
        out.writeArrayPropertyStart(name);
        for (String value : values) {
            out.writeString(StorableText.of(value));
        }
        out.writeEndArray();
    }

    void texts(String name, Map<String, String> values) {
        object(
                name,
                json -> values.forEach((key, value) -> json.text(StorableText.of(key), value)));
    }

    void object(String name, Body body) {
        out.writeObjectPropertyStart(name);
        body.write(this);
        out.writeEndObject();
    }

    void objects(String name, Iterable<Body> bodies) {
        out.writeArrayPropertyStart(name);
        for (Body body : bodies) {
            out.writeStartObject();
            body.write(this);
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private void value(JsonNode value) {
        switch (value.getNodeType()) {
            case OBJECT -> {
                out.writeStartObject();
                value.forEachEntry(this::tree);
                out.writeEndObject();
            }
            case ARRAY -> {
                out.writeStartArray();
                value.forEach(this::value);
                out.writeEndArray();
            }
            case STRING -> out.writeString(StorableText.of(value.stringValue()));
            case NUMBER -> number(value);
            case BOOLEAN -> out.writeBoolean(value.booleanValue());
            case NULL, MISSING -> out.writeNull();
            case BINARY, POJO -> out.writeString(StorableText.of(value.asString()));
        }
    }

    private void number(JsonNode value) {
        switch (value.numberType()) {
            case INT, LONG -> out.writeNumber(value.longValue());
            case BIG_INTEGER -> out.writeNumber(value.bigIntegerValue());
            case BIG_DECIMAL -> out.writeNumber(value.decimalValue());
            case FLOAT, DOUBLE -> real(value.doubleValue());
        }
    }

    /** JSON has no word for what is not finite. */
    private void real(double number) {
        if (Double.isFinite(number)) {
            out.writeNumber(number);
        } else {
            out.writeNull();
        }
    }
}
