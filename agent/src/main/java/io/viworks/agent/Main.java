package io.viworks.agent;

/** The agent's command line. */
public final class Main {
    public static void main(String[] args) {
        System.exit(2);
    }

    private Main() {}
}
