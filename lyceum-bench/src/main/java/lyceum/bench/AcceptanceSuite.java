package lyceum.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.data.Datasets;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Document;
import lyceum.labs.run.LabJson;
import lyceum.labs.run.Machine;
import lyceum.labs.catalogue.LedgerEntry;
import lyceum.labs.catalogue.LedgerFolder;
import lyceum.learn.cluster.Dbscan;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Lu;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.TokenizerPipeline;

/**
 * The clauses about time, which no unit test asserts. What is seen goes to this module's {@code target/acceptance.jsonl}, as that of a test, and
 * into the ledger under {@code bench:}, whose entries stand until they are measured again.
 */
final class AcceptanceSuite {
    private static final int WARM_UPS = 5, LEAST_RUNS = 15, MOST_RUNS = 301;
    /** Seconds. */
    private static final double A_WHILE = 0.3;

    /** One line of {@code acceptance.jsonl}; {@code lyceum.testing.AcceptanceRecord} says what each part means. */
    record Line(String topic, int clause, String test, boolean holds, List<Map<String, Object>> measured, double seconds) {}

    private boolean inFull;
    private final Path root;
    private final Consumer<Row> listener;
    private final List<Row> rows = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();

    AcceptanceSuite(Path root, Consumer<Row> listener) {
        this.root = root;
        this.listener = listener;
    }

    List<Row> run() throws IOException {
        inFull = true;
        return run(512, 2000, RoofClauses.Sizes.OF_THE_CLAUSES, NetworkClauses.Sizes.OF_THE_CLAUSES);
    }

    /** With other sizes than the clauses name: of matrices to factor, of sparse ones, of what stands beside the machine's roofs, and of networks. */
    List<Row> run(int n, int sparse, RoofClauses.Sizes roofs, NetworkClauses.Sizes networks) throws IOException {
        cholesky(n, 400); // the leaves of the blocks are loops of Java, which want to be compiled
        sparsity(sparse);
        vectorProduct(n);
        dbscan(10 * sparse);
        new TileClauses(this, n).measure();
        new AttentionClauses(this, n).measure();
        new RoofClauses(this, roofs).measure();
        new NetworkClauses(this, networks).measure();
        new GrowthClauses(this, networks.positions()).measure();
        new LanguageClauses(this, networks.positions() * 128, networks.adding()).measure();
        new ServingClauses(this, Math.max(2, networks.positions() / 32), networks.positions()).measure();
        tokenizers();
        record();
        return rows;
    }

    /** Clause 5: a factorisation of n = 512 takes at most 0.75 times as long as that of Lu. */
    private void cholesky(int n, int warmUps) {
        var g = Tensor.randn(Rng.of(5), DType.F64, n, n);
        var a = g.matmul(g.transpose()).add(Tensor.eye(DType.F64, n).mul(n)).compute();
        ratio("cholesky", 5, "cholesky", "cholesky over LU", n + "x" + n, DType.F64, 0.75, warmUps, 31, () -> Cholesky.of(a),
                () -> Lu.of(a));
    }

    /** Clause 6: at 1% density a sparse product takes at most 1/5 of the dense one's time, and one with a vector at most 1/10. */
    private void sparsity(int n) {
        var rng = Rng.of(6);
        Tensor a = thin(rng, n), b = thin(rng, n), x = Tensor.randn(rng, n).compute();
        Csr left = Csr.fromDense(a), right = Csr.fromDense(b);
        var shape = n + "x" + n + " at 1%";
        // So many turns until the JVM has compiled it whole.
        ratio("sparsity", 6, "sparsity:product", "sparse product over dense", shape, DType.F32, 1 / 5.0, 30, 7,
                () -> left.matmul(right).values().compute(), () -> a.matmul(b).compute());
        // So many turns until the JVM has compiled a product of twenty microseconds.
        ratio("sparsity", 6, "sparsity:vector", "sparse by vector over dense", shape, DType.F32, 1 / 10.0, 8000, 7,
                () -> left.matmul(x).compute(), () -> a.matmul(x).compute());
    }

    /** Clause 2: a matrix product of 512^3 takes at most 1/5 of the plain loops' time in backend {@code vector}. */
    private void vectorProduct(int n) {
        var rng = Rng.of(2);
        Tensor a = Tensor.randn(rng, n, n).compute(), b = Tensor.randn(rng, n, n).compute();
        ratio("gpu-acceleration", 2, "gpu-acceleration", "vector product over plain loops", n + "x" + n, DType.F32, 1 / 5.0, 10, 15,
                () -> productOn("vector", a, b), () -> productOn("scalar", a, b));
    }

    /** Clause 5: 20,000 planar points are clustered within 2 seconds, the first time too. */
    private void dbscan(int n) {
        var blobs = Datasets.blobs(Rng.of(4), n - n / 10, 12, 2, 0.4).x();
        var x = Tensor.concat(0, blobs, Tensor.rand(Rng.of(5), DType.F64, n / 10, 2).mul(24).sub(12)).compute();
        long begin = System.nanoTime();
        double seconds = Timing.seconds(() -> new Dbscan(0.15, 8).fit(x), 1);
        saw("dbscan", 5, "dbscan", "DBSCAN's time over 2 s, at most 1", n + " points", DType.F64, seconds / 2, seconds <= 2, begin);
    }

    /** Clauses 5: 2,000 merges are learned from the King James Bible within 20 seconds, and its text is cut at 1 MB/s by one thread. */
    private void tokenizers() {
        long begin = System.nanoTime();
        var learned = new TokenizerPipeline[1];
        double seconds = Timing.seconds(() -> learned[0] = BpeTrainer.byteLevel(256 + 2000, PreTokenizer.GPT4).train(Corpora.kingJames()),
                1);
        saw("bpe", 5, "bpe", "time of 2,000 merges over 20 s, at most 1", "King James", DType.I32, seconds / 20, seconds <= 20, begin);
        begin = System.nanoTime();
        var chapters = Corpora.kingJames().stream().map(Document::text).toList();
        double megabytes = chapters.stream().mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length).sum() / 1e6;
        double rate = megabytes / Timing.seconds(() -> {
            for (var chapter : chapters) learned[0].ids(chapter);
            return learned;
        }, 1);
        saw("tokenization-pipeline", 5, "tokenization-pipeline", "MB/s of one thread, at least 1", "King James", DType.I32, rate, rate >= 1,
                begin);
    }

    private static Tensor productOn(String backend, Tensor a, Tensor b) {
        var product = new Tensor[1];
        Backend.with(Backend.named(backend), () -> product[0] = a.matmul(b).compute());
        return product[0];
    }

    private static Tensor thin(Rng rng, int n) {
        var values = Tensor.randn(rng, n, n);
        return Tensor.rand(rng, n, n).lt(0.01).where(values, values.zerosLike()).compute();
    }

    /** The median time of {@code ours} is at most {@code limit} times that of {@code other}. */
    void ratio(String topic, int clause, String test, String name, String shape, DType type, double limit, int warmUps, int runs,
            Supplier<?> ours, Supplier<?> other) {
        told(topic, clause, test, name, shape, type, limit, warmUps, runs, () -> seconds(ours), () -> seconds(other));
    }

    /** The median time of calls that may be short: what came before, a gigabyte that is given back, is over when they are measured, and a hiccup of the machine is short beside them. */
    double median(Supplier<?> body) {
        double warm = 0, last = 0, least = inFull ? A_WHILE : 0;
        for (int i = 0; i < WARM_UPS || warm < least; i++) warm += last = seconds(body);
        var seconds = new double[(int) Math.clamp(least / last, LEAST_RUNS, MOST_RUNS)];
        for (int i = 0; i < seconds.length; i++) seconds[i] = seconds(body);
        return Timing.Median.of(seconds).value();
    }

    /** Of one call in a scope of its own. */
    static double seconds(Supplier<?> body) { return Timing.seconds(Timing.scoped(body), 1); }

    /** As {@link #ratio}, of times that the sides themselves tell. */
    void told(String topic, int clause, String test, String name, String shape, DType type, double limit, int warmUps, int runs,
            DoubleSupplier ours, DoubleSupplier other) {
        long begin = System.nanoTime();
        double last = 0;
        for (int i = 0; i < warmUps; i++) last = Math.max(ours.getAsDouble(), other.getAsDouble());
        int n = inFull ? (int) Math.clamp(A_WHILE / Math.max(last, 1e-9), runs, MOST_RUNS) : runs;
        double[] a = new double[n], b = new double[n];
        for (int i = 0; i < a.length; i++) {
            a[i] = ours.getAsDouble();
            b[i] = other.getAsDouble();
        }
        double ratio = Timing.Median.of(a).value() / Timing.Median.of(b).value();
        saw(topic, clause, test, name + ", at most " + (float) limit, shape, type, ratio, ratio <= limit, begin);
    }

    /** @param name with its bound @param begin when the measurement began, in nanoseconds */
    void saw(String topic, int clause, String test, String name, String shape, DType type, double ratio, boolean holds, long begin) {
        add(new Row("acceptance", name, shape, type.name(), Runtime.getRuntime().availableProcessors(), ratio, Double.NaN, "times",
                Double.NaN, "", Cpu.name()));
        lines.add(new Line(topic, clause, "bench:" + test, holds, List.of(Map.of("name", "ratio", "value", ratio)),
                (System.nanoTime() - begin) * 1e-9));
    }

    /** Leaves what was seen where the ledger's update looks, and in the ledger itself. */
    private void record() throws IOException {
        var target = root.resolve("lyceum-bench/target");
        if (Files.isDirectory(target))
            Files.writeString(target.resolve("acceptance.jsonl"), String.join("\n", lines.stream().map(LabJson::write).toList()) + "\n");
        var ledger = LedgerFolder.of(root);
        if (ledger.exists() && ledger.write(ledger.read().merged(lines.stream().map(this::entry).toList()))) {
            System.err.println("The ledger has changed; commit it with the rest: " + LedgerFolder.PLACE);
        }
    }

    private LedgerEntry entry(Line line) {
        var measured = line.measured.getFirst();
        var value = measured.get("name") + " " + new BigDecimal((double) measured.get("value")).round(new MathContext(3)).toPlainString();
        return new LedgerEntry(line.topic, line.clause, line.test, line.holds, value, LocalDate.now(ZoneOffset.UTC).toString(),
                Machine.cpu(), Commit.of(root));
    }

    private void add(Row row) {
        rows.add(row);
        listener.accept(row);
    }
}
