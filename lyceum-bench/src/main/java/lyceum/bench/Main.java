package lyceum.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import lyceum.backend.Parallel;
import lyceum.labs.run.Machine;
import lyceum.plot.render.Svg;
import lyceum.plot.render.Theme;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code ./lyceum bench SUITE [--json] [--threads N] [--svg FILE] [--record]}. */
@Command(name = "bench", mixinStandardHelpOptions = true,
        description = "Measures Lyceum beside its peers, in one run. A ratio above 1 means that Lyceum is better.")
public final class Main implements Callable<Integer> {
    private static final double WIDTH = 900;
    /** Load over cores from which on medians are doubtful. */
    private static final double BUSY = 0.75;

    enum SuiteName {
        core, gemm, matvec, elementwise, reductions, attention, indexing, conv, linalg, optim, nn, startup, text, retrieval, llm, models,
        serve, learn, onnx, studio, acceptance
    }

    @Spec private CommandSpec spec;

    @Parameters(description = "One of: ${COMPLETION-CANDIDATES}")
    private SuiteName suite;

    @Option(names = "--json", description = "Print the rows as a JSON array and nothing else.") private boolean json;

    @Option(names = "--threads", paramLabel = "N",
            description = "Measure on N threads alone; else on one and then on two (learn: one and all).") private int threads;

    @Option(names = "--only", paramLabel = "TEXT", defaultValue = "",
            description = "Only rows whose name, shape and type contain this.")
    private String only;

    @Option(names = "--repetitions", paramLabel = "N",
            description = "Samples of each side at most; quote no median of fewer than 7. Default: 9, with --busy 31.") private int repetitions;

    @Option(names = "--busy",
            description = "Many short samples, for a machine that others use too: then the ratio of the best ones says more than that of the medians.") private boolean busy;

    @Option(names = "--svg", paramLabel = "FILE", description = "Draw the ratios.")
    private Path svg;

    @Option(names = "--record", description = "Write the rows into the committed history, " + History.FILE + ".") private boolean record;

    private final Path root = Path.of(System.getProperty("lyceum.root", "."));

    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT);
        System.exit(new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
    }

    @Override public Integer call() throws Exception {
        if (threads < 0 || repetitions < 0) throw new CommandLine.ParameterException(spec.commandLine(),
                "bench: " + threads + " threads and " + repetitions + " repetitions; both are at least 1");
        if (!only.isEmpty() && (suite == SuiteName.studio || suite == SuiteName.acceptance))
            throw new CommandLine.ParameterException(spec.commandLine(), "bench: " + suite + " is one run; leave --only out");
        long start = System.nanoTime();
        if (!json) System.out.printf("%s%n%s%s%n", Cpu.name(),
                PeerProcess.heldTo().isEmpty() ? "" : "Peers run with " + PeerProcess.heldTo() + System.lineSeparator(), Table.head());
        List<Row> rows = switch (suite) {
            case core -> tensors(new CoreSuite());
            case gemm -> tensors(new GemmSuite());
            case matvec -> tensors(new MatvecSuite());
            case elementwise -> tensors(new ElementwiseSuite());
            case reductions -> tensors(new ReductionSuite());
            case attention -> tensors(new AttentionSuite());
            case indexing -> tensors(new IndexingSuite());
            case conv -> tensors(new ConvSuite());
            case linalg -> tensors(new LinalgSuite());
            case optim -> tensors(new OptimSuite());
            case nn -> tensors(new NnSuite());
            case startup -> tensors(new StartupSuite());
            case text -> tensors(new TextSuite());
            case retrieval -> tensors(new RetrievalSuite());
            case llm -> tensors(new LlmSuite());
            case models -> tensors(new ModelsSuite());
            case serve -> tensors(new ServeSuite());
            case learn -> new LearnSuite(counts(Runtime.getRuntime().availableProcessors()), effort(), this::show).run();
            case onnx -> new OnnxSuite(root.resolve(".lyceum/models"), counts(2), effort(), this::show).run();
            case studio -> new StudioSuite(this::show).run();
            case acceptance -> new AcceptanceSuite(root, this::show).run();
        };
        if (json) System.out.println(JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(rows));
        else {
            Judgement.of(rows).forEach(j -> System.out.println(j.sentence()));
            System.out.printf("%d rows in %d s%n", rows.size(), Math.round((System.nanoTime() - start) * 1e-9));
        }
        if (svg != null) Files.writeString(svg, Svg.write(Chart.of(suite.name(), rows), Theme.LIGHT, WIDTH));
        if (record) History.record(root.resolve(History.FILE), LocalDate.now(ZoneOffset.UTC), Machine.version(), Commit.of(root), rows);
        return 0;
    }

    /** On each number of threads, with peers that have as many. */
    private List<Row> tensors(Suite measured) throws IOException {
        var counts = counts(2);
        warnIfBusy();
        System.setProperty("lyceum.threads", Integer.toString(counts.getLast())); // before anything asks for the pool
        var effort = effort();
        var rows = new ArrayList<Row>();
        for (int n : counts) {
            var peers = new ArrayList<Peer>();
            try {
                if (suite == SuiteName.models) {
                    Peer.models(n).ifPresent(peers::add);
                    Peer.libtorch(n).ifPresent(peers::add);
                    Peer.scipy(n).ifPresent(peers::add);
                } else if (suite != SuiteName.startup && suite != SuiteName.text && suite != SuiteName.retrieval) {
                    Peer.libtorch(n).ifPresent(peers::add);
                    Peer.pytorch(n).ifPresent(peers::add);
                    if (suite == SuiteName.linalg) Peer.scipy(n).ifPresent(peers::add);
                }
                if (suite == SuiteName.llm || suite == SuiteName.serve) {
                    Peer.nodeLlamaCpp(root.resolve(".lyceum/peers/node-llama-cpp"), n).ifPresent(peers::add);
                    Peer.kherud(n).ifPresent(peers::add);
                }
                if (suite == SuiteName.llm) Peer.jlama(root.resolve("lyceum-bench/target/jlama"), n).ifPresent(peers::add);
                var bench = new SideBySide(suite.name(), n, peers, effort, row -> {
                    rows.add(row);
                    show(row);
                });
                if (n == 1) Parallel.sequentially(() -> measured.measure(bench));
                else measured.measure(bench);
            } finally {
                for (var peer : peers) peer.close();
            }
        }
        return rows;
    }

    /** Of threads: those asked for, else one and, where there are cores, {@code most}. */
    private List<Integer> counts(int most) {
        return threads > 0 ? List.of(threads) : Runtime.getRuntime().availableProcessors() > 1 ? List.of(1, most) : List.of(1);
    }

    private SideBySide.Effort effort() {
        var usual = busy ? SideBySide.Effort.BUSY : SideBySide.Effort.FULL;
        return usual.only(only).repetitions(repetitions == 0 ? usual.repetitions() : repetitions);
    }

    private static void warnIfBusy() {
        int cores = Runtime.getRuntime().availableProcessors();
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        if (load > BUSY * cores) System.err.printf(
                "Other programs use the CPU (load %.1f on %d cores), and threads that wait for each other suffer most: measure again when it is idle, or with --busy and read the ratio of the best%n",
                load, cores);
    }

    private void show(Row row) { if (!json) System.out.println(Table.line(row)); }
}
