package io.viworks.cli;

/** The words are wrong; the message says what would be right. */
final class Misunderstood extends Exception {
    private static final long serialVersionUID = 1;

    private final String sentence;

    Misunderstood(String sentence) {
        super(sentence);
        this.sentence = sentence;
    }

    String sentence() {
        return sentence;
    }
}
