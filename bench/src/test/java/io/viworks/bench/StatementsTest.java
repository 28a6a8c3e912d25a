package io.viworks.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StatementsTest {
    @Test
    void partsStatementsButNotTheBodyOfABlock() {
        assertThat(
                        Statements.of(
                                """
                                -- About; this file.
                                select 1;

                                do $$
                                begin
                                    perform 1;
                                end
                                $$;
                                vacuum analyze os_gateways;
                                """))
                .hasSize(3)
                .satisfies(found -> {
                    assertThat(found.getFirst()).endsWith("select 1");
                    assertThat(found.get(1)).contains("perform 1;").endsWith("$$");
                    assertThat(found.getLast()).isEqualTo("vacuum analyze os_gateways");
                });
    }
}
