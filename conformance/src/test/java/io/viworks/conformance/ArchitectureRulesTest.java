package io.viworks.conformance;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows and habits of ARCHITECTURE.md and STYLE.md, held over the classes of all modules. */
@AnalyzeClasses(packages = "io.viworks", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureRulesTest {
    @ArchTest
    static final ArchRule arrowsPointOneWay =
            layeredArchitecture()
                    .consideringOnlyDependenciesInAnyPackage("io.viworks..")
                    .layer("protocol")
                    .definedBy("io.viworks.protocol..")
                    .layer("backplane")
                    .definedBy("io.viworks.backplane..")
                    .layer("ledger")
                    .definedBy("io.viworks.ledger..")
                    .layer("schema")
                    .definedBy("io.viworks.schema..")
                    .layer("service")
                    .definedBy("io.viworks.service..")
                    .layer("embedded")
                    .definedBy("io.viworks.embedded..")
                    .layer("testkit")
                    .definedBy("io.viworks.testkit..")
                    .layer("patience")
                    .definedBy("io.viworks.patience..")
                    .layer("bridge")
                    .definedBy("io.viworks.bridge..")
                    .layer("telemetry")
                    .definedBy("io.viworks.telemetry..")
                    .layer("results")
                    .definedBy("io.viworks.results..")
                    .layer("admin")
                    .definedBy("io.viworks.admin..")
                    .layer("agent")
                    .definedBy("io.viworks.agent..")
                    .layer("launcher")
                    .definedBy("io.viworks.launcher..")
                    .layer("cli")
                    .definedBy("io.viworks.cli..")
                    .whereLayer("bridge")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("telemetry")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("results")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("admin")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("agent")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("launcher")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("testkit")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("patience")
                    .mayOnlyBeAccessedByLayers("testkit")
                    .whereLayer("cli")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("cli")
                    .mayNotAccessAnyLayer()
                    .whereLayer("protocol")
                    .mayNotAccessAnyLayer()
                    .whereLayer("backplane")
                    .mayOnlyAccessLayers("protocol")
                    .whereLayer("ledger")
                    .mayOnlyAccessLayers("protocol", "backplane")
                    .whereLayer("schema")
                    .mayNotAccessAnyLayer()
                    .whereLayer("service")
                    .mayOnlyAccessLayers("protocol")
                    .whereLayer("embedded")
                    .mayNotAccessAnyLayer()
                    .whereLayer("agent")
                    .mayOnlyAccessLayers("protocol")
                    .whereLayer("bridge")
                    .mayOnlyAccessLayers("protocol", "backplane", "service")
                    .whereLayer("launcher")
                    .mayOnlyAccessLayers("embedded", "schema", "backplane", "protocol");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.viworks.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onlyTheBackplaneKnowsRedis =
            noClasses()
                    .that(not(resideInAnyPackage("io.viworks.backplane..", "io.viworks.testkit..")))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("io.lettuce..", "org.springframework.data.redis..");

    @ArchTest
    static final ArchRule protocolAndAgentKnowNoSpring =
            noClasses()
                    .that()
                    .resideInAnyPackage(
                            "io.viworks.protocol..",
                            "io.viworks.agent..",
                            "io.viworks.backplane..",
                            "io.viworks.schema..",
                            "io.viworks.embedded..",
                            "io.viworks.launcher..",
                            "io.viworks.cli..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.springframework..");

    @ArchTest
    static final ArchRule theBridgeHasNoDatabase =
            noClasses()
                    .that()
                    .resideInAPackage("io.viworks.bridge..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "java.sql..",
                            "javax.sql..",
                            "org.postgresql..",
                            "jakarta.persistence..");

    @ArchTest
    static final ArchRule theBridgeNeverBlocksOnAReactiveType =
            noClasses()
                    .that()
                    .resideInAPackage("io.viworks.bridge..")
                    .should()
                    .callMethodWhere(
                            describe(
                                    "waits on a reactive type",
                                    call -> {
                                        AccessTarget target = call.getTarget();
                                        return target.getOwner()
                                                        .getPackageName()
                                                        .startsWith("reactor.")
                                                && target.getName().startsWith("block");
                                    }));

    @ArchTest
    static final ArchRule oneJackson =
            noClasses()
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("com.fasterxml.jackson.databind..", "com.google.gson..");

    @ArchTest
    static final ArchRule noFieldInjection =
            noFields()
                    .should()
                    .beAnnotatedWith("org.springframework.beans.factory.annotation.Autowired")
                    .orShould()
                    .beAnnotatedWith("org.springframework.beans.factory.annotation.Value")
                    .orShould()
                    .beAnnotatedWith("jakarta.inject.Inject");

    @ArchTest
    static final ArchRule timeIsAnArgument =
            noClasses()
                    .that()
                    .resideInAnyPackage("io.viworks.protocol..", "io.viworks.ledger..")
                    .should()
                    .callMethod(java.time.Instant.class, "now")
                    .orShould()
                    .callMethod(System.class, "currentTimeMillis");

    @ArchTest
    static final ArchRule namesSayWhatAThingIs =
            noClasses()
                    .should()
                    .haveSimpleNameEndingWith("Util")
                    .orShould()
                    .haveSimpleNameEndingWith("Utils")
                    .orShould()
                    .haveSimpleNameEndingWith("Helper")
                    .orShould()
                    .haveSimpleNameEndingWith("Impl")
                    .orShould()
                    .haveSimpleNameEndingWith("Processor");

    @ArchTest
    static final ArchRule packagesAreNullMarked =
            classes()
                    .that()
                    .resideInAPackage("io.viworks..")
                    .should(BeInANullMarkedPackage.CONDITION);

    @ArchTest
    static final ArchRule nobodyPrintsBesideTheLog =
            noClasses()
                    .that()
                    .resideInAnyPackage(
                            "io.viworks.bridge..",
                            "io.viworks.telemetry..",
                            "io.viworks.results..",
                            "io.viworks.admin..",
                            "io.viworks.backplane..",
                            "io.viworks.ledger..")
                    .should()
                    .accessField(System.class, "out")
                    .orShould()
                    .accessField(System.class, "err");
}
