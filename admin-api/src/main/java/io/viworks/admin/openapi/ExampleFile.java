package io.viworks.admin.openapi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The examples that lie beside a class: {@code Name.examples.json} in its package. */
final class ExampleFile {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ExampleFile() {}

    /** The file as maps, lists, texts and numbers; empty when there is none. */
    static Map<String, Object> beside(Class<?> type) {
        try (InputStream file = type.getResourceAsStream(type.getSimpleName() + ".examples.json")) {
            if (file == null) {
                return Map.of();
            }
            return JSON.readValue(file, new TypeReference<LinkedHashMap<String, Object>>() {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
