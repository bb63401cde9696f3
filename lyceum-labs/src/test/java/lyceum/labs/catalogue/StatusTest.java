package lyceum.labs.catalogue;

import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lyceum.testing.Acceptance;
import lyceum.testing.AcceptanceListener;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class StatusTest {

    private static final Catalogue CATALOGUE = Catalogue.of(
            List.of(topic(1, "mean", "it is right", "it is robust"), topic(2, "median", "it is right"), topic(3, "mode", "it is right")));
    private static final Article WITH_LAB = new Article("mean", Map.of("lab", "lyceum.labs.dummy.GoodLab"), "text");

    @TempDir Path root;

    private static Topic topic(int number, String slug, String... clauses) {
        return new Topic(number, slug, slug, "concept", "core", "Area", "beginner", "", List.of(), List.of(), List.of(), List.of(clauses));
    }

    private static LedgerEntry entry(String topic, int clause, boolean holds, String value) {
        return new LedgerEntry(topic, clause, "MeanTest#a" + clause, holds, value, "2026-01-01", "cpu", "abc");
    }

    private static TopicStatus mean(List<LedgerEntry> entries) {
        return StatusBoard.of(CATALOGUE, Ledger.of(entries), slug -> slug.equals("mean") ? Optional.of(WITH_LAB) : Optional.empty())
                .of("mean");
    }

    @Test void topicWorksWhenArticleLabAndEveryClauseStand() {
        var status = mean(List.of(entry("mean", 1, true, ""), entry("mean", 2, true, "")));
        assertThat(status.status()).isEqualTo(Status.WORKS);
        assertThat(status.left()).isEmpty();
    }

    @Test void missingAndFailingClausesAreNamed() {
        assertThat(mean(List.of(entry("mean", 1, true, ""))).left()).isEqualTo("clause 2 unchecked");
        assertThat(mean(List.of(entry("mean", 1, false, ""), entry("mean", 2, true, ""))).left()).isEqualTo("clause 1 fails");
        assertThat(mean(List.of()).left()).isEqualTo("clauses 1, 2 unchecked");
        assertThat(mean(List.of()).status()).isEqualTo(Status.PARTIAL);
    }

    @Test void topicWithNothingButAnArticleIsPlanned() {
        var status = StatusBoard.of(CATALOGUE, Ledger.of(List.of()), slug -> Optional.of(new Article(slug, Map.of(), "text"))).of("median");
        assertThat(status.status()).isEqualTo(Status.PLANNED);
        assertThat(status.left()).isEqualTo("no lab, clause 1 unchecked");
    }

    @Test void amendedClausesAreSaidAndCountedApart() {
        var article = Article.parse("mean",
                "---\nlab: lyceum.labs.dummy.GoodLab\namended:\n  - 2: it is nearly robust | It breaks at one in two.\n---\ntext");
        var board = StatusBoard.of(CATALOGUE, Ledger.of(List.of(entry("mean", 1, true, ""), entry("mean", 2, true, ""))),
                slug -> slug.equals("mean") ? Optional.of(article) : Optional.empty());
        assertThat(board.of("mean").words()).isEqualTo("works, 1 clause amended");
        assertThat(board.of("mean").amendment(2)).contains(new Amendment(2, "it is nearly robust", "It breaks at one in two."));
        assertThat(board.of("mean").amendment(1)).isEmpty();
        assertThat(board.of("median").words()).isEqualTo("planned");
        assertThat(board.amended()).extracting(s -> s.topic().slug()).containsExactly("mean");
    }

    @Test void oneFailingCheckOfAClauseIsEnough() {
        var other = new LedgerEntry("mean", 1, "lab:x/y", false, "", "", "", "");
        assertThat(mean(List.of(entry("mean", 1, true, ""), other, entry("mean", 2, true, ""))).failing()).containsExactly(1);
    }

    @Test void boardCountsByStatusAndGroup() {
        var board = StatusBoard.of(CATALOGUE,
                Ledger.of(List.of(entry("mean", 1, true, ""), entry("mean", 2, true, ""), entry("median", 1, true, ""))),
                slug -> slug.equals("mean") ? Optional.of(WITH_LAB) : Optional.empty());
        assertThat(board.counts()).isEqualTo(Map.of(Status.WORKS, 1, Status.PARTIAL, 1, Status.PLANNED, 1));
        assertThat(board.countsBy(Topic::area)).isEqualTo(Map.of("Area", board.counts()));
        assertThat(board.of("median").left()).isEqualTo("no article, no lab");
    }

    @Test void boardOfWhatLyceumShipsCoversEveryTopic() { assertThat(StatusBoard.load().all()).hasSize(757); }

    @Test void ledgerChangesOnlyWhenVerdictOrValueDoesMaterially() {
        var ledger = Ledger.of(List.of(entry("mean", 1, true, "gap 4.4e-12"), entry("mean", 2, true, "accuracy 0.91")));
        var later = "2027-01-01";
        var same = List.of(new LedgerEntry("mean", 1, "MeanTest#a1", true, "gap 8e-13", later, "other", "def"),
                new LedgerEntry("mean", 2, "MeanTest#a2", true, "accuracy 0.9", later, "other", "def"));
        assertThat(ledger.merged(same).toJson()).isEqualTo(ledger.toJson());
        assertThat(ledger.merged(List.of(entry("mean", 2, true, "accuracy 0.71"))).of("mean").getLast().value()).isEqualTo("accuracy 0.71");
        assertThat(ledger.merged(List.of(entry("mean", 1, false, "gap 4.4e-12"))).of("mean").getFirst().holds()).isFalse();
        var bounded = Ledger.of(List.of(entry("mean", 1, true, "gap 4.4e-12 (below 1e-8)")));
        assertThat(bounded.merged(List.of(entry("mean", 1, true, "gap 8e-13 (below 1e-8)"))).toJson()).isEqualTo(bounded.toJson());
        assertThat(bounded.merged(List.of(entry("mean", 1, true, "gap 4.4e-12 (below 1e-9)"))).of("mean").getFirst().value())
                .endsWith("(below 1e-9)");
        assertThat(Ledger.parse(ledger.toJson()).entries()).isEqualTo(ledger.entries());
        assertThat(ledger.toJson().lines()).hasSize(4);
    }

    @Test void measuredNumbersReadAsWords() {
        assertThat(Seen.words(List.of(new Seen.Number("gap", 4.4444e-12, "below 1e-9")))).isEqualTo("gap 4.44e-12 (below 1e-9)");
        assertThat(Seen.words(List.of(new Seen.Number("gap", 1e-12, "below 1e-9"), new Seen.Number("gap", 3e-12, "below 1e-9"),
                new Seen.Number("value", 2, null), new Seen.Number("ranks are kept", 1, "true"))))
                .isEqualTo("gap 1e-12 to 3e-12 (below 1e-9), 2, ranks are kept");
        assertThat(Seen.words(List.of())).isEmpty();
    }

    /** The unit under test, with a fault that can be planted. */
    static final class Mean {
        static boolean fault;

        static double of(double... x) { return Arrays.stream(x).sum() / (fault ? x.length - 1 : x.length); }
    }

    /** Runs only through {@link #run}. */
    @Tag("planted")
    static class PlantedCase {
        @Test
        @Acceptance(topic = "mean", clause = 1) void meanOfOneTwoThreeIsTwo() { Evidence.of("mean", Mean.of(1, 2, 3), exactly(2)); }

        @Test
        @Tag("heavy")
        @Acceptance(topic = "mean", clause = 2) void constantStays() {
            Evidence.that("the mean of a constant is finite", Double.isFinite(Mean.of(4)));
        }
    }

    private void run(boolean fault) {
        Mean.fault = fault;
        var file = root.resolve("lyceum-x/target/acceptance.jsonl");
        var launcher = LauncherFactory.create(LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build());
        launcher.execute(LauncherDiscoveryRequestBuilder.request().selectors(DiscoverySelectors.selectClass(PlantedCase.class)).build(),
                new AcceptanceListener(file));
        Mean.fault = false;
    }

    /** An empty ledger, in which the topic of each test belongs to a module. */
    private LedgerFolder ledger() throws IOException {
        Files.createDirectories(root.resolve("lyceum-x/target"));
        return new LedgerFolder(Files.createDirectories(root.resolve(LedgerFolder.PLACE)), slug -> slug.equals("mean") ? "stats" : "core");
    }

    @Test void ledgerHasAFileForEachModuleAndTouchesOnlyThoseThatChange() throws IOException {
        var files = ledger();
        var entries = Ledger.of(List.of(entry("mean", 1, true, "gap 1"), entry("median", 1, true, "gap 2")));
        assertThat(files.write(entries)).isTrue();
        assertThat(files.folder()).isDirectoryContaining("glob:**/core.json").isDirectoryContaining("glob:**/stats.json");
        assertThat(files.read().entries()).isEqualTo(entries.entries());
        var before = Files.getLastModifiedTime(files.folder().resolve("core.json"));
        assertThat(files.write(entries)).isFalse();
        assertThat(files.write(entries.merged(List.of(entry("mean", 1, true, "gap 3"))))).isTrue();
        assertThat(Files.getLastModifiedTime(files.folder().resolve("core.json"))).isEqualTo(before);
        assertThat(files.write(entries.without(e -> e.topic().equals("median")))).isTrue();
        assertThat(files.folder().resolve("core.json")).doesNotExist();
    }

    @Test void plantedFaultTurnsItsTopicToPartial() throws IOException {
        var ledger = ledger();
        var out = new ByteArrayOutputStream();
        var update = new LedgerUpdate(root, ledger, new PrintStream(out, true, StandardCharsets.UTF_8));

        run(false);
        update.write(true);
        var works = mean(ledger.read().entries());
        assertThat(works.status()).isEqualTo(Status.WORKS);
        assertThat(works.checks().getFirst().value()).isEqualTo("mean 2 (exactly 2)");
        assertThat(update.check()).isTrue();

        run(true);
        assertThat(update.check()).isFalse();
        update.write(true);
        var partial = mean(ledger.read().entries());
        assertThat(partial.status()).isEqualTo(Status.PARTIAL);
        assertThat(partial.left()).isEqualTo("clauses 1, 2 fail");
        assertThat(out.toString(StandardCharsets.UTF_8)).contains(
                "ledger: mean clause 1, claimed by " + PlantedCase.class.getName() + "#meanOfOneTwoThreeIsTwo, fails now", "2 fail");
    }

    @Test void claimThatNobodyRepeatsIsFoundUnlessItIsHeavy() throws IOException {
        var ledger = ledger();
        var out = new ByteArrayOutputStream();
        var update = new LedgerUpdate(root, ledger, new PrintStream(out, true, StandardCharsets.UTF_8));
        run(false);
        update.write(false);
        Files.delete(root.resolve("lyceum-x/target/acceptance.jsonl"));
        assertThat(update.check()).isFalse();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("mean clause 1").contains("did not run").doesNotContain("mean clause 2");
        update.write(true);
        assertThat(update.check()).isTrue();
        assertThat(out.toString(StandardCharsets.UTF_8)).endsWith("ledger: 0 checks ran, 1 stand, 0 fail\n");
    }
}
