package io.viworks.cli;

import java.util.ArrayList;
import java.util.List;

/** Rows in columns as wide as they need to be; cells are made harmless here. For one thread. */
final class Table {
    /** Longest cell in characters; longer ones end in an ellipsis. */
    private static final int MAX_CELL = 64;

    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();

    Table(String... heads) {
        rows.add(List.of(heads));
    }

    /** Adds a row; a cell without text is shown as a dash. */
    void row(String... cells) {
        List<String> row = new ArrayList<>();
        for (String cell : cells) {
            row.add(cell.isEmpty() ? "-" : cut(Harmless.cell(cell)));
        }
        rows.add(row);
    }

    boolean isEmpty() {
        return rows.size() == 1;
    }

    @Override
    public String toString() {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], length(row.get(i)));
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                String cell = row.get(i);
                line.append(cell).repeat(' ', widths[i] - length(cell)).append(GAP);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private static String cut(String cell) {
        return length(cell) <= MAX_CELL
                ? cell
                : cell.substring(0, cell.offsetByCodePoints(0, MAX_CELL - 1)) + "…";
    }

    private static int length(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
