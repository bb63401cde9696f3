package lyceum.retrieval;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Predicate;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VectorStoreTest {
    private static final String TOPIC = "vector-database";
    private static final int D = 16;

    private static VectorStoreOptions options(VectorStoreOptions.Kind kind, VectorMetric metric, int segment) {
        return new VectorStoreOptions(D).withIndex(kind).withMetric(metric).withSegmentSize(segment).withDurable(false);
    }

    private static float[] vector(Rng rng, int d) {
        var vector = new float[d];
        for (int i = 0; i < d; i++) vector[i] = (float) rng.nextGaussian();
        return vector;
    }

    private static double score(VectorMetric metric, float[] x, float[] y) {
        double dot = 0, xx = 0, yy = 0, gaps = 0;
        for (int i = 0; i < x.length; i++) {
            dot += (double) x[i] * y[i];
            xx += (double) x[i] * x[i];
            yy += (double) y[i] * y[i];
            gaps += Math.pow((double) x[i] - y[i], 2);
        }
        return switch (metric) {
            case DOT -> dot;
            case COSINE -> dot / Math.sqrt(xx) / Math.sqrt(yy);
            case L2 -> -gaps;
        };
    }

    /** By definition: all scores, sorted. */
    private static List<String> nearest(Map<String, VectorRecord> all, VectorMetric metric, float[] query, int k,
            Predicate<VectorRecord> taken) {
        record Scored(String id, double score) {}
        return all.values().stream().filter(taken).map(r -> new Scored(r.id(), score(metric, query, r.vector())))
                .sorted((a, b) -> Double.compare(b.score, a.score)).limit(k).map(Scored::id).toList();
    }

    /** Ten thousand random operations on a store and a map; wrong answers, and the mean recall without a filter and with one. */
    private record Trial(int operations, int wrong, int otherHits, int searches, double recall, double filtered, int segments) {}

    private static Trial trial(Path folder, VectorStoreOptions options, long seed) throws IOException {
        var rng = Rng.of(seed);
        var map = new HashMap<String, VectorRecord>();
        int wrong = 0, otherHits = 0, segments = 0;
        var recall = new double[2];
        var searches = new int[2];
        var store = VectorStore.open(folder, options);
        for (int step = 0; step < 10_000; step++) {
            double kind = rng.nextDouble();
            var id = "r" + rng.nextInt(1500);
            if (kind < 0.5) {
                var batch = new ArrayList<VectorRecord>();
                for (int n = 1 + rng.nextInt(2); n > 0; n--)
                    batch.add(new VectorRecord("r" + rng.nextInt(1500), vector(rng, D),
                            Map.of("group", "g" + rng.nextInt(8), "year", 1900 + rng.nextInt(100))));
                store.upsert(batch);
                for (var record : batch) map.put(record.id(), record);
            } else if (kind < 0.65) {
                if (store.delete(id) != (map.remove(id) != null)) wrong++;
            } else if (kind < 0.8) {
                if (!store.get(id).equals(Optional.ofNullable(map.get(id)))) wrong++;
            } else {
                var query = vector(rng, D);
                boolean filtered = rng.nextDouble() < 0.5;
                var group = "g" + rng.nextInt(8);
                int least = 1900 + rng.nextInt(100);
                var found = filtered
                        ? store.search(query, 10,
                                PayloadFilter.or(PayloadFilter.equal("group", group), PayloadFilter.range("year", least, 1e9)))
                        : store.search(query, 10);
                var truth = nearest(map, options.metric(), query, 10,
                        r -> !filtered || r.payload().get("group").equals(group) || (long) r.payload().get("year") >= least);
                var ids = found.stream().map(StoreHit::id).toList();
                if (!ids.equals(truth)) otherHits++;
                for (var hit : found) {
                    var record = map.get(hit.id());
                    if (record == null || !record.payload().equals(hit.payload())
                            || Math.abs(score(options.metric(), query, record.vector()) - hit.score()) > 1e-12)
                        wrong++;
                }
                int kindOf = filtered ? 1 : 0;
                recall[kindOf] += truth.isEmpty() ? 1 : truth.stream().filter(ids::contains).count() / (double) truth.size();
                searches[kindOf]++;
            }
            if (store.size() != map.size()) wrong++;
            segments = Math.max(segments, store.segments());
            if (step % 1000 == 999) {
                store.close();
                store = VectorStore.open(folder);
            }
        }
        store.close();
        return new Trial(10_000, wrong, otherHits, searches[0] + searches[1], recall[0] / searches[0], recall[1] / searches[1], segments);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("slow")
    @Test void tenThousandOperationsAgreeWithAMap(@TempDir Path folder) throws IOException {
        for (var metric : VectorMetric.values()) {
            var flat = trial(folder.resolve("flat" + metric), options(VectorStoreOptions.Kind.FLAT, metric, 400), metric.ordinal());
            Evidence.of("operations, flat, " + metric, flat.operations, exactly(10_000));
            Evidence.of("answers that differ from the map's, flat, " + metric, flat.wrong + flat.otherHits, exactly(0));
            Evidence.of("searches, flat, " + metric, flat.searches, above(1500));
            Evidence.of("segments at most, flat, " + metric, flat.segments, above(1));
        }
        var graph = trial(folder.resolve("hnsw"), options(VectorStoreOptions.Kind.HNSW, VectorMetric.L2, 400), 9);
        Evidence.of("wrong gets, deletes, scores, payloads and sizes, HNSW", graph.wrong, exactly(0));
        Evidence.of("recall@10 of searches without a filter among 10,000 operations, HNSW", graph.recall, atLeast(0.95));
        Evidence.of("recall@10 of those with one", graph.filtered, atLeast(0.95));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void aCutLogRecoversAPrefix(@TempDir Path folder) throws IOException {
        var rng = Rng.of(2);
        var options = options(VectorStoreOptions.Kind.FLAT, VectorMetric.DOT, 60);
        var states = new ArrayList<Map<String, VectorRecord>>();
        var ends = new ArrayList<Long>();
        Map<String, VectorRecord> map = new HashMap<>(), sealed = Map.of();
        Path live = folder.resolve("live"), log = live.resolve("log-1.lyl");
        try (var store = VectorStore.open(live, options)) {
            for (int step = 0; step < 140; step++) {
                if (store.segments() == 0) sealed = new HashMap<>(map);
                if (rng.nextDouble() < 0.75) {
                    var batch = new ArrayList<VectorRecord>();
                    for (int n = 1 + rng.nextInt(2); n > 0; n--)
                        batch.add(new VectorRecord("r" + rng.nextInt(60), vector(rng, D), Map.of("step", step)));
                    store.upsert(batch);
                    for (var record : batch) map.put(record.id(), record);
                } else {
                    var gone = List.of("r" + rng.nextInt(60), "r" + rng.nextInt(60));
                    store.delete(gone);
                    gone.forEach(map::remove);
                }
                if (store.segments() == 1 && ends.size() < 40) {
                    ends.add(Files.size(log));
                    states.add(new HashMap<>(map));
                    if (ends.size() == 40) store.snapshot(folder.resolve("crashed"));
                }
            }
        }
        assertThat(ends).hasSize(40);
        // the first state is that after the first write behind the seal; before it there is what was sealed
        Path crashed = folder.resolve("crashed");
        long whole = Files.size(crashed.resolve("log-1.lyl"));
        byte[] bytes = Files.readAllBytes(crashed.resolve("log-1.lyl"));
        int cuts = 0, wrong = 0, first = 0;
        for (int i = 0; i < 200; i++) {
            long at = i * whole / 199;
            var copy = folder.resolve("cut" + i);
            StoreFiles.copy(crashed, copy, Set.of());
            Files.write(copy.resolve("log-1.lyl"), Arrays.copyOf(bytes, (int) at));
            int state = -1;
            while (state + 1 < ends.size() && ends.get(state + 1) <= at) state++;
            try (var store = VectorStore.open(copy)) {
                cuts++;
                var found = new HashMap<String, VectorRecord>();
                for (var record : store.records()) if (found.put(record.id(), record) != null) wrong++;
                if (state < 0) first++;
                if (!found.equals(state < 0 ? sealed : states.get(state)) || store.size() != found.size()) wrong++;
                store.upsert(new VectorRecord("after", new float[D]));
            }
            try (var store = VectorStore.open(copy)) {
                if (store.get("after").isEmpty()) wrong++;
            }
        }
        Evidence.of("cuts of the log", cuts, exactly(200));
        Evidence.of("of them before the first whole write", first, between(1, 20));
        Evidence.of("that are no state after a whole number of writes, or that take no write", wrong, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Tag("slow")
    @Test void selectiveFiltersKeepRecall(@TempDir Path folder) throws IOException {
        var world = Clusters.of(7, 5000, 200, D, 40, 0.5, false);
        var rng = Rng.of(3);
        var map = new HashMap<String, VectorRecord>();
        try (var store = VectorStore.open(folder, options(VectorStoreOptions.Kind.HNSW, VectorMetric.L2, 3000))) {
            for (int i = 0; i < 5000; i++) {
                // as many tenants as centres would have it: nearness and tenant go together for half of them
                var record = new VectorRecord("r" + i, world.vectors()[i],
                        Map.of("tenant", rng.nextInt(100), "half", rng.nextInt(2), "fifth", i % 5, "left", world.vectors()[i][0] < -1.6));
                store.upsert(record);
                map.put(record.id(), record);
            }
            double one = 0, half = 0, far = 0, most = 0;
            int accepted = 0;
            for (int q = 0; q < 200; q++) {
                var query = world.queries()[q];
                long tenant = q % 100;
                accepted += map.values().stream().filter(r -> (long) r.payload().get("tenant") == tenant).count();
                one += recall(store, map, query, PayloadFilter.equal("tenant", tenant)) / 200;
                half += recall(store, map, query, PayloadFilter.equal("half", 1)) / 200;
                // so many are accepted that the sealed graph is walked
                most += recall(store, map, query, PayloadFilter.range("fifth", 1, 4)) / 200;
                far += recall(store, map, query, PayloadFilter.equal("left", true)) / 200;
            }
            Evidence.of("sealed segments, HNSW", store.segments(), above(0));
            Evidence.of("share of records that the filter takes", accepted / 200.0 / 5000, between(0.008, 0.012));
            Evidence.of("recall@10 with a filter that takes one in a hundred, 200 queries", one, atLeast(0.95));
            Evidence.of("recall@10 with a filter that takes a half", half, atLeast(0.95));
            Evidence.of("recall@10 with a filter that takes four fifths", most, atLeast(0.95));
            Evidence.of("recall@10 with a filter by place, far from most queries", far, atLeast(0.95));
        }
    }

    private static double recall(VectorStore store, Map<String, VectorRecord> map, float[] query, PayloadFilter filter) {
        var truth = nearest(map, VectorMetric.L2, query, 10, r -> filter.matches(r.payload()));
        var found = store.search(query, 10, filter).stream().map(StoreHit::id).toList();
        return truth.stream().filter(found::contains).count() / (double) truth.size();
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void readersBesideAWriterSeeWholeRecords(@TempDir Path folder) throws Exception {
        int n = 400;
        // an id's epoch modulo 3: 0 there, 1 while it is written, 2 deleted; whoever saw one epoch before and behind his read can judge
        var epochs = new AtomicLongArray(n);
        for (int i = 0; i < n; i++) epochs.set(i, 2);
        var stop = new AtomicBoolean();
        try (var store = VectorStore.open(folder, options(VectorStoreOptions.Kind.HNSW, VectorMetric.DOT, 500));
                var readers = Executors.newFixedThreadPool(4)) {
            var tasks = new ArrayList<Future<long[]>>();
            for (int t = 0; t < 4; t++) {
                int seed = t;
                tasks.add(readers.submit((Callable<long[]>) () -> {
                    var rng = Rng.of(100 + seed);
                    long reads = 0, torn = 0, deleted = 0, missing = 0;
                    while (!stop.get()) {
                        var before = new long[n];
                        for (int i = 0; i < n; i++) before[i] = epochs.get(i);
                        var hits = store.search(vector(rng, D), 10);
                        for (var hit : hits) {
                            int i = Integer.parseInt(hit.id().substring(1));
                            if (before[i] % 3 == 2 && epochs.get(i) == before[i]) deleted++;
                        }
                        int i = rng.nextInt(n);
                        long epoch = epochs.get(i);
                        var record = store.get("r" + i);
                        if (epoch % 3 != 1 && epochs.get(i) == epoch && record.isPresent() != (epoch % 3 == 0)) missing++;
                        if (record.isPresent()) {
                            float version = record.get().vector()[0];
                            for (float v : record.get().vector()) if (v != version) torn++;
                            if ((long) record.get().payload().get("version") != (long) version) torn++;
                        }
                        for (var all : store.search(vector(rng, D), 3, PayloadFilter.equal("odd", true)))
                            if ((long) all.payload().get("version") % 2 == 0) torn++;
                        reads++;
                    }
                    return new long[] {reads, torn, deleted, missing};
                }));
            }
            var rng = Rng.of(5);
            long writes = 0, until = System.nanoTime() + 10_000_000_000L;
            while (System.nanoTime() < until) {
                int i = rng.nextInt(n);
                if (epochs.get(i) % 3 == 0 && rng.nextDouble() < 0.5) {
                    epochs.incrementAndGet(i);
                    store.delete("r" + i);
                    epochs.incrementAndGet(i);
                } else {
                    int version = 1 + rng.nextInt(1 << 20);
                    var vector = new float[D];
                    Arrays.fill(vector, version);
                    epochs.addAndGet(i, epochs.get(i) % 3 == 0 ? 1 : 2);
                    store.upsert(new VectorRecord("r" + i, vector, Map.of("version", version, "odd", version % 2 == 1)));
                    epochs.addAndGet(i, 2);
                }
                writes++;
            }
            stop.set(true);
            var sums = new long[4];
            for (var task : tasks) for (int j = 0; j < 4; j++) sums[j] += task.get()[j];
            Evidence.of("writes in 10 s", writes, above(1000));
            Evidence.of("reads of 4 readers", sums[0], above(1000));
            Evidence.of("torn records", sums[1], exactly(0));
            Evidence.of("deleted records that were found", sums[2], exactly(0));
            Evidence.of("records that were there and not found, or gone and got", sums[3], exactly(0));
        }
    }

    @Test void optionsErrorsAndSnapshots(@TempDir Path folder) throws IOException {
        var options = new VectorStoreOptions(2).withSegmentSize(3);
        Path home = folder.resolve("store");
        assertThatThrownBy(() -> VectorStore.open(home)).isInstanceOf(IOException.class).hasMessageContaining("holds no VectorStore");
        try (var store = VectorStore.open(home, options)) {
            assertThat(store.search(new float[] {1, 0}, 5)).isEmpty();
            assertThatThrownBy(() -> VectorStore.open(home))
                    .hasMessageContaining("open for writing in process " + ProcessHandle.current().pid());
            assertThatThrownBy(() -> store.upsert(new VectorRecord("a", new float[] {0, Float.NaN})))
                    .hasMessageContaining("vector a holds NaN");
            assertThatThrownBy(() -> store.upsert(new VectorRecord("a", new float[2]))).hasMessageContaining("vector a is zero");
            assertThatThrownBy(() -> store.upsert(new VectorRecord("a", new float[3]))).hasMessageContaining("vector a has 3 numbers");
            assertThatThrownBy(() -> new VectorRecord("a", new float[1], Map.of("x", new int[0])))
                    .hasMessageContaining("payload's 'x' is a int[]");
            assertThatThrownBy(() -> new VectorRecord("", new float[1])).hasMessageContaining("the id is empty");
            assertThatThrownBy(() -> store.search(new float[2], 1)).hasMessageContaining("the query is zero");
            assertThatThrownBy(() -> store.search(new float[] {1, 1}, 0)).hasMessageContaining("k is 0");
            store.upsert(List.of(new VectorRecord("a", new float[] {1, 0}, Map.of("tags", List.of("x", "y"), "n", 3, "share", 0.5f)),
                    new VectorRecord("ö", new float[] {0, 1}, Map.of("n", 4, "good", true)), new VectorRecord("c", new float[] {1, 1}),
                    new VectorRecord("a", new float[] {1, 0.5f}, Map.of("tags", List.of("x", "y"), "n", 3, "share", 0.5f))));
            assertThat(store.size()).isEqualTo(3);
            var q = new float[] {1, 0};
            for (int round = 0; round < 2; round++) {
                assertThat(store.search(q, 9)).extracting(StoreHit::id).containsExactly("a", "c", "ö");
                assertThat(store.search(q, 9, PayloadFilter.equal("tags", "y"))).extracting(StoreHit::id).containsExactly("a");
                assertThat(store.search(q, 9, PayloadFilter.in("n", 4, 5.0))).extracting(StoreHit::id).containsExactly("ö");
                assertThat(store.search(q, 9, PayloadFilter.range("n", 3, 3.5))).extracting(StoreHit::id).containsExactly("a");
                assertThat(store.search(q, 9, PayloadFilter.not(PayloadFilter.exists("n")))).extracting(StoreHit::id).containsExactly("c");
                assertThat(store.search(q, 9, PayloadFilter.and(PayloadFilter.exists("n"), PayloadFilter.equal("good", true))))
                        .extracting(StoreHit::id).containsExactly("ö");
                assertThat(store.get("a").orElseThrow().payload()).containsEntry("n", 3L).containsEntry("share", 0.5);
                if (round == 0) store.compact();
            }
            store.upsert(new VectorRecord("d", new float[] {-1, 0}));
            store.snapshot(folder.resolve("copy"));
            assertThatThrownBy(() -> store.snapshot(folder.resolve("copy"))).hasMessageContaining("is not empty");
            assertThat(store.delete("a")).isTrue();
            assertThat(store.delete("a")).isFalse();
        }
        try (var copy = VectorStore.open(folder.resolve("copy"), options.withSegmentSize(7))) {
            assertThat(copy.size()).isEqualTo(4);
            assertThat(copy.get("a")).isPresent();
        }
        assertThatThrownBy(() -> VectorStore.open(home, options.withMetric(VectorMetric.L2))).hasMessageContaining("it was made with");
        var store = VectorStore.open(home, options);
        store.close();
        assertThat(store.search(new float[] {1, 0}, 9)).hasSize(3);
        assertThatThrownBy(() -> store.delete("c")).isInstanceOf(IllegalStateException.class).hasMessageContaining("is closed");
    }

    @Test void damageIsNamed(@TempDir Path folder) throws IOException {
        Path home = folder.resolve("store");
        try (var store = VectorStore.open(home, new VectorStoreOptions(2).withIndex(VectorStoreOptions.Kind.IVF_PQ).withSegmentSize(40))) {
            for (int i = 0; i < 60; i++) store.upsert(new VectorRecord("r" + i, new float[] {1, i}, Map.of("i", i)));
        }
        int mutants = 0, refused = 0, dropped = 0;
        var rng = Rng.of(4);
        for (var name : List.of("store.lyx", "log-1.lyl", "segment-1.records.lyx", "segment-1.vectors.lyx")) {
            byte[] whole = Files.readAllBytes(home.resolve(name));
            for (int i = 0; i < 60; i++) {
                byte[] mutant = whole.clone();
                int at = rng.nextInt(name.endsWith("lyx") ? 128 : mutant.length - 100);
                mutant[at] ^= (byte) (1 + rng.nextInt(255));
                Files.write(home.resolve(name), mutant);
                mutants++;
                try (var store = VectorStore.open(home)) {
                    dropped++;
                } catch (FormatException e) {
                    refused++;
                }
                Files.write(home.resolve(name), whole);
            }
        }
        assertThat(refused).as(dropped + " of " + mutants + " were opened").isEqualTo(mutants);
        // lost room behind the last write is no damage
        try (var file = new RandomAccessFile(home.resolve("log-1.lyl").toFile(), "rw")) {
            file.setLength(file.length() + 5000);
        }
        try (var store = VectorStore.open(home)) {
            assertThat(store.size()).isEqualTo(60);
        }
        Files.delete(home.resolve("log-1.lyl"));
        assertThatThrownBy(() -> VectorStore.open(home)).isInstanceOf(FormatException.class).hasMessageContaining("log-1.lyl is missing");
    }
}
