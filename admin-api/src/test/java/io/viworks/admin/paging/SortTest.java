package io.viworks.admin.paging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SortTest {
    private static final Sort.Choice SORTS =
            Sort.choice(
                    "-at",
                    SortColumn.of("id", "t.id", Kind.UUID),
                    SortColumn.of("at", "t.at", Kind.INSTANT),
                    SortColumn.nullable("load", "t.load", Kind.NUMBER));

    @Test
    void namesTheKnownOrdersToWhoAsksForAnother() {
        assertThat(SORTS.of(null)).isEqualTo(SORTS.of("-at"));
        for (String unknown : List.of("", "-", "--at", "At", "at ", "t.at", "at desc")) {
            Refusal refusal = catchThrowableOfType(Refusal.class, () -> SORTS.of(unknown));
            assertThat(refusal.code()).isEqualTo(ProblemCode.BAD_PARAMETER);
            assertThat(Objects.requireNonNull(refusal.problem().errors()).getFirst())
                    .satisfies(error -> assertThat(error.parameter()).isEqualTo("sort"))
                    .satisfies(error -> assertThat(error.message()).contains("id, at, load"));
        }
    }

    @Test
    void readsRowsWithoutAValueBehindAllOthersInEitherDirection() {
        assertThat(SORTS.of("-load").orderBy()).isEqualTo("t.load desc nulls last, t.id desc");
        assertThat(SORTS.of("id").orderBy()).isEqualTo("t.id asc");
        assertThat(SORTS.of("load").runs(null).stream().map(Sort.Run::condition))
                .containsExactly("t.load is not null", "t.load is null");
        assertThat(SORTS.of("at").runs(null)).hasSize(1);
        assertThat(SORTS.of("id").runs(null)).hasSize(1);
        Sort.Place last = new Sort.Place(null, "11111111-1111-4111-8111-111111111111");
        assertThat(SORTS.of("-load").runs(last).stream().map(Sort.Run::condition))
                .containsExactly("t.load is null and t.id < :page_id");
        assertThatThrownBy(() -> SORTS.of("at").runs(last)).isInstanceOf(Refusal.class);
    }

    @ParameterizedTest
    @CsvSource({
        "INSTANT, yesterday",
        "INSTANT, +1000000000-12-31T23:59:59Z",
        "INSTANT, -0044-03-15T12:00:00Z",
        "NUMBER, many",
        "WHOLE, 9223372036854775808",
        "UUID, 1-2"
    })
    void refusesACursorWithAValueThatNoRowCanHave(Kind kind, String text) {
        assertThatThrownBy(() -> kind.parameter(text))
                .isInstanceOfSatisfying(
                        Refusal.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(ProblemCode.BAD_CURSOR));
        assertThatThrownBy(() -> Kind.TEXT.parameter("a\0b")).isInstanceOf(Refusal.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "plain", "100%", "%1F", "%251F", "a\u001fb", "Größe 😀", "%25\u001f"})
    void carriesAnyTextInACursor(String value) {
        Cursor cursor = new Cursor("list", List.of("v", value, "id"));
        assertThat(Cursor.parse(cursor.text(), "list", 3)).isEqualTo(cursor);
    }

    @Test
    void showsTheIdWhateverIsAskedForAndNamesTheMembersToWhoAsksForAnother() {
        Fields fields = new Fields(List.of("agent_id", "site", "last_seen"), List.of("agent_id"));
        assertThat(fields.of(null)).isEmpty();
        assertThat(fields.of("last_seen")).containsExactlyInAnyOrder("agent_id", "last_seen");
        for (String wrong : List.of("", "site,", "site, last_seen", "lastSeen", "telemetry.cpu")) {
            Refusal refusal = catchThrowableOfType(Refusal.class, () -> fields.of(wrong));
            assertThat(refusal.code()).as(wrong).isEqualTo(ProblemCode.BAD_PARAMETER);
            assertThat(Objects.requireNonNull(refusal.problem().errors()).getFirst().message())
                    .contains("agent_id, site, last_seen");
        }
    }

    @Test
    void saysHowManyThereAreExactlyUpToTheLimitOfCounting() {
        assertThat(Total.of(Total.MAX)).isEqualTo(new Total(Total.MAX, true));
        assertThat(Total.of(Total.MAX + 1)).isEqualTo(new Total(Total.MAX, false));
    }
}
