package io.viworks.admin.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.viworks.admin.sql.Conditions;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LabelSelectorTest {
    @Test
    void readsEachOfTheFourForms() {
        assertThat(LabelSelector.parse("tier=gold"))
                .isEqualTo(new LabelSelector.Is("tier", "gold"));
        assertThat(LabelSelector.parse("tier=a=b!=c"))
                .isEqualTo(new LabelSelector.Is("tier", "a=b!=c"));
        assertThat(LabelSelector.parse("tier=")).isEqualTo(new LabelSelector.Is("tier", ""));
        assertThat(LabelSelector.parse("tier!=gold"))
                .isEqualTo(new LabelSelector.IsNot("tier", "gold"));
        assertThat(LabelSelector.parse("tier")).isEqualTo(new LabelSelector.Has("tier"));
        assertThat(LabelSelector.parse("!tier")).isEqualTo(new LabelSelector.HasNot("tier"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "!", "!!a", "=a", "!=a", "!a=b", " ", "! "})
    void refusesWhatIsNoneOfThem(String text) {
        assertThatThrownBy(() -> LabelSelector.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("key!=value");
    }

    @Test
    void asksForAllOfThemAndNeverPutsAValueIntoTheText() {
        Conditions where = new Conditions();
        LabelSelector.addTo(
                where,
                LabelSelector.parseAll(
                        List.of("a=1", "b=\"'2", "c!=three", "d", "!e'", "c!=four")));
        assertThat(where.sql())
                .doesNotContain("'", "three")
                .contains("jsonb_exists", "not g.labels");
        assertThat(where.parameters())
                .containsEntry("labels", "{\"a\":\"1\",\"b\":\"\\\"'2\"}")
                .containsValues("{\"c\":\"three\"}", "{\"c\":\"four\"}", "d", "e'")
                .hasSize(5);
        Conditions never = new Conditions();
        LabelSelector.addTo(never, LabelSelector.parseAll(List.of("a=1", "a=2")));
        assertThat(never.sql()).contains("false");
        assertThatThrownBy(() -> LabelSelector.parseAll(Collections.nCopies(17, "a")))
                .hasMessageContaining("16");
    }
}
