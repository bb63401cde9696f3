package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link VectorIndexContract} over every index and over the store, and some that must not pass. */
class VectorIndexContractTest {
    private static final int D = 12;

    @Nested
    class Flat extends VectorIndexContract {
        @Override protected VectorIndex empty(VectorMetric metric, float[][] sample) { return new FlatIndex(D, metric); }

        @Override protected VectorIndex open(Path path) throws IOException { return FlatIndex.open(path); }
    }

    @Nested
    class Rescored extends VectorIndexContract {
        @Override protected VectorIndex empty(VectorMetric metric, float[][] sample) {
            return new FlatIndex(D, metric, VectorEncoding.INT8, 40);
        }

        @Override protected VectorIndex open(Path path) throws IOException { return FlatIndex.open(path); }
    }

    @Nested
    class Graph extends VectorIndexContract {
        @Override protected VectorIndex empty(VectorMetric metric, float[][] sample) { return new Hnsw(D, metric); }

        @Override protected VectorIndex open(Path path) throws IOException { return Hnsw.open(path); }
    }

    @Nested
    class Codes extends VectorIndexContract {
        @Override protected VectorIndex empty(VectorMetric metric, float[][] sample) {
            return IvfPq.train(new IvfPq.Options().withLists(16).withParts(4).withProbes(8).withRescored(100), metric, sample);
        }

        @Override protected VectorIndex open(Path path) throws IOException { return IvfPq.open(path); }
    }

    @Nested
    class Store extends VectorIndexContract {
        @TempDir Path home;
        private final List<VectorStore> stores = new ArrayList<>();

        private VectorIndex kept(VectorStore store) {
            stores.add(store);
            return new StoredIndex(store);
        }

        @Override protected VectorIndex empty(VectorMetric metric, float[][] sample) throws IOException {
            return kept(VectorStore.open(home.resolve("store" + stores.size()),
                    new VectorStoreOptions(D).withMetric(metric).withSegmentSize(250).withDurable(false)));
        }

        @Override protected VectorIndex open(Path path) throws IOException { return kept(VectorStore.open(path)); }

        @AfterEach void close() throws IOException { for (var store : stores) store.close(); }
    }

    /** A store as an index: the number is a record's id, and in its payload. */
    private record StoredIndex(VectorStore store) implements VectorIndex {
        @Override public int dimensions() { return store.options().dimensions(); }

        @Override public VectorMetric metric() { return store.options().metric(); }

        @Override public int size() { return store.size(); }

        @Override public void add(long id, float[] vector) {
            if (get(id).isPresent()) throw new IllegalArgumentException("vector " + id + " is in the index");
            try {
                store.upsert(new VectorRecord("" + id, vector, Map.of("number", id)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override public boolean remove(long id) {
            try {
                return store.delete("" + id);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override public Optional<float[]> get(long id) { return store.get("" + id).map(VectorRecord::vector); }

        @Override public List<VectorHit> search(float[] query, int k) { return hits(store.search(query, k)); }

        @Override public List<VectorHit> search(float[] query, int k, LongPredicate filter) {
            var taken = new ArrayList<Object>();
            for (var record : store.records()) if (filter.test(Long.parseLong(record.id()))) taken.add(record.payload().get("number"));
            return hits(store.search(query, k, PayloadFilter.in("number", taken.toArray())));
        }

        @Override public List<VectorHit> among(float[] query, int k, long[] ids) {
            var all = new Object[ids.length];
            for (int i = 0; i < ids.length; i++) all[i] = ids[i];
            return hits(store.search(query, k, PayloadFilter.in("number", all)));
        }

        private static List<VectorHit> hits(List<StoreHit> found) {
            return found.stream().map(h -> new VectorHit(Long.parseLong(h.id()), h.score())).toList();
        }

        @Override public void save(Path path) throws IOException { store.snapshot(path); }
    }

    /** A flat index with a fault. */
    private record Faulty(VectorIndex index, UnaryOperator<List<VectorHit>> fault, boolean forgets) implements VectorIndex {
        @Override public int dimensions() { return index.dimensions(); }

        @Override public VectorMetric metric() { return index.metric(); }

        @Override public int size() { return index.size(); }

        @Override public void add(long id, float[] vector) { index.add(id, vector); }

        @Override public boolean remove(long id) { return forgets || index.remove(id); }

        @Override public Optional<float[]> get(long id) { return index.get(id); }

        @Override public List<VectorHit> search(float[] query, int k, LongPredicate filter) {
            return fault.apply(index.search(query, k, filter));
        }

        @Override public List<VectorHit> among(float[] query, int k, long[] ids) { return index.among(query, k, ids); }

        @Override public void save(Path path) throws IOException { index.save(path); }
    }

    private static boolean passes(UnaryOperator<List<VectorHit>> fault, boolean forgets) {
        var contract = new VectorIndexContract() {
            @Override protected VectorIndex empty(VectorMetric metric, float[][] sample) {
                return new Faulty(new FlatIndex(D, metric), fault, forgets);
            }

            @Override protected VectorIndex open(Path path) throws IOException { return FlatIndex.open(path); }
        };
        try {
            contract.findsTheNearestByEveryMetric();
            contract.filtersAndRemovals();
            return true;
        } catch (AssertionError | IOException e) {
            return false;
        }
    }

    @Test void knownFaultsFail() {
        assertThat(passes(hits -> hits, false)).as("no fault").isTrue();
        assertThat(passes(List::reversed, false)).as("the worst first").isFalse();
        assertThat(passes(hits -> hits.size() > 1 ? hits.subList(1, hits.size()) : hits, false)).as("the best is lost").isFalse();
        assertThat(passes(hits -> hits.stream().map(h -> new VectorHit(h.id(), h.score() * 1.01)).toList(), false)).as("another score")
                .isFalse();
        assertThat(passes(hits -> hits, true)).as("removed vectors stay").isFalse();
    }
}
