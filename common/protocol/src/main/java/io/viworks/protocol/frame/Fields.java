package io.viworks.protocol.frame;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Limits;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.Uuids;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of one object by name. JSON null is absence. Every refusal names the field, dotted
 * from the frame's root, and what would be right, never the value.
 */
final class Fields {
    private final ObjectNode object;
    private final String prefix;
    private final Reading reading;

    Fields(ObjectNode object, Reading reading) {
        this(object, "", reading);
    }

    private Fields(ObjectNode object, String prefix, Reading reading) {
        this.object = object;
        this.prefix = prefix;
        this.reading = reading;
    }

    /** How out-of-range values are met: left out when an agent speaks, refused otherwise. */
    sealed interface Reading {
        /** An agent's frame: what cannot be stored is left out and counted. */
        record Lenient(String type, Instant arrival, Drops drops) implements Reading {}

        /** A bridge's frame or an envelope: nobody may act on half of it. */
        record Strict() implements Reading {}
    }

    ObjectNode node() {
        return object;
    }

    /** Whether the field is there, be it with a number no column holds. */
    boolean has(String name) {
        return find(name) != null || StrictJson.isUnstorable(object.get(name));
    }

    @Nullable String textOrNull(String name) throws BadFrame {
        JsonNode value = find(name);
        if (value == null) {
            return null;
        }
        if (!value.isString()) {
            throw wrong(name, "a string");
        }
        return value.stringValue();
    }

    String text(String name) throws BadFrame {
        return required(name, textOrNull(name));
    }

    boolean flag(String name) throws BadFrame {
        JsonNode value = find(name);
        if (value == null) {
            return false;
        }
        if (!value.isBoolean()) {
            throw wrong(name, "true or false");
        }
        return value.booleanValue();
    }

    @Nullable AgentId agentIdOrNull() throws BadFrame {
        String text = textOrNull("agent_id");
        try {
            return text == null ? null : AgentId.of(text);
        } catch (IllegalArgumentException e) {
            throw wrong("agent_id", "[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
        }
    }

    AgentId agentId() throws BadFrame {
        return required("agent_id", agentIdOrNull());
    }

    @Nullable UUID uuidOrNull(String name) throws BadFrame {
        String text = textOrNull(name);
        try {
            return text == null ? null : Uuids.parse(name, text);
        } catch (IllegalArgumentException e) {
            throw wrong(name, "a lower-case UUID");
        }
    }

    UUID uuid(String name) throws BadFrame {
        return required(name, uuidOrNull(name));
    }

    /** The instant; absent, too, when an agent names one too far from arrival. */
    @Nullable Instant instantOrNull(String name) throws BadFrame {
        String text = textOrNull(name);
        if (text == null) {
            return null;
        }
        Instant instant;
        try {
            instant = Rfc3339.parse(text);
        } catch (DateTimeParseException e) {
            throw wrong(name, "an RFC 3339 instant in UTC");
        }
        if (reading instanceof Reading.Lenient(String type, Instant arrival, Drops drops)
                && Duration.between(arrival, instant).abs().compareTo(Limits.MAX_INSTANT_SKEW)
                        > 0) {
            drops.dropped(type, prefix + name);
            return null;
        }
        return instant;
    }

    /** A measured integer; absent, too, when an agent's is out of range or has a fraction. */
    @Nullable Long integerOrNull(String name, long min, long max) throws BadFrame {
        JsonNode value = find(name);
        if (value == null) {
            return null;
        }
        String form = "an integer from " + min + " to " + max;
        if (!value.isNumber()) {
            throw wrong(name, form);
        }
        if (value.isFloatingPointNumber()) {
            double number = value.doubleValue();
            if (number == Math.rint(number) && number >= min && number <= max) {
                return (long) number;
            }
        } else if (value.canConvertToLong()
                && value.longValue() >= min
                && value.longValue() <= max) {
            return value.longValue();
        }
        outOfRange(name, form);
        return null;
    }

    @Nullable Integer intOrNull(String name, int min, int max) throws BadFrame {
        Long number = integerOrNull(name, min, max);
        return number == null ? null : Math.toIntExact(number);
    }

    /** An integer the frame means nothing without: out of range, it is refused in any reading. */
    long integer(String name, long min, long max) throws BadFrame {
        if (StrictJson.isUnstorable(object.get(name))) {
            throw wrong(name, "an integer from " + min + " to " + max);
        }
        Fields strict = new Fields(object, prefix, new Reading.Strict());
        return required(name, strict.integerOrNull(name, min, max));
    }

    int integer(String name, int min, int max) throws BadFrame {
        return Math.toIntExact(integer(name, (long) min, (long) max));
    }

    /** A measured number; absent, too, when an agent's is out of range. */
    @Nullable Double numberOrNull(String name, double min, double max) throws BadFrame {
        JsonNode value = find(name);
        if (value == null) {
            return null;
        }
        if (!value.isNumber()) {
            throw wrong(name, "a number");
        }
        double number = value.doubleValue();
        if (number >= min && number <= max) {
            return number;
        }
        outOfRange(name, "a number from " + min + " to " + max);
        return null;
    }

    @Nullable ObjectNode objectOrNull(String name) throws BadFrame {
        JsonNode value = find(name);
        if (value == null) {
            return null;
        }
        if (value instanceof ObjectNode found) {
            return found;
        }
        throw wrong(name, "an object");
    }

    ObjectNode object(String name) throws BadFrame {
        return required(name, objectOrNull(name));
    }

    @Nullable Fields fieldsOrNull(String name) throws BadFrame {
        ObjectNode found = objectOrNull(name);
        return found == null ? null : new Fields(found, prefix + name + ".", reading);
    }

    Fields fields(String name) throws BadFrame {
        return required(name, fieldsOrNull(name));
    }

    /** The array's elements; none when it is absent. */
    ArrayNode arrayOrEmpty(String name) throws BadFrame {
        JsonNode value = find(name);
        if (value == null) {
            return object.arrayNode();
        }
        if (value instanceof ArrayNode found) {
            return found;
        }
        throw wrong(name, "an array");
    }

    /** The objects of a required array. */
    List<Fields> objects(String name) throws BadFrame {
        required(name, find(name));
        List<Fields> found = new ArrayList<>();
        for (JsonNode element : arrayOrEmpty(name)) {
            if (!(element instanceof ObjectNode entry)) {
                throw wrong(name, "an array of objects");
            }
            found.add(new Fields(entry, prefix + name + "[].", reading));
        }
        return found;
    }

    List<String> textsOrEmpty(String name, int max) throws BadFrame {
        List<String> found = new ArrayList<>();
        for (JsonNode element : arrayOrEmpty(name)) {
            if (!element.isString() || found.size() == max) {
                throw wrong(name, "an array of at most " + max + " strings");
            }
            found.add(element.stringValue());
        }
        return found;
    }

    List<String> texts(String name, int max) throws BadFrame {
        required(name, find(name));
        return textsOrEmpty(name, max);
    }

    /** One of an enum's constants, in lower case on the wire. */
    <E extends Enum<E>> E constant(String name, Class<E> type) throws BadFrame {
        String text = text(name);
        for (E constant : type.getEnumConstants()) {
            if (Wire.name(constant).equals(text)) {
                return constant;
            }
        }
        List<String> names = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            names.add(Wire.name(constant));
        }
        throw wrong(name, "one of " + String.join(", ", names));
    }

    <T> T required(String name, @Nullable T value) throws BadFrame {
        if (value == null) {
            throw new BadFrame(ErrorFrameCode.BAD_FRAME, prefix + name + " is missing");
        }
        return value;
    }

    BadFrame wrong(String name, String form) {
        return new BadFrame(ErrorFrameCode.BAD_FRAME, prefix + name + " must be " + form);
    }

    private void outOfRange(String name, String form) throws BadFrame {
        switch (reading) {
            case Reading.Strict _ -> throw wrong(name, form);
            case Reading.Lenient(String type, var _, Drops drops) ->
                    drops.dropped(type, prefix + name);
        }
    }

    private @Nullable JsonNode find(String name) {
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? null : value;
    }
}
