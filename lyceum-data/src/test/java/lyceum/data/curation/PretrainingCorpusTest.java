package lyceum.data.curation;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.Shards;
import lyceum.data.dedup.Contamination;
import lyceum.data.dedup.ShingleSets;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** One dirtied corpus and one build of it, looked at from several sides. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PretrainingCorpusTest {
    @TempDir static Path folder;

    private final List<Document> dirty = new ArrayList<>();
    private final Map<String, String> copyOf = new HashMap<>();
    private final List<CurationPipeline.Rejection> rejections = new ArrayList<>();
    private PretrainingCorpus recipe;
    private PretrainingCorpus.Build build;
    private List<Document> kept;
    private List<Document> good;

    private static Set<String> shingles(String text) { return ShingleSets.of(text, 5); }

    @BeforeAll void dirtyAndBuild() throws IOException {
        var rng = Rng.of(11);
        good = CurationPipelineTest.good();
        var sentences = CurationPipelineTest.sentences(good);
        dirty.addAll(good);
        int copies = (int) (0.2 * good.size());
        for (int i = 0; i < copies;) {
            var original = good.get(rng.nextInt(good.size()));
            var text = original.text();
            if (i % 2 == 1) {
                var words = text.split(" ");
                for (int e = Math.max(1, (int) (words.length * (0.004 + 0.016 * rng.nextDouble()))); e > 0; e--)
                    words[rng.nextInt(words.length)] = "altered" + e;
                text = String.join(" ", words);
                double j = ShingleSets.jaccard(shingles(original.text()), shingles(text));
                if (j < 0.8 || j > 0.95) continue;
            }
            copyOf.put("copy-" + i, original.id());
            dirty.add(original.withId("copy-" + i++).withText(text));
        }
        for (int i = 0; i < (int) (0.1 * good.size()); i++) dirty.add(Document.of("spam-" + i, Junk.spam(rng, 1, sentences)));
        for (int i = 0; i < (int) (0.05 * good.size()); i++) dirty.add(Document.of("boilerplate-" + i, Junk.boilerplate(rng)));
        Collections.shuffle(dirty, new Random(11));
        var known = new ArrayList<Document>();
        for (int i = 0; i < 200; i++) known.add(Document.of("s" + i, Junk.spam(rng, 0, sentences)));
        var scorer = QualityClassifier.train(Corpora.brown().limit(150), Corpus.of(known), 1);
        recipe = new PretrainingCorpus(CurationPipeline.standard("en").then(ScoreFilter.atLeast("quality", scorer, 0.3)))
                .withShardBytes(1 << 20);
        build = recipe.build(Map.of("web", Corpus.of(dirty)), folder.resolve("whole"), rejections::add, Progress.SILENT);
        kept = Shards.read(folder.resolve("whole/shards")).toList();
    }

    private Set<String> keptIds() { return new HashSet<>(kept.stream().map(d -> d.id().substring("web/".length())).toList()); }

    @Test
    @Acceptance(topic = "pretraining-corpus", clause = 1) void copiesAndSpamGoAndGoodTextStays() {
        var ids = keptIds();
        long copies = 0, spam = 0, spamKept = 0, lost = 0;
        for (var entry : copyOf.entrySet()) if (ids.contains(entry.getKey()) && ids.contains(entry.getValue())) copies++;
        for (var document : dirty) if (document.id().startsWith("spam-")) {
            spam++;
            if (ids.contains(document.id())) spamKept++;
        }
        var survives = new HashSet<String>();
        for (var id : ids) survives.add(copyOf.getOrDefault(id, id));
        for (var document : good) if (!survives.contains(document.id())) lost++;
        Evidence.of("copies planted over good documents", copyOf.size() / (double) good.size(), atLeast(0.199));
        Evidence.of("share of copies removed", 1 - copies / (double) copyOf.size(), atLeast(0.98));
        Evidence.of("share of spam removed", 1 - spamKept / (double) spam, atLeast(0.90));
        Evidence.of("share of good documents lost with all their copies", lost / (double) good.size(), atMost(0.03));
        assertThat(ids).noneMatch(id -> id.startsWith("boilerplate"));
    }

    @Test
    @Acceptance(topic = "pretraining-corpus", clause = 2) void documentsBalanceAtEveryStage() {
        long in = dirty.size(), apart = 0, stages = 0;
        for (var stage : build.report().stages()) {
            apart += Math.abs(stage.in() - in);
            long told = rejections.stream().filter(r -> r.stage().equals(stage.name())).count();
            apart += Math.abs(told - stage.dropped());
            in -= told;
            stages++;
        }
        apart += Math.abs(build.report().documentsOut() - in) + Math.abs(kept.size() - in) + Math.abs(build.manifest().documents() - in);
        Evidence.of("stages", stages, exactly(7));
        Evidence.of("rejected documents", rejections.size(), above(500));
        Evidence.of("documents unaccounted for, all stages together", apart, exactly(0));
        var ids = keptIds();
        assertThat(rejections).allMatch(r -> !ids.contains(r.document().id().substring(4)) && !r.reason().isBlank());
        assertThat(folder.resolve("whole/account.txt")).content().contains(build.manifest().hash());
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "pretraining-corpus", clause = 3) void theManifestIsTheSameForOneAndForFourWorkers() throws IOException {
        var hashes = new HashSet<String>();
        for (int threads : new int[] {1, 4}) {
            var result = ForkedJvm.of(PretrainingMain.class).withFlags("-Dlyceum.threads=" + threads)
                    .withArguments(folder.resolve("forked" + threads).toString()).run();
            assertThat(result.exitCode()).as(result.output()).isZero();
            hashes.addAll(result.output().lines().filter(line -> line.startsWith("manifest ")).toList());
        }
        Evidence.of("manifest hashes of 1 and 4 workers", hashes.size(), exactly(1));
        assertThat(hashes).containsExactly("manifest " + PretrainingMain.hash(folder.resolve("here")));
    }

    @Test
    @Acceptance(topic = "pretraining-corpus", clause = 4) void aModelOfCleanTextPredictsBetterThanOneOfAsMuchDirty() {
        var ids = new HashSet<String>();
        for (var part : good) if (part.id().hashCode() % 5 == 0) ids.add(part.id());
        var train = new ArrayList<Document>();
        for (var document : dirty) if (!ids.contains(copyOf.getOrDefault(document.id(), document.id()))) train.add(document);
        var clean = Corpus.of(kept).filter(d -> !ids.contains(copyOf.getOrDefault(d.id().substring(4), d.id().substring(4))));
        var heldOut = Corpus.of(good).filter(d -> ids.contains(d.id()));
        var shuffled = new ArrayList<>(clean.toList());
        Collections.shuffle(shuffled, new Random(1));
        long words = 900_000;
        var onClean = NgramModel.train(Corpus.of(shuffled), 5, words);
        var onDirty = NgramModel.train(Corpus.of(train), 5, words);
        Evidence.of("words that the one learned less words that the other did", onClean.words() - onDirty.words(), exactly(0));
        Evidence.of("words", onClean.words(), exactly(words));
        Evidence.of("held-out perplexity of clean over dirty", onClean.perplexity(heldOut) / onDirty.perplexity(heldOut), atMost(0.99));
    }

    @Test void weightsDrawTheSourcesByTokensAndNoMoreOftenThanAllowed() {
        var build = new PretrainingCorpus(new CurationPipeline()).withWeights(Map.of("a", 0.5, "b", 0.5)).withTokens(100_000)
                .withMostEpochs(2).withHeldOut(Contamination.of(Corpora.brown().limit(1), 13))
                .build(Map.of("a", Corpora.brown().limit(40), "b", Corpora.kingJames().limit(20), "c", Corpora.brown().domain("humor")),
                        folder.resolve("mixed"));
        assertThat(build.report().stages().getLast().rules()).containsEntry("contamination", 1L);
        assertThat(build.drawn()).containsEntry("b", 40L).containsEntry("c", 0L);
        assertThat(build.drawn().get("a")).isBetween(30L, 45L);
        assertThatThrownBy(() -> recipe.withWeights(Map.of("x", 1.0)).build(Map.of("a", Corpora.brown()), folder.resolve("no")))
                .hasMessageContaining("'x'");
        assertThatThrownBy(() -> recipe.withShardBytes(0)).hasMessageContaining("0 bytes a shard");
        assertThat(Files.exists(folder.resolve("no/shards"))).isFalse();
    }
}
