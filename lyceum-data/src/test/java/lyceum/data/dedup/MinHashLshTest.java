package lyceum.data.dedup;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Set;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MinHashLshTest {
    @TempDir Path folder;

    /** Two sets of random hashes with {@code both} in common and {@code each} of their own. */
    private static long[][] pair(Rng rng, int both, int first, int second) {
        long[] a = new long[both + first], b = new long[both + second];
        for (int i = 0; i < both; i++) a[i] = b[i] = rng.nextLong();
        for (int i = both; i < a.length; i++) a[i] = rng.nextLong();
        for (int i = both; i < b.length; i++) b[i] = rng.nextLong();
        return new long[][] {a, b};
    }

    @Test
    @Acceptance(topic = "minhash-lsh", clause = 1) void estimatesHaveNoBiasAndTheStandardErrorOfTheTheory() {
        var rng = Rng.of(1);
        int pairs = 500, k = 256;
        double sum = 0, squares = 0, expected = 0, standardised = 0;
        for (int p = 0; p < pairs; p++) {
            int both = 20 + rng.nextInt(300), first = 10 + rng.nextInt(200), second = 10 + rng.nextInt(200);
            double j = both / (double) (both + first + second);
            var sets = pair(rng, both, first, second);
            var signer = new MinHash(k, 1000 + p).signer();
            double error = MinHash.similarity(signer.sign(sets[0]), signer.sign(sets[1])) - j;
            sum += error;
            squares += error * error;
            expected += j * (1 - j) / k;
            standardised += error * error / (j * (1 - j) / k);
        }
        double mean = sum / pairs, rmse = Math.sqrt(squares / pairs);
        Evidence.of("mean signed error in standard errors", Math.abs(mean) / (rmse / Math.sqrt(pairs)), atMost(3));
        Evidence.of("RMSE over sqrt(J(1-J)/k)", rmse / Math.sqrt(expected / pairs), between(0.85, 1.15));
        Evidence.of("the same with each pair over its own", Math.sqrt(standardised / pairs), between(0.85, 1.15));
    }

    @Test void onePermutationHasNoBiasEither() {
        var rng = Rng.of(2);
        for (int size : new int[] {20, 200, 3000}) {
            double sum = 0, squares = 0;
            int pairs = 400;
            for (int p = 0; p < pairs; p++) {
                var sets = pair(rng, size, size / 2, size / 2);
                var signer = new MinHash(256, MinHash.Scheme.ONE_PERMUTATION, p).signer();
                double error = MinHash.similarity(signer.sign(sets[0]), signer.sign(sets[1])) - 0.5;
                sum += error;
                squares += error * error;
            }
            double rmse = Math.sqrt(squares / pairs);
            assertThat(Math.abs(sum / pairs)).as("bias at sets of " + size).isLessThan(3 * rmse / Math.sqrt(pairs));
            assertThat(rmse).isLessThan(size == 20 ? 0.12 : 0.045);
        }
    }

    @Test
    @Acceptance(topic = "minhash-lsh", clause = 2) void candidatesAreFoundAtTheRateOfTheSCurve() {
        var rng = Rng.of(3);
        double worst = 0;
        int settings = 0, pairs = 0;
        for (int tenth = 1; tenth <= 9; tenth++) {
            int found = 0;
            for (int seed = 0; seed < 100; seed++) {
                try (var index = new MinHashLsh(20, 5).withSeed(100L * tenth + seed).index()) {
                    for (int p = 0; p < 100; p++) {
                        int own = 10 - tenth;
                        for (var set : pair(rng, 4 * tenth, 2 * own, 2 * own)) index.add(set);
                        pairs++;
                    }
                    for (long candidate : index.candidates()) {
                        int a = (int) (candidate >>> 32), b = (int) candidate;
                        if (a % 2 == 0 && b == a + 1) found++;
                    }
                }
            }
            double s = tenth / 10.0, theory = 1 - Math.pow(1 - Math.pow(s, 5), 20);
            worst = Math.max(worst, Math.abs(found / 10_000.0 - theory));
            settings++;
        }
        Evidence.of("similarities", settings, exactly(9));
        Evidence.of("pairs in all", pairs, exactly(90_000));
        Evidence.of("largest distance of a measured candidate rate from 1-(1-s^r)^b", worst, below(0.03));
    }

    private static Set<String> shingles(String text) { return ShingleSets.of(text, 5); }

    @Test
    @Acceptance(topic = "minhash-lsh", clause = 3) void plantedNearDuplicatesAreFoundWithFewComparisonsAndNoneIsKept() {
        var rng = Rng.of(4);
        var documents = new ArrayList<Document>();
        var lines = Corpora.brown().toList().stream().flatMap(d -> d.text().lines()).toList();
        for (int at = 0; documents.size() < 18_000; at += 3)
            documents.add(Document.of("d" + documents.size(),
                    String.join("\n", lines.subList(at % (lines.size() - 3), at % (lines.size() - 3) + 3))));
        int planted = 0;
        var sets = new HashMap<String, Set<String>>();
        for (var document : documents) sets.put(document.id(), shingles(document.text()));
        var pairs = new ArrayList<String[]>();
        while (planted < 2000) {
            var original = documents.get(rng.nextInt(18_000));
            var copy = edited(original.text(), rng);
            var set = shingles(copy);
            double j = ShingleSets.jaccard(sets.get(original.id()), set);
            if (j < 0.8 || j == 1) continue;
            var id = "copy" + planted++;
            documents.add(Document.of(id, copy));
            sets.put(id, set);
            pairs.add(new String[] {original.id(), id});
        }
        var result = new Deduplicator().deduplicate(Corpus.of(documents));
        var cluster = result.clusterOf();
        long together = pairs.stream().filter(p -> cluster.containsKey(p[0]) && cluster.get(p[0]).equals(cluster.get(p[1]))).count();
        double all = documents.size() * (documents.size() - 1.0) / 2;
        Evidence.of("documents", documents.size(), exactly(20_000));
        Evidence.of("planted pairs in one cluster", together / 2000.0, atLeast(0.95));
        Evidence.of("pairs compared over all pairs", result.report().pairsCompared() / all, below(0.01));
        var gone = result.droppedIds();
        int above = 0, verified = 0;
        try (var index = new MinHashLsh(20, 5).index()) {
            for (var document : documents) index.add(Shingles.words(document.text(), 5));
            for (long candidate : index.candidates()) {
                var a = documents.get((int) (candidate >>> 32));
                var b = documents.get((int) candidate);
                if (ShingleSets.jaccard(sets.get(a.id()), sets.get(b.id())) < 0.8) continue;
                verified++;
                if (!gone.contains(a.id()) && !gone.contains(b.id())) above++;
            }
        }
        Evidence.of("verified pairs above the threshold", verified, above(1900));
        Evidence.of("of them with both kept", above, exactly(0));
    }

    private static String edited(String text, Rng rng) {
        var words = text.split(" ");
        for (int edits = 1 + rng.nextInt(3); edits > 0; edits--) words[rng.nextInt(words.length)] = "edited" + rng.nextInt(1000);
        return String.join(" ", words);
    }

    @Test void emptySetsAreNobodysCandidates() {
        try (var index = new MinHashLsh(4, 2).index()) {
            for (int i = 0; i < 50; i++) index.add(new long[0]);
            index.add(new long[] {1, 2, 3});
            index.add(new long[] {1, 2, 3});
            assertThat(index.candidates()).containsExactly(50L << 32 | 51);
            assertThat(index.similarity(0, 1)).isZero();
            assertThat(index.similarity(50, 51)).isEqualTo(1);
        }
        assertThat(new MinHash(8, 0).sign(new long[0])).isNull();
    }

    @Test void aFileHoldsTheSignaturesInPlaceOfMemory() {
        var rng = Rng.of(5);
        var sets = new long[6000][];
        for (int i = 0; i < sets.length; i++) sets[i] = i % 3 == 1 ? Arrays.copyOf(sets[i - 1], 19) : pair(rng, 20, 0, 0)[0];
        var file = folder.resolve("signatures");
        try (var inMemory = new MinHashLsh(10, 4).index(); var onDisk = new MinHashLsh(10, 4).withSpill(file).index()) {
            inMemory.addAll(sets);
            onDisk.addAll(sets);
            assertThat(onDisk.candidates()).isEqualTo(inMemory.candidates()).hasSizeGreaterThan(1500);
        }
        assertThat(Files.exists(file)).isFalse();
    }

    @Test void aLargeBucketDoesNotCostItsSquare() {
        try (var index = new MinHashLsh(5, 2).withMostBucket(10).index()) {
            for (int i = 0; i < 5000; i++) index.add(new long[] {7, 8, 9});
            var candidates = index.candidates();
            assertThat(candidates.length).isLessThan(10_000);
            var clusters = new Clusters(5000);
            for (long c : candidates) clusters.join((int) (c >>> 32), (int) c);
            assertThat(clusters.several()).hasSize(1);
        }
    }

    @Test void simHashTellsTheAngle() {
        var text = Corpora.brown().limit(1).toList().getFirst().text();
        assertThat(SimHash.cosine(SimHash.of(text), SimHash.of(text + " more words here"))).isGreaterThan(0.97);
        var other = Corpora.kingJames().limit(1).toList().getFirst().text();
        assertThat(SimHash.cosine(SimHash.of(text), SimHash.of(other)))
                .isLessThan(SimHash.cosine(SimHash.of(text), SimHash.of(text.substring(2000))));
    }

    @Test void bandsFollowTheThreshold() {
        var lsh = MinHashLsh.forThreshold(0.72, 112);
        assertThat(Math.abs(lsh.step() - 0.72)).isLessThan(0.02);
        assertThat(lsh.candidateProbability(0.9)).isGreaterThan(0.99);
        assertThatThrownBy(() -> new MinHashLsh(0, 5)).hasMessageContaining("0 bands of 5");
        assertThatThrownBy(() -> MinHashLsh.forThreshold(1.5, 10)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> MinHash.similarity(new int[2], new int[3])).hasMessageContaining("2 and 3");
    }

    @Test void jaccardIsThatOfTheSets() {
        var rng = Rng.of(6);
        for (int i = 0; i < 200; i++) {
            var a = rng.ints(1 + rng.nextInt(30), 0, 40).asLongStream().sorted().distinct().toArray();
            var b = rng.ints(1 + rng.nextInt(30), 0, 40).asLongStream().sorted().distinct().toArray();
            var both = new HashSet<>(Arrays.stream(a).boxed().toList());
            var union = new HashSet<>(both);
            var second = Arrays.stream(b).boxed().toList();
            both.retainAll(second);
            union.addAll(second);
            assertThat(Shingles.jaccard(a, b)).isEqualTo((double) both.size() / union.size());
        }
        assertThat(Shingles.words("The cat, the CAT.", 2)).hasSize(2);
        assertThat(Shingles.words("one", 5)).hasSize(1);
        assertThat(Shingles.words("?!", 5)).isEmpty();
        assertThat(Shingles.characters("abab", 2)).hasSize(2);
    }
}
