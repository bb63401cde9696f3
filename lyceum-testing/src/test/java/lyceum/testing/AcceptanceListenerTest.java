package lyceum.testing;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class AcceptanceListenerTest {

    @TempDir Path target;

    /** Runs only through {@link #run}. */
    static class Cases {
        @Test
        @Acceptance(topic = "k-means", clause = {1, 3})
        @Acceptance(topic = "pca", clause = 2) void passes() {
            Evidence.of("gap", 1e-12, below(1e-9));
            Evidence.that("rows in order", true);
        }

        @Test
        @Acceptance(topic = "k-means", clause = 2) void fails() { throw new AssertionError("planted"); }

        @RepeatedTest(3)
        @Acceptance(topic = "svd", clause = 1) void failsOnce(RepetitionInfo repetition) {
            Evidence.of("run", repetition.getCurrentRepetition() % 2, exactly(1));
        }

        @Test
        @Acceptance(topic = "svd", clause = 2) void skips() { Assumptions.abort(); }

        @Test
        @Tag("heavy")
        @Acceptance(topic = "svd", clause = 3) void heavy() { Evidence.of("heavy work", 1, exactly(1)); }

        @Test void noAcceptance() { Evidence.of("dropped", 2, exactly(2)); }

        @Test
        @Acceptance(topic = "lu", clause = 1) void asksForNoEvidence() { assertThat(1).isOne(); }

        @Test
        @Acceptance(topic = "lu", clause = 2)
        @Acceptance(topic = "lu", clause = 3) void asksForNoneTwice() { assertThat(1).isOne(); }
    }

    /** Fails before its test can run. */
    static class Broken {
        @BeforeAll static void fail() { throw new IllegalStateException("planted"); }

        @Test
        @Acceptance(topic = "qr", clause = 1) void neverRuns() { assertThat(1).isOne(); }
    }

    private List<AcceptanceRecord> run(Class<?> cases) throws IOException {
        var file = target.resolve("acceptance.jsonl");
        var launcher = LauncherFactory.create(LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build());
        launcher.execute(LauncherDiscoveryRequestBuilder.request().selectors(DiscoverySelectors.selectClass(cases)).build(),
                new AcceptanceListener(file));
        return AcceptanceFile.read(file);
    }

    private static AcceptanceRecord only(List<AcceptanceRecord> records, String topic, int clause) {
        assertThat(records).filteredOn(r -> r.topic().equals(topic) && r.clause() == clause).hasSize(1);
        return records.stream().filter(r -> r.topic().equals(topic) && r.clause() == clause).findFirst().orElseThrow();
    }

    @Test void everyClauseOfEveryTestIsRecordedOnce() throws IOException {
        var records = run(Cases.class);
        assertThat(records).hasSize(9);
        var passed = only(records, "k-means", 3);
        assertThat(passed.holds()).isTrue();
        assertThat(passed.test()).isEqualTo(Cases.class.getName() + "#passes");
        assertThat(passed.measured()).containsExactly(new Evidence.Entry("gap", 1e-12, "below 1e-9"),
                new Evidence.Entry("rows in order", 1, "true"));
        assertThat(only(records, "pca", 2).holds()).isTrue();
        assertThat(only(records, "k-means", 2).holds()).isFalse();
        assertThat(only(records, "svd", 3).test()).startsWith("heavy:");
    }

    @Test void testHoldsWhenAllItsInvocationsDo() throws IOException {
        var record = only(run(Cases.class), "svd", 1);
        assertThat(record.holds()).isFalse();
        assertThat(record.measured()).hasSize(3);
    }

    @Test void testThatClaimsAClauseAndRecordsNothingFails() throws IOException {
        var records = run(Cases.class);
        assertThat(only(records, "lu", 1).holds()).isFalse();
        assertThat(only(records, "lu", 3).holds()).isFalse();
    }

    @Test void testThatCouldNotRunDoesNotHold() throws IOException { assertThat(only(run(Broken.class), "qr", 1).holds()).isFalse(); }

    @Test void laterRunReplacesItsOwnLinesAndKeepsTheOthers() throws IOException {
        run(Broken.class);
        assertThat(run(Cases.class)).hasSize(10);
        assertThat(run(Cases.class)).hasSize(10);
    }

    @Test void linesOfTestsThatAreGoneAreDropped() throws IOException {
        var file = target.resolve("acceptance.jsonl");
        var gone = new AcceptanceRecord("pca", 1, "lyceum.Gone#test", true, List.of(), 0);
        var renamed = new AcceptanceRecord("pca", 1, Cases.class.getName() + "#old", true, List.of(), 0);
        var otherClause = new AcceptanceRecord("pca", 9, Cases.class.getName() + "#passes", true, List.of(), 0);
        var lab = new AcceptanceRecord("pca", 1, "lab:lyceum.labs.X/gap", true, List.of(), 0);
        AcceptanceFile.merge(file, List.of(gone, renamed, otherClause, lab));
        AcceptanceFile.merge(file, List.of(new AcceptanceRecord("svd", 1, "lab:y", true, List.of(), 0)));
        assertThat(AcceptanceFile.read(file)).extracting(AcceptanceRecord::test).containsExactly("lab:lyceum.labs.X/gap", "lab:y");
        AcceptanceFile.replace(file, t -> t.startsWith("lab:lyceum.labs.X/"), List.of());
        assertThat(AcceptanceFile.read(file)).extracting(AcceptanceRecord::test).containsExactly("lab:y");
    }

    @Test void thisVeryModuleIsRecordedByTheServiceLoader() {
        var found = ServiceLoader.load(TestExecutionListener.class).stream().map(p -> p.type().getName()).toList();
        assertThat(found).contains(AcceptanceListener.class.getName());
        assertThat(Files.isDirectory(Path.of("target"))).isEqualTo(AcceptanceFile.ofThisModule() != null);
    }
}
