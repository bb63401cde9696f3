package lyceum.labs.run;

import static lyceum.labs.run.LabRunnerTest.dummy;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunStoreTest {

    private static LabResult result;

    @TempDir Path home;

    @BeforeAll static void runOnce() { result = new LabRunner().run(dummy("GoodLab"), e -> {}); }

    private static LabResult with(String slug, long seed, double seconds) {
        var r = result;
        return new LabResult(slug, r.lab(), r.title(), seed, r.params(), seconds, r.checks(), r.figures(), r.tables(), r.images(), r.said(),
                r.testMode(), r.version(), r.machine(), r.date());
    }

    @Test void resultsOutliveTheProcess() {
        var saved = new RunStore(home.resolve("runs")).save(result);
        assertThat(saved.warning()).isEmpty();
        var again = new RunStore(home.resolve("runs"));
        assertThat(again.find(saved.id()).orElseThrow().toJson()).isEqualTo(result.toJson());
        assertThat(again.latest(10)).singleElement().satisfies(r -> {
            assertThat(r.checks()).isEqualTo(4);
            assertThat(r.holding()).isEqualTo(4);
        });
        assertThat(again.last("k-means", result.params(), 1)).isPresent();
        assertThat(again.last("k-means", result.params(), 2)).isEmpty();
        assertThat(again.last("k-means", Map.of("k", 4), 1)).isEmpty();
    }

    @Test void newestComesFirstAndSlowestCountsTheLatestRunOfATopic() {
        var store = new RunStore(home);
        store.save(with("pca", 1, 9));
        store.save(with("pca", 1, 1));
        store.save(with("svd", 1, 3));
        assertThat(store.latest(2)).extracting(StoredRun::slug).containsExactly("svd", "pca");
        assertThat(store.slowest(5)).extracting(StoredRun::seconds).containsExactly(3.0, 1.0);
    }

    @Test void noPathFromOutsideReachesTheDisk() throws IOException {
        var store = new RunStore(home.resolve("runs"));
        store.save(result);
        Files.writeString(home.resolve("secret.json"), result.toJson());
        assertThat(store.find("../secret")).isEmpty();
        assertThat(store.find("/etc/passwd")).isEmpty();
        assertThat(store.find("")).isEmpty();
        assertThat(store.find("0123456789abcdef01234567")).isEmpty();
    }

    @Test void folderThatCannotBeMadeCostsNoResult() throws IOException {
        var file = Files.createFile(home.resolve("file"));
        var store = new RunStore(file.resolve("runs"));
        var saved = store.save(result);
        assertThat(saved.warning()).startsWith("the run is not stored: ").contains(file.toString())
                .endsWith("It stays available until this process ends");
        assertThat(store.find(saved.id()).orElseThrow().toJson()).isEqualTo(result.toJson());
        assertThat(store.latest(1)).hasSize(1);
    }

    @Test void readOnlyFolderCostsNoResult() {
        var store = new RunStore(home, (file, text) -> {
            throw new FileSystemException(file.toString(), null, "Read-only file system");
        });
        var saved = store.save(result);
        assertThat(saved.warning())
                .isEqualTo("the run is not stored: " + home + ": Read-only file system. It stays available until this process ends");
        assertThat(store.find(saved.id())).isPresent();
    }

    @Test void fullDiskCostsNoResultAndLeavesNoHalfFile() throws IOException {
        var store = new RunStore(home, (file, text) -> {
            throw new IOException("No space left on device");
        });
        var saved = store.save(result);
        assertThat(saved.warning()).contains("No space left on device");
        assertThat(store.find(saved.id())).isPresent();
        try (var files = Files.list(home)) {
            assertThat(files).isEmpty();
        }
        for (int i = 0; i < 40; i++) {
            store.save(saying("x".repeat(1 << 20), i));
        }
        assertThat(store.latest(1000)).as("16 MB of them").hasSize(15);
    }

    private static LabResult saying(String text, long seed) {
        var r = result;
        return new LabResult(r.slug(), r.lab(), r.title(), seed, r.params(), 1, List.of(), List.of(), List.of(), List.of(), List.of(text),
                false, r.version(), r.machine(), r.date());
    }

    @Test void indexCutOffByACrashLosesOnlyItsLastLine() throws IOException {
        var saved = new RunStore(home).save(result);
        Files.writeString(home.resolve("runs.jsonl"), "{\"id\":\"0123", StandardOpenOption.APPEND);
        assertThat(new RunStore(home).latest(10)).extracting(StoredRun::id).containsExactly(saved.id());
    }

    @Test void lineCutOffByACrashDoesNotTakeTheNextOneAlong() throws IOException {
        var first = new RunStore(home).save(result);
        Files.writeString(home.resolve("runs.jsonl"), "{\"id\":\"0123", StandardOpenOption.APPEND);
        var second = new RunStore(home).save(with("pca", 2, 1));
        assertThat(new RunStore(home).latest(10)).extracting(StoredRun::id).containsExactly(second.id(), first.id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"slug\":", "null", "[]", "{}", "{\"figures\":[null]}", "\u0000"})
    void damagedFileCostsItselfAlone(
            String damaged) throws IOException {
        var store = new RunStore(home);
        var whole = store.save(with("pca", 2, 1));
        var saved = store.save(result);
        Files.writeString(home.resolve(saved.id() + ".json"), damaged);
        var again = new RunStore(home);
        assertThat(again.find(saved.id())).isEmpty();
        assertThat(again.latest(10)).extracting(StoredRun::id).containsExactly(whole.id());
        assertThat(again.find(whole.id())).isPresent();
    }

    @Test void resultWithoutAFigureOrADateIsNotFound() throws IOException {
        var store = new RunStore(home);
        for (var damaged : List.of(result.toJson().replaceFirst("\"figures\":\\[\\{", "\"figures\":[null,{"),
                result.toJson().replaceFirst(",\"date\":\"[^\"]*\"", ""))) {
            assertThat(damaged).isNotEqualTo(result.toJson());
            var saved = store.save(result);
            Files.writeString(home.resolve(saved.id() + ".json"), damaged);
            assertThat(store.find(saved.id())).isEmpty();
        }
    }

    @Test void byteThatIsNoUtf8AndLinesWithoutADateCostTheirLinesAlone() throws IOException {
        var first = new RunStore(home).save(result);
        Files.write(home.resolve("runs.jsonl"), new byte[] {(byte) 0xff, '\n'}, StandardOpenOption.APPEND);
        Files.writeString(home.resolve("runs.jsonl"), "null\n{\"id\":\"0123456789abcdef01234567\"}\n", StandardOpenOption.APPEND);
        var second = new RunStore(home).save(with("pca", 2, 1));
        assertThat(new RunStore(home).latest(10)).extracting(StoredRun::id).containsExactly(second.id(), first.id());
        assertThat(new RunStore(home).slowest(10)).hasSize(2);
    }

    @Test void twoStudiosThatForgetAtOnceLoseNoRunAndLeaveNoFile() throws Exception {
        var stores = List.of(new RunStore(home), new RunStore(home));
        try (var together = Executors.newFixedThreadPool(2)) {
            for (int s = 0; s < 2; s++) {
                int mine = s;
                together.submit(() -> {
                    for (int i = 0; i < 650; i++) {
                        assertThat(stores.get(mine).save(with("pca", 2L * i + mine, 1)).warning()).isEmpty();
                    }
                });
            }
        }
        var kept = new RunStore(home).latest(10_000);
        assertThat(kept).hasSizeBetween(1_000, 1_200).allSatisfy(run -> assertThat(home.resolve(run.id() + ".json")).exists());
        try (var files = Files.list(home)) {
            assertThat(files.filter(f -> f.toString().endsWith(".json"))).hasSize(kept.size());
        }
    }

    @Test void oldestRunsAreForgotten() throws IOException {
        var store = new RunStore(home);
        for (int i = 0; i < 1_250; i++) {
            store.save(with("pca", i, 1));
        }
        try (var files = Files.list(home)) {
            assertThat(files.count()).isLessThan(1_202);
        }
        assertThat(new RunStore(home).latest(1)).extracting(StoredRun::seed).containsExactly(1_249L);
    }
}
