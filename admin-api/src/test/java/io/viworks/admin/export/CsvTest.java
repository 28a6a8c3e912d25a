package io.viworks.admin.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CsvTest {
    private static String line(@Nullable Object... cells) throws IOException {
        StringBuilder out = new StringBuilder();
        List<@Nullable Object> row = Arrays.asList(cells);
        new Csv(out).row(row);
        return out.toString();
    }

    @Test
    void quotesWhatRfc4180WantsQuotedAndNothingElse() throws IOException {
        assertThat(line("a", null, "", 7, true)).isEqualTo("a,,,7,true\r\n");
        assertThat(line("a,b", "say \"hi\"", "two\nlines", "cr\rhere"))
                .isEqualTo("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"cr\rhere\"\r\n");
    }

    @Test
    void takesTheFormulaOutOfATextAndLeavesNumbersAlone() throws IOException {
        for (String formula : List.of("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx")) {
            assertThat(line(formula)).isEqualTo("\"'" + formula + "\"\r\n");
        }
        assertThat(line("=cmd|'/c calc'!\"A1\"")).isEqualTo("\"'=cmd|'/c calc'!\"\"A1\"\"\"\r\n");
        assertThat(line(-7, "a=b", "x-y")).isEqualTo("-7,a=b,x-y\r\n");
    }

    @Test
    void spellsOutWhatATerminalWouldActOn() throws IOException {
        assertThat(line("a\u001b[2Jb\u202ec")).isEqualTo("a\\u001B[2Jb\\u202Ec\r\n");
    }
}
