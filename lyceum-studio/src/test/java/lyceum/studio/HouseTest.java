package lyceum.studio;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The house as the code stands: floors see only what is below, packages have no cycles, the incubator module and Jackson stay where they belong. */
class HouseTest {
    private static final JavaClasses CLASSES = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("lyceum");

    /** Packages of each floor, from the ground up. Those of one floor do not see each other, but for stats, which uses data and plot. */
    private static final List<List<String>> FLOORS = List.of(
            List.of("lyceum", "lyceum.memory", "lyceum.backend..", "lyceum.tensor..", "lyceum.autograd..", "lyceum.linalg..",
                    "lyceum.random..", "lyceum.optim..", "lyceum.format..", "lyceum.progress.."),
            List.of("lyceum.plot..", "lyceum.data..", "lyceum.stats..", "lyceum.prob..", "lyceum.info.."),
            List.of("lyceum.nn..", "lyceum.train.."), List.of("lyceum.learn..", "lyceum.text..", "lyceum.retrieval..", "lyceum.models.."),
            List.of("lyceum.llm.."), List.of("lyceum.serve.."), List.of("lyceum.labs.."), List.of("lyceum.studio.."));

    @Test void everythingIsInTheHouse() { assertThat(CLASSES).hasSizeGreaterThan(300); }

    @Test void floorsSeeOnlyWhatIsBelow() {
        for (int floor = 0; floor < FLOORS.size(); floor++) {
            var above = FLOORS.subList(floor + 1, FLOORS.size()).stream().flatMap(List::stream).toArray(String[]::new);
            if (above.length == 0) continue;
            noClasses().that().resideInAnyPackage(FLOORS.get(floor).toArray(String[]::new)).should().dependOnClassesThat()
                    .resideInAnyPackage(above).check(CLASSES);
        }
        noClasses().that().resideInAPackage("lyceum.plot..").should().dependOnClassesThat()
                .resideInAnyPackage("lyceum.data..", "lyceum.stats..", "lyceum.prob..", "lyceum.info..").check(CLASSES);
        noClasses().that().resideInAPackage("lyceum.data..").should().dependOnClassesThat()
                .resideInAnyPackage("lyceum.stats..", "lyceum.prob..", "lyceum.info..").check(CLASSES);
    }

    @Test void packagesHaveNoCycles() { slices().matching("lyceum.(**)").should().beFreeOfCycles().check(CLASSES); }

    @Test void theIncubatorModuleIsUsedByTheVectorBackendAlone() {
        noClasses().that().resideOutsideOfPackage("lyceum.backend.vector").should().dependOnClassesThat()
                .resideInAPackage("jdk.incubator..").check(CLASSES);
    }

    @Test void noJavaSerialization() {
        noClasses().should().dependOnClassesThat().haveFullyQualifiedName("java.io.ObjectInputStream").orShould().dependOnClassesThat()
                .haveFullyQualifiedName("java.io.ObjectOutputStream").check(CLASSES);
    }

    @Test void nothingAboveTheBackendKnowsHowItComputes() {
        noClasses().that()
                .resideInAnyPackage("lyceum.nn..", "lyceum.learn..", "lyceum.stats..", "lyceum.data..", "lyceum.optim..",
                        "lyceum.autograd..")
                .should().dependOnClassesThat().resideInAnyPackage("lyceum.backend.vector..", "lyceum.backend.x86..").check(CLASSES);
    }

    @Test void librariesOfTheUpperFloorsStayThere() {
        noClasses().that().resideOutsideOfPackages("lyceum.studio..", "lyceum.serve.http").should().dependOnClassesThat()
                .resideInAnyPackage("io.javalin..", "picocli..", "gg.jte..", "org.jline..").check(CLASSES);
        noClasses().that()
                .resideInAnyPackage("lyceum.memory..", "lyceum.tensor..", "lyceum.backend..", "lyceum.linalg..", "lyceum.random..").should()
                .dependOnClassesThat().resideInAPackage("tools.jackson..").check(CLASSES);
    }
}
