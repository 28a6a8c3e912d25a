package io.viworks.agent.run;

import static io.viworks.agent.run.Commands.command;
import static io.viworks.agent.run.Commands.settings;
import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.frame.EncodedText;
import io.viworks.protocol.frame.Envelope;
import io.viworks.protocol.verb.VerbCatalogue;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyTest {
    private static final Set<String> RUNNABLE =
            Set.of(
                    "echo",
                    "get_service_status",
                    "create_panel_user",
                    "reload_service",
                    "spawn_container");
    private final Policy open = policy(settings());

    @Test
    void allowsWhatNothingSpeaksAgainst() {
        assertThat(open.check(command("echo", "{'message':'hi'}"))).isEmpty();
        assertThat(open.check(command("get_service_status", "{'unit':'ssh.service'}"))).isEmpty();
        assertThat(open.check(command("reload_service", "{'unit':'ssh.service'}"))).isEmpty();
        assertThat(open.check(command("spawn_container", "{'image':'alpine:3','name':'a'}")))
                .isEmpty();
    }

    @Test
    void refusesAVerbThatIsNoneAndOneItHasNoWayToRun() {
        assertRefused(
                command("rm_rf", "{}"),
                "VerbNotAllowed",
                "there is no such verb; here are create_panel_user, echo, get_service_status, "
                        + "reload_service, spawn_container");
        assertRefused(
                command("list_sessions", "{}"),
                "VerbNotAllowed",
                "this agent cannot run list_sessions; here are create_panel_user, echo, "
                        + "get_service_status, reload_service, spawn_container");
    }

    @Test
    void runsOnlyTheVerbsOfTheGatewaysOwnList() {
        Policy narrow = policy(settings(true, Set.of("echo", "list_sessions")));
        assertThat(narrow.verbs()).containsExactly("echo");
        assertThat(narrow.check(command("echo", "{'message':'hi'}"))).isEmpty();
        assertThat(narrow.check(command("get_service_status", "{'unit':'ssh.service'}")))
                .contains(
                        new Refusal(
                                "VerbNotAllowed",
                                "allowed_verbs of this gateway does not hold get_service_status;"
                                        + " here are echo"));
    }

    @Test
    void changesNothingWhereThatIsSwitchedOff() {
        Policy reading = policy(settings(false, Set.of()));
        assertThat(reading.verbs()).containsExactly("echo", "get_service_status");
        assertThat(reading.check(command("reload_service", "{'unit':'ssh.service'}")))
                .map(Refusal::code)
                .contains("LocalPolicy");
        assertThat(reading.check(command("echo", "{'message':'hi'}"))).isEmpty();
    }

    @Test
    void looksOnlyAtUnitsAndImagesOfTheList() {
        assertRefused(
                command("get_service_status", "{'unit':'ssh'}"),
                "LocalPolicy",
                "/unit must be in allowed_units of this gateway");
        assertRefused(
                command("spawn_container", "{'image':'alpine:3.1','name':'a'}"),
                "LocalPolicy",
                "/image must be in allowed_images of this gateway");
    }

    @Test
    void pointsAtWhatIsWrongWithoutTellingAnyValue() {
        assertRefused(command("echo", "{}"), "ValidationFailed", "/message is missing");
        assertRefused(
                command("echo", "{'message':17}"), "ValidationFailed", "/message must be a string");
        Envelope secret =
                command(
                        "create_panel_user",
                        "{'username':'Robert;drop','password':'hunter22\\nsecret','role':3}");
        assertThat(open.check(secret))
                .hasValueSatisfying(refusal -> {
                    assertThat(refusal.code()).isEqualTo("ValidationFailed");
                    assertThat(refusal.message())
                            .contains("/username", "/password", "/role")
                            .doesNotContain("Robert", "drop", "hunter", "secret");
                });
        assertThat(open.check(command("get_service_status", "{'unit':'--help'}")))
                .hasValueSatisfying(refusal ->
                        assertThat(refusal.message())
                                .startsWith("/unit must match")
                                .doesNotContain("help"));
    }

    @Test
    void keepsAReasonShortHoweverManyMistakesThereAre() {
        StringBuilder args = new StringBuilder("{'message':'hi'");
        for (int i = 0; i < 5_000; i++) {
            args.append(",'unknown").append(i).append("':1");
        }
        assertThat(open.check(command("echo", args + "}")))
                .hasValueSatisfying(refusal ->
                        assertThat(EncodedText.length(refusal.message()))
                                .isLessThanOrEqualTo(Policy.MAX_MESSAGE_BYTES));
    }

    private void assertRefused(Envelope envelope, String code, String message) {
        assertThat(open.check(envelope)).contains(new Refusal(code, message));
    }

    private static Policy policy(RunSettings settings) {
        return new Policy(settings, VerbCatalogue.standard(), RUNNABLE);
    }
}
