package io.viworks.conformance.monitoring;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The headings of a document, as a link into it names them. */
final class RunbookPlaces {
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.+)$");

    private RunbookPlaces() {}

    /** As {@code RUNBOOK.md#anchor}, the anchors as sites that show Markdown make them. */
    static Set<String> of(Path document) {
        return HEADING.matcher(Monitoring.text(document))
                .results()
                .map(heading -> heading.group(1).strip().toLowerCase(Locale.ROOT))
                .map(text -> text.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
                .map(anchor -> document.getFileName() + "#" + anchor)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
