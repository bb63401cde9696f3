package lyceum.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.labs.LabJson;
import lyceum.labs.Machine;
import lyceum.labs.catalogue.LedgerEntry;
import lyceum.labs.catalogue.LedgerFolder;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Lu;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The clauses about time, which no unit test asserts. What is seen goes to this module's {@code target/acceptance.jsonl}, as that of a test, and
 * into the ledger under {@code bench:}, whose entries stand until they are measured again.
 */
final class AcceptanceSuite {
    /** One line of {@code acceptance.jsonl}; {@code lyceum.testing.AcceptanceRecord} says what each part means. */
    record Line(String topic, int clause, String test, boolean holds, List<Map<String, Object>> measured, double seconds) {}

    private final Path root;
    private final Consumer<Row> listener;
    private final List<Row> rows = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();

    AcceptanceSuite(Path root, Consumer<Row> listener) {
        this.root = root;
        this.listener = listener;
    }

    List<Row> run() throws IOException { return run(512); }

    /** With matrices of size n where the clause names one. */
    List<Row> run(int n) throws IOException {
        cholesky(n, 50);
        record();
        return rows;
    }

    /** Clause 5: a factorisation of n = 512 takes at most 0.75 times as long as that of Lu. */
    private void cholesky(int n, int warmUps) {
        var g = Tensor.randn(Rng.of(5), DType.F64, n, n);
        var a = g.matmul(g.transpose()).add(Tensor.eye(DType.F64, n).mul(n)).compute();
        ratio("cholesky", 5, "cholesky over LU", n + "x" + n, 0.75, warmUps, () -> Cholesky.of(a), () -> Lu.of(a));
    }

    /** The median time of {@code ours} is at most {@code limit} times that of {@code other}. */
    private void ratio(String topic, int clause, String name, String shape, double limit, int warmUps, Supplier<?> ours,
            Supplier<?> other) {
        long begin = System.nanoTime();
        for (int i = 0; i < warmUps; i++) {
            ours.get();
            other.get();
        }
        double[] a = new double[31], b = new double[31];
        for (int i = 0; i < a.length; i++) {
            a[i] = Timing.seconds(ours, 1);
            b[i] = Timing.seconds(other, 1);
        }
        double ratio = Timing.Median.of(a).value() / Timing.Median.of(b).value();
        add(new Row("acceptance", name + ", at most " + limit, shape, "F64", Runtime.getRuntime().availableProcessors(), ratio, Double.NaN,
                "times", Double.NaN, "", Cpu.name()));
        lines.add(new Line(topic, clause, "bench:" + topic, ratio <= limit, List.of(Map.of("name", "ratio", "value", ratio)),
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
