package lyceum.data.dedup;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import lyceum.LyceumException;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.dedup.Deduplication.Reason;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DeduplicatorTest {

    static List<Document> texts() {
        var all = new ArrayList<>(Corpora.brown().toList());
        all.addAll(Corpora.kingJames().toList());
        return all;
    }

    private static Set<String> shingles(String text) { return ShingleSets.of(text, 5); }

    static String edited(String text, Rng rng, double share) {
        var words = text.split(" ");
        int edits = Math.max(1, (int) (share * words.length));
        for (int e = 0; e < edits; e++) words[rng.nextInt(words.length)] = "edited" + rng.nextInt(1000);
        return String.join(" ", words);
    }

    @Test
    @Acceptance(topic = "pretraining-dedup", clause = 1) void plantedCopiesAreFoundAndClustersHoldLikeTextsOnly() {
        var rng = Rng.of(1);
        var documents = texts();
        var texts = new HashMap<String, Set<String>>();
        for (var document : documents) texts.put(document.id(), shingles(document.text()));
        int originals = documents.size();
        var copies = new ArrayList<String[]>();
        for (int i = 0; i < 500; i++) {
            var original = documents.get(rng.nextInt(originals));
            copies.add(new String[] {original.id(), "exact" + i});
            documents.add(original.withId("exact" + i));
            texts.put("exact" + i, texts.get(original.id()));
        }
        double least = 1;
        for (int i = 0; i < 500;) {
            var original = documents.get(rng.nextInt(originals));
            var copy = edited(original.text(), rng, 0.002 + 0.02 * rng.nextDouble());
            var set = shingles(copy);
            double j = ShingleSets.jaccard(texts.get(original.id()), set);
            if (j < 0.8) continue;
            least = Math.min(least, j);
            copies.add(new String[] {original.id(), "near" + i});
            documents.add(original.withId("near" + i).withText(copy));
            texts.put("near" + i++, set);
        }
        var result = new Deduplicator().deduplicate(Corpus.of(documents));
        var cluster = result.clusterOf();
        double exact = 0, near = 0;
        for (int c = 0; c < 1000; c++) {
            boolean together = cluster.containsKey(copies.get(c)[0]) && cluster.get(copies.get(c)[0]).equals(cluster.get(copies.get(c)[1]));
            if (together && c < 500) exact++;
            else if (together) near++;
        }
        int pairs = 0, unlike = 0;
        for (var members : result.clusters()) for (int i = 0; i < members.size(); i++) for (int j = 0; j < i; j++) {
            pairs++;
            if (ShingleSets.jaccard(texts.get(members.get(i)), texts.get(members.get(j))) < 0.5) unlike++;
        }
        Evidence.of("least Jaccard similarity of a near copy", least, atLeast(0.8));
        Evidence.of("recall of exact copies", exact / 500, exactly(1));
        Evidence.of("recall of near copies", near / 500, atLeast(0.95));
        Evidence.of("pairs in clusters", pairs, above(1000));
        Evidence.of("of them below 0.5", unlike / (double) pairs, atMost(0.005));
        var gone = result.droppedIds();
        assertThat(result.kept().toList()).hasSize(documents.size() - gone.size()).noneMatch(d -> gone.contains(d.id()));
        long left = result.kept().toList().stream().mapToLong(Document::bytes).sum();
        assertThat(result.report().bytes() - result.report().bytesRemoved()).isEqualTo(left);
        assertThat(result.dropped().stream().filter(d -> d.reason() == Reason.EXACT).count()).isGreaterThanOrEqualTo(490);
    }

    @Test
    @Acceptance(topic = "pretraining-dedup", clause = 2) void repeatsOfTheSuffixArrayAreThoseOfBruteForceOnTwentyKilobytes() {
        var text = Corpora.kingJames().limit(6).toList().stream().map(Document::text).reduce("", String::concat).substring(0, 17_000);
        text += text.substring(300, 1500) + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + text.substring(9000, 9100);
        text += text.substring(0, 20_000 - text.length());
        var tokens = text.chars().toArray();
        var array = SuffixArray.of(tokens);
        int wrong = 0, repeated = 0;
        for (int length : new int[] {8, 20, 50}) {
            var first = array.firstOccurrences(length);
            for (int i = 0; i < tokens.length; i++) {
                int earliest = -1;
                if (i + length <= tokens.length) {
                    int j = 0;
                    while (!Arrays.equals(tokens, i, i + length, tokens, j, j + length)) j++;
                    boolean elsewhere = j < i;
                    for (int k = i + 1; !elsewhere && k + length <= tokens.length; k++)
                        elsewhere = tokens[k] == tokens[i] && Arrays.equals(tokens, i, i + length, tokens, k, k + length);
                    if (elsewhere) earliest = j;
                }
                if (first[i] != earliest) wrong++;
                if (earliest >= 0) repeated++;
            }
        }
        Evidence.of("bytes", tokens.length, exactly(20_000));
        Evidence.of("places of repeats", repeated, above(10_000));
        Evidence.of("places that differ from brute force", wrong, exactly(0));
    }

    @Test void suffixesAreSorted() {
        var rng = Rng.of(3);
        for (int n : new int[] {0, 1, 2, 7, 300}) {
            var tokens = rng.ints(n, -2, 2).toArray();
            var order = SuffixArray.of(tokens).order();
            var common = SuffixArray.of(tokens).common();
            for (int i = 1; i < n; i++) {
                assertThat(Arrays.compare(tokens, order[i - 1], n, tokens, order[i], n)).isNegative();
                int h = Arrays.mismatch(tokens, order[i - 1], n, tokens, order[i], n);
                assertThat(common[i]).isEqualTo(h);
            }
        }
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "pretraining-dedup", clause = 4) void keptTextsDependNeitherOnOrderNorOnThreads() {
        var here = DeduplicatorMain.lines(0);
        var other = DeduplicatorMain.lines(1);
        int runs = 0, differ = 0;
        for (int threads : new int[] {1, 2, 5}) {
            var result = ForkedJvm.of(DeduplicatorMain.class).withFlags("-Dlyceum.threads=" + threads).withArguments("" + (2 + threads))
                    .run();
            assertThat(result.exitCode()).as(result.output()).isZero();
            var lines = result.output().lines().filter(line -> line.startsWith("kept ")).toList();
            assertThat(lines).hasSameSizeAs(here);
            runs++;
            for (int i = 0; i < lines.size(); i++) if (!lines.get(i).equals(here.get(i))) differ++;
        }
        Evidence.of("runs of 1, 2 and 5 threads, each in another order", runs, exactly(3));
        Evidence.of("answers that differ from this JVM's", differ, exactly(0));
        Evidence.of("answers of another order here that differ", here.equals(other) ? 0 : 1, exactly(0));
        assertThat(here.stream().distinct().count()).as("kinds give different answers").isEqualTo(here.size());
    }

    @Test void repeatedRunsAreCutAllButOnce() {
        var rng = Rng.of(5);
        var shared = words(rng, 60);
        var documents = new ArrayList<Document>();
        for (int i = 0; i < 4; i++) documents.add(Document.of("d" + i, words(rng, 80) + ".\n" + shared + ".\n" + words(rng, 30)));
        documents.add(Document.of("alone", words(rng, 200)));
        var result = new Deduplicator().withRun(50).deduplicate(Corpus.of(documents));
        assertThat(result.dropped()).isEmpty();
        assertThat(result.cuts()).hasSize(3);
        assertThat(result.kept().toList().stream().filter(d -> d.text().contains(shared)).count()).isEqualTo(1);
        assertThat(result.report().spanBytes()).isEqualTo(3L * shared.length());
        assertThat(new Deduplicator().withRun(61).deduplicate(Corpus.of(documents)).cuts()).isEmpty();
        var again = new Deduplicator().withRun(50).deduplicate(result.kept());
        assertThat(again.cuts()).isEmpty();
    }

    private static String words(Rng rng, int n) {
        var text = new StringBuilder();
        for (int i = 0; i < n; i++) text.append(i == 0 ? "" : " ").append("w").append(rng.nextInt(100_000));
        return text.toString();
    }

    @Test void theRuleOfOnesOwnDecidesWhatStays() {
        var text = words(Rng.of(6), 100);
        var documents = List.of(Document.of("long", text + " tail").with("score", "1"), Document.of("short", text).with("score", "9"),
                Document.of("copy", text).with("score", "5"));
        var plain = new Deduplicator().deduplicate(Corpus.of(documents));
        assertThat(plain.clusters()).containsExactly(List.of("long", "copy", "short"));
        var scored = new Deduplicator().withKeep(Comparator.comparing(d -> d.metadata().get("score"))).deduplicate(Corpus.of(documents));
        assertThat(scored.clusters()).containsExactly(List.of("short", "copy", "long"));
        assertThat(scored.dropped()).extracting(Deduplication.Dropped::reason).containsExactly(Reason.NEAR, Reason.EXACT);
        assertThat(scored.dropped().getFirst().similarity()).isBetween(0.9, 0.999);
        assertThat(new Deduplicator().withVerify(Deduplicator.Verify.ESTIMATE).deduplicate(Corpus.of(documents)).clusters()).hasSize(1);
        assertThat(new Deduplicator().withThreshold(1).deduplicate(Corpus.of(documents)).clusters())
                .containsExactly(List.of("copy", "short"));
    }

    @Test void badInputIsRefusedAndLongWorkStops() {
        var twice = Corpus.of(List.of(Document.of("a", "x"), Document.of("a", "y")));
        assertThatThrownBy(() -> new Deduplicator().deduplicate(twice)).isInstanceOf(LyceumException.class)
                .hasMessageContaining("the id 'a'");
        assertThatThrownBy(() -> new Deduplicator().withThreshold(0)).hasMessageContaining("threshold is 0");
        assertThatThrownBy(() -> new Deduplicator().deduplicate(Corpora.brown(), ((Progress) update -> {}).stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
        assertThat(new Deduplicator().deduplicate(Corpus.of(List.of())).report().documents()).isZero();
    }

    @Test void aSharedRunWithTheTestSetIsContamination() {
        var rng = Rng.of(8);
        String item = words(rng, 40), brief = "what is two plus two";
        var contamination = Contamination.of(Corpus.of(List.of(Document.of("t", item), Document.of("b", brief))), 13);
        assertThat(contamination.shared(words(rng, 500))).isNull();
        var shared = item.split(" ");
        assertThat(contamination.shared(words(rng, 50) + " " + String.join(" ", Arrays.copyOfRange(shared, 5, 18)) + " end"))
                .isEqualTo(String.join(" ", Arrays.copyOfRange(shared, 5, 18)));
        assertThat(contamination.shared(words(rng, 50) + " " + String.join(" ", Arrays.copyOfRange(shared, 5, 17)))).isNull();
        assertThat(contamination.shared("He asked: What is two plus two?")).isEqualTo("What is two plus two");
    }
}
