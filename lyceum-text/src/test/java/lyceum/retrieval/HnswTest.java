package lyceum.retrieval;

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
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.LongPredicate;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HnswTest {
    private static final String TOPIC = "hnsw";
    private static final int N = 10_000;
    private static final Clusters WORLD = Clusters.of(5, N, 200, 64, 100, 0.5, false);

    /** Made when first wanted. */
    private static final class World {
        static final Hnsw INDEX = filled(WORLD.vectors());
        static final List<List<VectorHit>> TRUTH = truth(WORLD.vectors(), WORLD.queries(), _ -> true);
    }

    private static Hnsw filled(float[][] vectors) {
        var index = new Hnsw(64, VectorMetric.L2);
        for (int i = 0; i < vectors.length; i++) index.add(i, vectors[i]);
        return index;
    }

    private static List<List<VectorHit>> truth(float[][] vectors, float[][] queries, LongPredicate filter) {
        var flat = new FlatIndex(64, VectorMetric.L2);
        for (int i = 0; i < vectors.length; i++) flat.add(i, vectors[i]);
        return Arrays.stream(queries).map(q -> flat.search(q, 10, filter)).toList();
    }

    /** Mean recall and computations. */
    private static double[] measured(Hnsw index, int ef) {
        long right = 0, computations = 0;
        for (int q = 0; q < 200; q++) {
            var found = index.find(WORLD.queries()[q], 10, ef, _ -> true);
            right += Math.round(10 * Clusters.recall(found.hits(), World.TRUTH.get(q)));
            computations += found.computations();
        }
        return new double[] {right / 2000.0, computations / 200.0};
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Acceptance(topic = TOPIC, clause = 2)
    @Tag("slow")
    @Test void fewComputationsFindNearlyAllAndMoreFindMore() {
        double[] at100 = measured(World.INDEX, 100);
        Evidence.of("recall@10 at ef 100 of 10,000 x 64 clustered vectors, 200 queries", at100[0], atLeast(0.95));
        Evidence.of("computations over those of brute force", at100[1] / N, atMost(0.3));
        double last = 0, fall = 0;
        for (int ef : new int[] {10, 20, 40, 70, 100, 150, 200, 300, 400}) {
            double recall = measured(World.INDEX, ef)[0];
            fall = Math.max(fall, last - recall);
            last = recall;
        }
        Evidence.of("largest fall of recall as ef goes 10..400", fall, exactly(0));
        Evidence.of("recall at ef = n", measured(World.INDEX, N)[0], exactly(1));
        Evidence.of("vectors of 2,000 with few links that ef = n reaches", reached(2, 4), exactly(2000));
        Evidence.of("vectors of 2,000 with more links that ef = n reaches", reached(6, 12), exactly(2000));
    }

    private static int reached(int m, int efConstruction) {
        var thin = new Hnsw(64, VectorMetric.L2, VectorEncoding.FLOAT32, m, efConstruction, 1);
        for (int i = 0; i < 2000; i++) thin.add(i, WORLD.vectors()[i]);
        var ids = new HashSet<Long>();
        for (var hit : thin.search(WORLD.queries()[0], 2000, 2000)) ids.add(hit.id());
        return ids.size();
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void workGrowsSlowlyAndLevelsAreGeometric() {
        var world = Clusters.of(6, 40_000, 200, 64, 100, 0.5, false);
        var index = new Hnsw(64, VectorMetric.L2);
        double last = 0, worst = 0;
        int doublings = 0;
        for (int size : new int[] {5000, 10_000, 20_000, 40_000}) {
            for (int i = index.nodes(); i < size; i++) index.add(i, world.vectors()[i]);
            double computations = 0;
            for (var query : world.queries()) computations += index.find(query, 10, 100, _ -> true).computations() / 200.0;
            if (last > 0) {
                worst = Math.max(worst, computations / last);
                doublings++;
            }
            last = computations;
        }
        Evidence.of("doublings from 5,000 to 40,000", doublings, exactly(3));
        Evidence.of("largest growth of computations by a doubling", worst, atMost(1.5));
        var counts = new int[4];
        for (int level : index.levels()) counts[Math.min(level, 3)]++;
        double chi = 0;
        for (int l = 0; l < 4; l++) {
            double expected = 40_000 * (Math.pow(16, -l) - (l < 3 ? Math.pow(16, -l - 1) : 0));
            chi += (counts[l] - expected) * (counts[l] - expected) / expected;
        }
        // the 99% point of chi-square with 3 degrees of freedom: p > 0.01
        Evidence.of("chi-square of 40,000 levels in four classes; p = 0.01 at 11.345", chi, atMost(11.345));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Tag("slow")
    @Test void deletingAndAddingAgainKeepsRecall() {
        var index = filled(WORLD.vectors());
        double before = measured(index, 100)[0];
        int[] order = Rng.of(7).permutation(N);
        for (int i = 0; i < 3000; i++) assertThat(index.remove(order[i])).isTrue();
        var gone = new HashSet<Long>();
        for (int i = 0; i < 3000; i++) gone.add((long) order[i]);
        int deleted = 0;
        for (var query : WORLD.queries()) for (var hit : index.search(query, 10, 100)) if (gone.contains(hit.id())) deleted++;
        Evidence.of("deleted vectors among the answers", deleted, exactly(0));
        for (int i = 0; i < 3000; i++) index.add(order[i], WORLD.vectors()[order[i]]);
        Evidence.of("vectors after deleting and adding 30%", index.size(), exactly(N));
        Evidence.of("change of recall@10", Math.abs(measured(index, 100)[0] - before), atMost(0.01));
        var compacted = index.compacted();
        assertThat(compacted.nodes()).isEqualTo(N);
        assertThat(index.nodes()).isEqualTo(13_000);
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Tag("slow")
    @Test void filteredAnswersMatch() {
        int answers = 0, wrong = 0;
        double least = 1;
        for (int part : new int[] {2, 10, 100, 2000}) {
            LongPredicate filter = id -> id % part == 1;
            var truth = truth(WORLD.vectors(), WORLD.queries(), filter);
            double recall = 0;
            for (int q = 0; q < 200; q++) {
                var hits = World.INDEX.find(WORLD.queries()[q], 10, 100, filter).hits();
                for (var hit : hits) if (!filter.test(hit.id())) wrong++;
                answers += hits.size();
                recall += Clusters.recall(hits, truth.get(q)) / 200;
            }
            least = Math.min(least, recall);
        }
        Evidence.of("answers under filters of a half to a 2000th", answers, exactly(200 * (10 + 10 + 10 + 5)));
        Evidence.of("answers that do not match", wrong, exactly(0));
        Evidence.of("least recall under a filter", least, atLeast(0.95));
    }

    @Acceptance(topic = TOPIC, clause = 7)
    @Test void reloadedIndexesAnswerAlike(@TempDir Path folder) throws IOException {
        int answers = 0, differing = 0;
        for (var encoding : VectorEncoding.values()) {
            for (var metric : VectorMetric.values()) {
                var index = new Hnsw(64, metric, encoding, 8, 40, 3);
                for (int i = 0; i < 700; i++) index.add(3L * i, WORLD.vectors()[i]);
                for (int i = 0; i < 700; i += 7) index.remove(3L * i);
                var path = folder.resolve(encoding + "-" + metric);
                index.save(path);
                var opened = Hnsw.open(path);
                for (int round = 0; round < 2; round++) {
                    for (var query : WORLD.queries()) {
                        if (!index.find(query, 10, 50, _ -> true).equals(opened.find(query, 10, 50, _ -> true))) differing++;
                        answers++;
                    }
                    for (int i = 0; i < 100; i++) {
                        index.add(10_000 + 100 * round + i, WORLD.vectors()[2000 + 100 * round + i]);
                        opened.add(10_000 + 100 * round + i, WORLD.vectors()[2000 + 100 * round + i]);
                    }
                }
            }
        }
        Evidence.of("answers of four encodings and three metrics, before and after further vectors", answers, exactly(4 * 3 * 2 * 200));
        Evidence.of("answers that differ", differing, exactly(0));
    }

    /** A walk compares codes with codes; answers are what a flat index of the same codes gives for the query in floats. */
    @Test void bytesAreWalkedByCodesAndAnsweredByFloats() {
        for (var metric : VectorMetric.values()) {
            var graph = new Hnsw(64, metric, VectorEncoding.INT8, 16, 100, 1);
            var flat = new FlatIndex(64, metric, VectorEncoding.INT8, 0);
            for (int i = 0; i < 2000; i++) {
                graph.add(i, WORLD.vectors()[i]);
                flat.add(i, WORLD.vectors()[i]);
            }
            double recall = 0;
            for (var query : WORLD.queries()) {
                var wanted = flat.search(query, 10);
                assertThat(graph.search(query, 10, 2000)).as("%s, all of them kept", metric).isEqualTo(wanted);
                recall += Clusters.recall(graph.search(query, 10, 100), wanted) / 200;
            }
            assertThat(recall).as("%s, recall of what the codes allow", metric).isGreaterThan(0.97);
        }
    }

    /** Sums of products of their codes would not fit an int. */
    @Test void longVectorsOfBytesAreWalkedToo() {
        int d = 140_000;
        var index = new Hnsw(d, VectorMetric.DOT, VectorEncoding.INT8, 16, 20, 1);
        var vector = new float[d];
        for (int i = 1; i <= 10; i++) {
            Arrays.fill(vector, i);
            index.add(i, vector);
        }
        assertThat(index.search(vector, 1, 1)).extracting(VectorHit::id).containsExactly(10L);
    }

    @Acceptance(topic = TOPIC, clause = 8)
    @Tag("slow")
    @Test void threadsLoseNoNode() throws Exception {
        var index = new Hnsw(64, VectorMetric.L2);
        try (var pool = Executors.newFixedThreadPool(8)) {
            var jobs = new ArrayList<Callable<Void>>();
            for (int t = 0; t < 8; t++) {
                int first = t;
                jobs.add(() -> {
                    for (int i = first; i < N; i += 8) index.add(i, WORLD.vectors()[i]);
                    return null;
                });
            }
            for (var done : pool.invokeAll(jobs)) done.get();
        }
        Evidence.of("vectors after 8 threads added 10,000", index.size(), exactly(N));
        var reached = new HashSet<Long>();
        for (var hit : index.search(WORLD.queries()[0], N, N)) reached.add(hit.id());
        Evidence.of("vectors that a walk reaches", reached.size(), exactly(N));
        int lost = 0;
        for (int i = 0; i < N; i++) if (index.search(WORLD.vectors()[i], 1, 100).getFirst().id() != i) lost++;
        Evidence.of("vectors that do not find themselves at ef 100", lost, atMost(N / 100));
        Evidence.of("recall@10 at ef 100", measured(index, 100)[0], above(0.95));
    }

    /** All whose adding has ended are found by a walk through everything, whoever adds meanwhile. */
    @Test void searchesBesideAddsMissNothing() throws Exception {
        int n = 3000, writers = 4;
        var missed = new AtomicInteger();
        var searches = new AtomicInteger();
        for (int round = 0; round < 3; round++) {
            var index = new Hnsw(4, VectorMetric.L2, VectorEncoding.FLOAT32, 2, 4, round);
            var added = new AtomicIntegerArray(n);
            var left = new AtomicInteger(writers);
            var rng = Rng.of(round);
            var vectors = new float[n][4];
            for (var v : vectors) for (int j = 0; j < 4; j++) v[j] = (float) rng.nextGaussian();
            try (var pool = Executors.newFixedThreadPool(writers + 2)) {
                var jobs = new ArrayList<Callable<Void>>();
                for (int t = 0; t < writers; t++) {
                    int first = t;
                    jobs.add(() -> {
                        try {
                            for (int i = first; i < n; i += writers) {
                                index.add(i, vectors[i]);
                                added.set(i, 1);
                            }
                        } finally {
                            left.decrementAndGet();
                        }
                        return null;
                    });
                }
                for (int t = 0; t < 2; t++) jobs.add(() -> {
                    for (int k = 0; left.get() > 0; k++) {
                        var there = new BitSet(n);
                        for (int i = 0; i < n; i++) if (added.get(i) == 1) there.set(i);
                        int found = index.find(vectors[k % n], n, n, id -> there.get((int) id)).hits().size();
                        missed.addAndGet(there.cardinality() - found);
                        searches.incrementAndGet();
                    }
                    return null;
                });
                for (var done : pool.invokeAll(jobs)) done.get();
            }
            missed.addAndGet(n - index.search(vectors[0], n, n).size());
        }
        assertThat(searches.get()).isGreaterThan(3);
        assertThat(missed.get()).as("vectors missed by %d searches", searches.get()).isZero();
    }

    @Test void crowdsUpdatesAndBadInput(@TempDir Path folder) throws IOException {
        var same = new Hnsw(4, VectorMetric.COSINE, VectorEncoding.FLOAT32, 4, 8, 1);
        for (int i = 0; i < 1000; i++) same.add(i, new float[] {1, 2, 3, 4});
        assertThat(same.search(new float[] {1, 1, 1, 1}, 1000, 1000)).as("a thousand at one place").hasSize(1000);
        same.update(5, new float[] {-1, 0, 0, 0});
        assertThat(same.search(new float[] {-1, 0, 0, 0}, 1, 1000).getFirst().id()).isEqualTo(5);
        assertThat(same.size()).isEqualTo(1000);
        assertThat(same.descent(new float[] {1, 1, 1, 1})).isNotEmpty();
        assertThat(new Hnsw(4, VectorMetric.DOT).search(new float[4], 3, 3)).isEmpty();
        assertThatThrownBy(() -> same.add(5, new float[] {1, 1, 1, 1})).hasMessageContaining("vector 5 is in the index");
        assertThatThrownBy(() -> same.add(2000, new float[4])).hasMessageContaining("vector 2000 is zero");
        assertThatThrownBy(() -> same.update(5, new float[] {Float.NaN, 1, 1, 1})).hasMessageContaining("NaN at 0");
        assertThat(same.search(new float[] {-1, 0, 0, 0}, 1, 1000).getFirst().id()).as("a refused update changes nothing").isEqualTo(5);
        assertThatThrownBy(() -> same.search(new float[] {1, 1, 1, 1}, 5, 4)).hasMessageContaining("ef is 4");
        assertThatThrownBy(() -> new Hnsw(4, VectorMetric.DOT, VectorEncoding.INT8, 1, 10, 0)).hasMessageContaining("m is 1");
        var path = folder.resolve("graph.lyx");
        same.save(path);
        byte[] whole = Files.readAllBytes(path);
        var rng = Rng.of(4);
        for (int i = 0; i < 200; i++) {
            byte[] mutant = whole.clone();
            mutant[rng.nextInt(i % 2 == 0 ? 190 : 8000)] ^= (byte) (1 + rng.nextInt(255));
            Files.write(path.resolveSibling("mutant"), mutant);
            try {
                Hnsw.open(path.resolveSibling("mutant"));
            } catch (FormatException e) {
                assertThat(e).hasMessageContaining("mutant");
            }
        }
    }
}
