package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongPredicate;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every index of vectors keeps to. Extend it, and say how one is made and opened. */
public abstract class VectorIndexContract {
    private static final int D = 12, N = 600;

    @TempDir Path folder;

    /** An empty index. @param sample vectors like those that will be added, for one that learns from them */
    protected abstract VectorIndex empty(VectorMetric metric, float[][] sample) throws IOException;

    /** One that was saved. */
    protected abstract VectorIndex open(Path path) throws IOException;

    private record World(VectorIndex index, Map<Long, float[]> vectors, float[][] queries) {}

    private World world(VectorMetric metric) throws IOException {
        var clusters = Clusters.of(11, N, 40, D, 30, 0.6, false);
        var index = empty(metric, clusters.vectors());
        var vectors = new HashMap<Long, float[]>();
        for (int i = 0; i < N; i++) {
            index.add(3L * i - 50, clusters.vectors()[i]);
            vectors.put(3L * i - 50, clusters.vectors()[i]);
        }
        return new World(index, vectors, clusters.queries());
    }

    static double score(VectorMetric metric, float[] x, float[] y) {
        double dot = 0, xx = 0, yy = 0;
        for (int i = 0; i < x.length; i++) {
            dot += (double) x[i] * y[i];
            xx += (double) x[i] * x[i];
            yy += (double) y[i] * y[i];
        }
        return switch (metric) {
            case DOT -> dot;
            case COSINE -> dot / Math.sqrt(xx * yy);
            case L2 -> 2 * dot - xx - yy;
        };
    }

    private static List<Long> nearest(World world, float[] query, int k, LongPredicate filter) {
        return world.vectors.entrySet().stream().filter(e -> filter.test(e.getKey()))
                .sorted(Comparator.comparingDouble(e -> -score(world.index.metric(), query, e.getValue()))).limit(k).map(Map.Entry::getKey)
                .toList();
    }

    private static void requireRecall(World world, double least, LongPredicate filter) {
        double recall = 0;
        for (var query : world.queries) {
            var truth = nearest(world, query, 10, filter);
            var found = world.index.search(query, 10, filter);
            for (int i = 0; i < found.size(); i++) {
                var hit = found.get(i);
                assertThat(filter.test(hit.id())).as("the filter takes " + hit.id()).isTrue();
                assertThat(world.vectors).as("vectors that are there").containsKey(hit.id());
                assertThat(hit.score()).isCloseTo(score(world.index.metric(), query, world.vectors.get(hit.id())), within(1e-4));
                if (i > 0) assertThat(hit.score()).as("scores fall").isLessThanOrEqualTo(found.get(i - 1).score());
            }
            assertThat(found).doesNotHaveDuplicates().hasSize(truth.size());
            recall += found.stream().filter(h -> truth.contains(h.id())).count() / (double) truth.size() / world.queries.length;
        }
        assertThat(recall).as("recall@10").isGreaterThanOrEqualTo(least);
    }

    @Test void findsTheNearestByEveryMetric() throws IOException {
        for (var metric : VectorMetric.values()) {
            var world = world(metric);
            assertThat(world.index.metric()).isEqualTo(metric);
            assertThat(world.index.dimensions()).isEqualTo(D);
            requireRecall(world, 0.95, _ -> true);
        }
    }

    @Test void filtersAndRemovals() throws IOException {
        var world = world(VectorMetric.L2);
        requireRecall(world, 0.95, id -> id % 2 == 0);
        requireRecall(world, 0.95, id -> id % 30 == 1);
        for (long id = -50; id < 3L * N - 50; id += 9) {
            assertThat(world.index.remove(id)).isTrue();
            assertThat(world.index.remove(id)).isFalse();
            world.vectors.remove(id);
        }
        assertThat(world.index.size()).isEqualTo(world.vectors.size());
        requireRecall(world, 0.95, _ -> true);
        var other = world.queries[0];
        world.index.add(-50, other);
        world.vectors.put(-50L, other);
        assertThat(world.index.search(other, 1).getFirst().id()).isEqualTo(-50);
        requireRecall(world, 0.95, _ -> true);
        assertThat(world.index.search(other, 5, _ -> false)).isEmpty();
    }

    @Test void keepsVectorsAndComparesAmongSome() throws IOException {
        var world = world(VectorMetric.COSINE);
        world.vectors.forEach((id, vector) -> assertThat(world.index.get(id).orElseThrow()).containsExactly(vector));
        assertThat(world.index.get(2)).isEmpty();
        long[] some = {-50, 2, 100, 1000, 10};
        var found = world.index.among(world.queries[0], 3, some).stream().map(VectorHit::id).toList();
        assertThat(found).isEqualTo(nearest(world, world.queries[0], 3, id -> List.of(-50L, 100L, 1000L, 10L).contains(id)));
        // the caller's array is its own
        float[] mine = world.vectors.get(-50L).clone();
        world.index.add(8, mine);
        float kept = mine[0];
        mine[0] = 1e6f;
        assertThat(world.index.get(8).orElseThrow()[0]).isEqualTo(kept);
    }

    @Test void savesAndOpens() throws IOException {
        var world = world(VectorMetric.DOT);
        for (long id = -50; id < 200; id += 6) {
            world.index.remove(id);
            world.vectors.remove(id);
        }
        var path = folder.resolve("saved");
        world.index.save(path);
        var opened = open(path);
        assertThat(opened.size()).isEqualTo(world.index.size());
        for (var query : world.queries) assertThat(opened.search(query, 10)).isEqualTo(world.index.search(query, 10));
        opened.add(2, world.queries[0]);
        assertThat(opened.get(2)).isPresent();
        assertThat(world.index.get(2)).isEmpty();
    }

    @Test void refusesWhatCannotBeCompared() throws IOException {
        var index = empty(VectorMetric.COSINE, Clusters.of(1, 50, 1, D, 5, 1, false).vectors());
        var one = new float[D];
        assertThat(index.search(filled(1), 3)).isEmpty();
        assertThatThrownBy(() -> index.add(4, one)).hasMessageContaining("vector 4 is zero");
        assertThatThrownBy(() -> index.search(one, 3)).hasMessageContaining("the query is zero");
        assertThatThrownBy(() -> index.add(4, new float[D + 1])).hasMessageContaining("vector 4 has " + (D + 1));
        var broken = filled(1);
        broken[3] = Float.NaN;
        assertThatThrownBy(() -> index.add(4, broken)).hasMessageContaining("vector 4 holds NaN at 3");
        assertThatThrownBy(() -> index.search(broken, 3)).hasMessageContaining("the query holds NaN at 3");
        index.add(4, filled(1));
        index.add(5, filled(2));
        assertThatThrownBy(() -> index.add(4, filled(3))).hasMessageContaining("vector 4 is in the index");
        assertThatThrownBy(() -> index.search(filled(1), 0)).hasMessageContaining("k is 0");
        assertThat(index.search(filled(1), 100)).extracting(VectorHit::id).as("all of them, equals by id").containsExactly(4L, 5L);
        assertThat(index.size()).isEqualTo(2);
        assertThat(index.remove(77)).isFalse();
    }

    private static float[] filled(float value) {
        var vector = new float[D];
        Arrays.fill(vector, value);
        return vector;
    }

    @Test void answersWhileItGrows() throws Exception {
        var world = world(VectorMetric.L2);
        var stop = new AtomicBoolean();
        try (var readers = Executors.newFixedThreadPool(2)) {
            var tasks = new ArrayList<Future<Integer>>();
            for (int t = 0; t < 2; t++) tasks.add(readers.submit((Callable<Integer>) () -> {
                int reads = 0;
                do {
                    for (var hit : world.index.search(world.queries[reads++ % 40], 10)) assertThat(hit.score()).isLessThanOrEqualTo(0);
                } while (!stop.get());
                return reads;
            }));
            var rng = Rng.of(1);
            for (int i = 0; i < 300; i++) {
                var vector = filled((float) rng.nextGaussian());
                world.index.add(10_000 + i, vector);
                world.vectors.put(10_000L + i, vector);
                if (i % 3 == 0) {
                    world.index.remove(10_000 + i);
                    world.vectors.remove(10_000L + i);
                }
            }
            stop.set(true);
            for (var task : tasks) assertThat(task.get()).isPositive();
        }
        requireRecall(world, 0.95, _ -> true);
    }
}
