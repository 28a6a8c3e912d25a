package io.viworks.agent.process;

/**
 * One line of the process table: the first fields of {@code /proc/<pid>/stat} (proc_pid_stat(5)).
 *
 * @param state one letter; {@code Z} and {@code X} are dead already
 */
record ProcessEntry(long pid, char state, long parent, long group, long session) {
    /**
     * Reads the text of a {@code stat} file.
     *
     * @throws IllegalArgumentException when it is not one
     */
    static ProcessEntry parse(String stat) {
        int open = stat.indexOf('(');
        int close = stat.lastIndexOf(')'); // a program may have parentheses in its name
        if (open < 1 || close < open) {
            throw new IllegalArgumentException("not a stat file: no program name in parentheses");
        }
        String[] fields = stat.substring(close + 1).trim().split(" ", 5);
        if (fields.length < 4 || fields[0].length() != 1) {
            throw new IllegalArgumentException("not a stat file: fewer than six fields");
        }
        return new ProcessEntry(
                Long.parseLong(stat.substring(0, open).trim()),
                fields[0].charAt(0),
                Long.parseLong(fields[1]),
                Long.parseLong(fields[2]),
                Long.parseLong(fields[3]));
    }

    boolean alive() {
        return state != 'Z' && state != 'X';
    }
}
