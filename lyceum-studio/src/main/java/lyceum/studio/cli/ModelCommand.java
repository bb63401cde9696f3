package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import lyceum.DType;
import lyceum.llm.weights.OpenWeights;
import lyceum.llm.weights.WeightConversion;
import lyceum.llm.weights.WeightDifference;
import lyceum.llm.weights.WeightDifference.Kind;
import lyceum.llm.weights.WeightStatistics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code lyceum model}: what is in a file of weights, how two differ, and the same in another format. */
@Command(name = "model", description = "Inspect, compare and convert weights (safetensors, GGUF, ONNX, .pt, .npz).",
        synopsisSubcommandLabel = "info|diff|convert",
        subcommands = {ModelCommand.Info.class, ModelCommand.Diff.class, ModelCommand.Convert.class})
final class ModelCommand implements Callable<Integer> {
    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Override public Integer call() { throw new ParameterException(spec.commandLine(), "model: choose one of info, diff or convert"); }

    private static OpenWeights open(Path path) throws IOException {
        return OpenWeights.open(Files.isDirectory(path) ? path : FitCommand.existing(path));
    }

    private void print(List<List<String>> rows) {
        if (rows.size() > 1)
            TextTable.of(rows).lines(lyceum.terminal(), lyceum.terminal().columns()).forEach(lyceum.terminal().out()::println);
    }

    private static String shape(List<Long> shape) { return shape.toString().replace('[', '(').replace(']', ')'); }

    /** A name in a file of somebody's: what would steer the terminal is a question mark. */
    private static String plain(String text) { return text.replaceAll("\\p{Cc}", "?"); }

    private static String number(double x) { return String.format(Locale.ROOT, "%.4g", x); }

    private static String count(long n) { return String.format(Locale.ROOT, "%,d", n); }

    /** What is in it. */
    @Command(name = "info", description = "List what is in a file of weights: names, shapes, types, sizes, metadata. Reads headers only.",
            footer = {"", "Examples:", "  lyceum model info model.safetensors", "  lyceum model info model-q4_k.gguf --metadata"})
    static final class Info implements Callable<Integer> {
        @ParentCommand private ModelCommand parent;

        @Parameters(paramLabel = "FILE", description = "A file of weights, an index of several, or a folder of them.")
        private Path file;

        @Option(names = "--numbers",
                description = "Read the numbers too: minimum, maximum, mean, standard deviation, and how many are NaN.") private boolean numbers;

        @Option(names = "--metadata",
                description = "Show all metadata in full; by default a line each for the first forty.") private boolean metadata;

        @Override public Integer call() throws IOException {
            var weights = open(file);
            var out = parent.lyceum.terminal().out();
            var entries = weights.entries().values();
            out.println(file + ": " + weights.format().name().toLowerCase(Locale.ROOT) + " in " + weights.files().size()
                    + (weights.files().size() == 1 ? " file" : " files"));
            out.println("  " + count(entries.size()) + " tensors, " + count(entries.stream().mapToLong(ModelCommand::count).sum())
                    + " numbers, " + count(weights.bytes()) + " bytes");
            var types = new TreeMap<String, long[]>();
            for (var entry : entries) {
                var sum = types.computeIfAbsent(entry.type(), _ -> new long[2]);
                sum[0]++;
                sum[1] += Math.max(0, entry.bytes());
            }
            types.forEach((type, sum) -> out.println("  " + type + ": " + count(sum[0]) + " tensors, " + count(sum[1]) + " bytes"));
            weights.metadata().entrySet().stream().sorted(Map.Entry.comparingByKey()).limit(metadata ? Long.MAX_VALUE : 40)
                    .forEach(m -> out.println("  " + plain(m.getKey()) + " = " + value(m.getValue())));
            if (!metadata && weights.metadata().size() > 40) out.println("  and " + (weights.metadata().size() - 40) + " more: --metadata");
            var rows = new ArrayList<List<String>>();
            rows.add(numbers ? List.of("name", "type", "shape", "least", "greatest", "mean", "deviation", "no number")
                    : List.of("name", "type", "shape", "bytes"));
            for (var entry : entries)
                rows.add(numbers ? numbers(entry)
                        : List.of(plain(entry.name()), entry.type(), shape(entry.shape()), entry.bytes() < 0 ? "?" : count(entry.bytes())));
            parent.print(rows);
            return LyceumCommand.DONE;
        }

        private String value(String text) {
            return metadata ? text.replaceAll("[\\p{Cc}&&[^\\n\\t]]", "?") : TextWidth.cut(plain(text.replaceAll("\\s+", " ")), 60);
        }

        private static List<String> numbers(OpenWeights.Entry entry) {
            var s = WeightStatistics.of(entry.tensor().get(), 1);
            return List.of(plain(entry.name()), entry.type(), shape(entry.shape()), number(s.least()), number(s.greatest()),
                    number(s.mean()), number(s.deviation()), count(s.notFinite()));
        }
    }

    private static long count(OpenWeights.Entry entry) {
        return entry.shape().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    }

    /** How two differ. */
    @Command(name = "diff", description = "Show how the weights of two files differ, tensor by tensor.",
            footer = {"", "Exit code 1 if something differs beyond the tolerance.", "Example:",
                    "  lyceum model diff before.safetensors after.safetensors"})
    static final class Diff implements Callable<Integer> {
        @ParentCommand private ModelCommand parent;

        @Parameters(index = "0", paramLabel = "A", description = "A file or folder of weights.")
        private Path first;

        @Parameters(index = "1", paramLabel = "B", description = "Another, of any format.")
        private Path second;

        @Option(names = "--tolerance", paramLabel = "X", defaultValue = "0",
                description = "Root mean square of the difference, over that of A's numbers, up to which tensors count as equal; 0 by default.") private double tolerance;

        @Override public Integer call() throws IOException {
            if (!(tolerance >= 0))
                throw new ParameterException(parent.spec.commandLine(), "--tolerance is " + tolerance + "; it is 0 or more");
            var all = WeightDifference.of(open(first), open(second));
            var rows = new ArrayList<List<String>>();
            rows.add(List.of("name", "A", "B", "largest gap", "relative"));
            int equal = 0, types = 0;
            for (var d : all) {
                if (d.kind() == Kind.EQUAL || d.kind() == Kind.NUMBERS && d.relative() <= tolerance) equal++;
                else if (d.kind() == Kind.TYPE) types++;
                else rows.add(
                        List.of(plain(d.name()), d.first().isEmpty() ? "missing" : d.first(), d.second().isEmpty() ? "missing" : d.second(),
                                d.kind() == Kind.NUMBERS ? number(d.largest()) : "", d.kind() == Kind.NUMBERS ? number(d.relative()) : ""));
            }
            parent.print(rows);
            parent.lyceum.terminal().out().println(count(equal) + " of " + count(all.size()) + " tensors are equal"
                    + (types == 0 ? "" : ", " + count(types) + " in value but not in type"));
            return rows.size() == 1 ? LyceumCommand.DONE : LyceumCommand.FAILED;
        }
    }

    /** The same in another format. */
    @Command(name = "convert", description = "Write weights in another format, under the same names.",
            footer = {"", "Examples:", "  lyceum model convert pytorch_model.bin model.safetensors --dtype bf16",
                    "  lyceum model convert model.safetensors shards/ --shard 2000000000",
                    "For a language model that llama.cpp runs, names and all: lyceum quantize."})
    static final class Convert implements Callable<Integer> {
        @ParentCommand private ModelCommand parent;

        @Parameters(index = "0", paramLabel = "IN", description = "A file or folder of weights.")
        private Path from;

        @Parameters(index = "1", paramLabel = "OUT",
                description = "A .safetensors, .gguf, .pt or .npz file; or a folder, for safetensors in several files.")
        private Path to;

        @Option(names = "--dtype", paramLabel = "TYPE",
                description = "f16, bf16, f32 or f64 for all floats; by default each keeps its own.")
        private String type;

        @Option(names = "--shard", paramLabel = "BYTES", defaultValue = "5000000000",
                description = "Bytes of tensors in a file of a folder, 5,000,000,000 by default.") private long shard;

        @Override public Integer call() throws IOException {
            var dtype = type == null ? null : switch (type.toLowerCase(Locale.ROOT)) {
                case "f16" -> DType.F16;
                case "bf16" -> DType.BF16;
                case "f32" -> DType.F32;
                case "f64" -> DType.F64;
                default -> throw new ParameterException(parent.spec.commandLine(), "--dtype is " + type + "; it is f16, bf16, f32 or f64");
            };
            if (shard < 1) throw new ParameterException(parent.spec.commandLine(), "--shard is " + shard + "; it is at least 1");
            new WeightConversion(dtype, shard).write(open(from), to);
            var written = OpenWeights.open(to);
            parent.lyceum.terminal().out().println("Written: " + to + ", " + count(written.entries().size()) + " tensors, "
                    + count(written.bytes()) + " bytes in " + written.files().size() + (written.files().size() == 1 ? " file" : " files"));
            return LyceumCommand.DONE;
        }
    }
}
