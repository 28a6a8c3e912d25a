package io.viworks.bench;

/** Something that is measured against a floor, by a name of its own. */
public interface Scenario {
    /** As the command line names it. */
    String name();

    /** The section of the page it writes with these options: as a rule its own name. */
    default String section(Options options) {
        return name();
    }

    /** One line for whoever asks what there is. */
    String about();

    /**
     * Measures.
     *
     * @param options what the command line asked for, by name; a scenario refuses names it does not
     *     know
     * @return the section of the page, in Markdown, below its heading
     */
    String measure(Options options) throws Exception;
}
