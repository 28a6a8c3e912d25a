package io.viworks.admin.paging;

import java.util.Set;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.filter.FilteringGeneratorDelegate;
import tools.jackson.core.filter.TokenFilter;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;

/** Writes a page, of each item only the members that were asked for. */
final class PageSerializer extends ValueSerializer<Page<?>> {
    @Override
    public void serialize(Page<?> page, JsonGenerator json, SerializationContext context) {
        json.writeStartObject();
        json.writeName("items");
        json.writeStartArray();
        for (Object item : page.items()) {
            item(item, page.only(), json, context);
        }
        json.writeEndArray();
        json.writeName("next_cursor");
        context.writeValue(json, page.nextCursor());
        if (page.total() != null) {
            json.writeName("total");
            context.writeValue(json, page.total());
            json.writeName("total_exact");
            context.writeValue(json, page.totalExact());
        }
        json.writeEndObject();
    }

    private static void item(
            Object item, Set<String> only, JsonGenerator json, SerializationContext context) {
        if (only.isEmpty()) {
            context.writeValue(json, item);
            return;
        }
        JsonGenerator some =
                new FilteringGeneratorDelegate(
                        json, new Members(only), TokenFilter.Inclusion.INCLUDE_ALL_AND_PATH, true);
        context.findTypedValueSerializer(item.getClass(), true).serialize(item, some, context);
    }

    /** Lets the named members of the outermost object through, whole. */
    private static final class Members extends TokenFilter {
        private final Set<String> names;

        Members(Set<String> names) {
            this.names = names;
        }

        @Override
        public @org.jspecify.annotations.Nullable TokenFilter includeProperty(String name) {
            return names.contains(name) ? TokenFilter.INCLUDE_ALL : null;
        }
    }
}
