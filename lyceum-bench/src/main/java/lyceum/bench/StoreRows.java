package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lyceum.DType;
import lyceum.retrieval.Hnsw;
import lyceum.retrieval.VectorEncoding;
import lyceum.retrieval.VectorMetric;
import lyceum.retrieval.VectorRecord;
import lyceum.retrieval.VectorStore;
import lyceum.retrieval.VectorStoreOptions;

/** What a store of vectors promises: durable writes, a quick start, and a graph of a million nodes in a small heap. */
final class StoreRows {
    private static final int WIDTH = 64, BATCH = 1000, WRITES = 10_000, MANY = 1_000_000;
    /** Bytes that a node may take beside its vector. */
    private static final double NODE = 160;

    private StoreRows() {}

    static void measure(SideBySide bench) {
        if (bench.threads() > 1) return;
        upserts(bench);
        for (var kind : List.of(VectorStoreOptions.Kind.FLAT, VectorStoreOptions.Kind.HNSW)) opening(bench, kind);
        bench.once(new Case("HNSW under -Xmx256m, bytes a node beside its vector", "1Mx64", DType.F32, new Unit.Time("bytes", 1)).on("")
                .atMost(NODE), StoreRows::bytesOfANode);
    }

    /** Each batch is on the disk before the next begins. */
    private static void upserts(SideBySide bench) {
        var c = new Case("store: 10,000 durable upserts, batches of 1,000", "x64", DType.F32, new Unit.Time("s", 1)).on("").atMost(1);
        bench.once(c, () -> in(folder -> {
            var batches = new ArrayList<List<VectorRecord>>();
            for (int from = 0; from < WRITES; from += BATCH) batches.add(records(from, BATCH));
            try (var store = VectorStore.open(folder, new VectorStoreOptions(WIDTH).withSegmentSize(2 * WRITES))) {
                long start = System.nanoTime();
                for (var batch : batches) store.upsert(batch);
                return (System.nanoTime() - start) * 1e-9;
            }
        }));
    }

    private static void opening(SideBySide bench, VectorStoreOptions.Kind kind) {
        var c = new Case("store: open", "1Mx64 " + kind, DType.F32, Unit.MILLISECONDS).on("").atMost(200);
        bench.once(c, () -> in(folder -> {
            try (var store = VectorStore.open(folder,
                    new VectorStoreOptions(WIDTH).withIndex(kind).withSegmentSize(MANY).withDurable(false))) {
                for (int from = 0; from < MANY; from += 10 * BATCH) store.upsert(records(from, 10 * BATCH));
                store.compact();
            }
            double least = Double.POSITIVE_INFINITY;
            for (int i = 0; i < 5; i++) {
                long start = System.nanoTime();
                try (var store = VectorStore.open(folder)) {
                    if (store.size() != MANY) throw new IllegalStateException(store.size() + " records");
                    least = Math.min(least, (System.nanoTime() - start) * 1e-9);
                }
            }
            return least;
        }));
    }

    private static List<VectorRecord> records(int from, int count) {
        var random = new Random(from);
        var records = new ArrayList<VectorRecord>(count);
        for (int i = from; i < from + count; i++) records.add(new VectorRecord("r" + i, vector(random), Map.of("n", i)));
        return records;
    }

    private static float[] vector(Random random) {
        var v = new float[WIDTH];
        for (int j = 0; j < WIDTH; j++) v[j] = (float) random.nextGaussian();
        return v;
    }

    private interface Measured {
        double seconds(Path folder) throws IOException;
    }

    private static double in(Measured measured) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("lyceum-bench-store");
            return measured.seconds(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (folder != null) delete(folder);
        }
    }

    private static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** In a JVM of its own, which says what it holds when all are in; NaN if it does not get there. */
    private static double bytesOfANode() {
        var command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "--add-modules",
                "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                SmallHeap.class.getName());
        try {
            var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            var line = process.inputReader().readLine();
            return process.waitFor() == 0 && line != null ? Double.parseDouble(line) : Double.NaN;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Double.NaN;
        }
    }

    /** Builds the graph of a million, and says by how much the process has grown a node beside the vectors. */
    static final class SmallHeap {
        private SmallHeap() {}

        public static void main(String[] arguments) throws IOException {
            long before = resident();
            var graph = new Hnsw(WIDTH, VectorMetric.L2, VectorEncoding.FLOAT32, 16, 60, 1);
            var random = new Random(1);
            for (int i = 0; i < MANY; i++) graph.add(i, vector(random));
            System.gc();
            System.out.println((resident() - before) / (double) MANY - 4 * WIDTH);
            if (graph.size() != MANY) System.exit(1);
        }

        private static long resident() throws IOException {
            for (var line : Files.readAllLines(Path.of("/proc/self/status")))
                if (line.startsWith("VmRSS:")) return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
            return 0;
        }
    }
}
