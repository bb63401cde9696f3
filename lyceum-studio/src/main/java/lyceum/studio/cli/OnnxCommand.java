package lyceum.studio.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.format.Npz;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxFile.Type;
import lyceum.nn.onnx.OnnxModel;
import lyceum.nn.onnx.OnnxModel.NodeTime;
import lyceum.nn.onnx.OnnxValue;
import lyceum.plot.render.Svg;
import lyceum.plot.render.Theme;
import lyceum.tensor.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code lyceum onnx}: what is in an ONNX file, what it answers, where its time goes, and where two differ. */
@Command(name = "onnx", description = "Look into an ONNX model, run it, profile it, compare it.",
        synopsisSubcommandLabel = "info|run|profile|compare",
        subcommands = {OnnxCommand.Info.class, OnnxCommand.Run.class, OnnxCommand.Profile.class, OnnxCommand.Compare.class})
final class OnnxCommand implements Callable<Integer> {
    private static final int VALUES = 8, DRAWN = 400;
    private static final double WIDTH = 1_000;

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Override public Integer call() {
        throw new ParameterException(spec.commandLine(), "onnx: choose one of info, run, profile or compare");
    }

    private static OnnxModel load(Path file) throws IOException { return OnnxModel.load(FitCommand.existing(file)); }

    private static String sets(OnnxModel model) {
        return model.file().opsets().entrySet().stream().map(e -> (e.getKey().isEmpty() ? "ai.onnx" : e.getKey()) + " " + e.getValue())
                .sorted().collect(Collectors.joining(", "));
    }

    private static String text(Port port) {
        return port.name() + "  "
                + (port.type() instanceof Type.OfTensor t ? t.element() + " " + (t.shape() == null ? "(..)" : t.shape()) : port.type());
    }

    /** What is in it. */
    @Command(name = "info", description = "List what is in an ONNX file: inputs, outputs, operators, weights.",
            footer = {"", "Nothing is run. Example:", "  lyceum onnx info model.onnx --shapes --size batch=32 --graph model.svg"})
    static final class Info implements Callable<Integer> {
        @ParentCommand private OnnxCommand parent;

        @Parameters(paramLabel = "FILE", description = "An ONNX model.")
        private Path file;

        @Option(names = "--shapes", description = "List what each node makes, with shapes and costs.") private boolean all;

        @Option(names = "--size", paramLabel = "NAME=N",
                description = "The size of a dimension that the model leaves open.")
        private Map<String, Long> sizes = Map.of();

        @Option(names = "--graph", paramLabel = "FILE.svg", description = "Draw the graph with shapes and costs.")
        private Path drawing;

        @Override public Integer call() throws IOException {
            sizes.forEach((name, size) -> {
                if (size < 0)
                    throw new ParameterException(parent.spec.commandLine(), "--size " + name + " is " + size + "; it is 0 or more");
            });
            var model = load(file);
            var out = parent.lyceum.terminal().out();
            var graph = model.file().graph();
            out.println(graph.name() + " by " + (model.file().producer().isBlank() ? "an unknown producer" : model.file().producer())
                    + ", IR " + model.file().irVersion() + ", operator sets " + sets(model));
            model.inputs().forEach(port -> out.println("  in   " + text(port)));
            model.outputs().forEach(port -> out.println("  out  " + text(port)));
            long numbers = 0;
            for (var constant : graph.initializers().values()) {
                long count = 1;
                for (long size : constant.dims()) count *= size;
                numbers += count;
            }
            out.printf("  %,d numbers in %d constants, %d nodes%n", numbers, graph.initializers().size(), graph.nodes().size());
            var operators = new TreeMap<String, Integer>();
            graph.nodes().forEach(
                    node -> operators.merge((node.domain().isEmpty() ? "" : node.domain() + ":") + node.operator(), 1, Integer::sum));
            operators.forEach((name, count) -> out.printf("  %5d  %s%n", count, name));
            shapes(model, out);
            return LyceumCommand.DONE;
        }

        private void shapes(OnnxModel model, PrintStream out) throws IOException {
            var shapes = model.shapes(sizes);
            if (all)
                for (var work : shapes.work()) out.printf("  %-48s %14s  %s%n", work.node().label(), work.operations(), work.outputs());
            if (shapes.operations() >= 0) out.printf("  %,d multiply-adds and elements a run%n", shapes.operations());
            shapes.contradictions().forEach(each -> out.println("  contradiction: " + each));
            if (drawing == null) return;
            Files.writeString(drawing, Svg.write(shapes.figure(model.file().graph(), DRAWN), Theme.LIGHT, WIDTH));
            out.println("Written: " + drawing);
        }
    }

    /** What it answers. */
    @Command(name = "run", description = "Run an ONNX model on files, or on numbers drawn by the shapes of its inputs.",
            footer = {"", "Example:", "  lyceum onnx run model.onnx --input image=cat.png --out answers.npz"})
    static final class Run implements Callable<Integer> {
        @ParentCommand private OnnxCommand parent;

        @Parameters(paramLabel = "FILE", description = "An ONNX model.")
        private Path file;

        @Mixin private OnnxInputs inputs;

        @Option(names = "--out", paramLabel = "FILE",
                description = "A .npz for the outputs; without it the first numbers are printed.")
        private Path to;

        @Override public Integer call() throws IOException {
            var model = load(file);
            var results = model.runValues(inputs.of(model));
            var out = parent.lyceum.terminal().out();
            results.forEach((name, value) -> out
                    .println(name + "  " + value + "  " + (value instanceof OnnxValue.Array a ? first(a.tensor()) : "")));
            if (to != null) {
                var tensors = new LinkedHashMap<String, Tensor>();
                results.forEach((name, value) -> { if (value instanceof OnnxValue.Array a) tensors.put(name, a.tensor()); });
                Npz.write(to, tensors);
                out.println("Written: " + to);
            }
            return LyceumCommand.DONE;
        }

        private static String first(Tensor x) {
            var flat = x.reshape(-1);
            long n = Math.min(VALUES, flat.count());
            return n == 0 ? "" : flat.narrow(0, 0, n) + (flat.count() > n ? " .." : "");
        }
    }

    /** Where its time goes. */
    @Command(name = "profile", description = "Say where the time of an ONNX model goes, by node.")
    static final class Profile implements Callable<Integer> {
        @ParentCommand private OnnxCommand parent;

        @Parameters(paramLabel = "FILE", description = "An ONNX model.")
        private Path file;

        @Mixin private OnnxInputs inputs;

        @Option(names = "--top", paramLabel = "N", defaultValue = "20", description = "Nodes to show, 20 by default.") private int top;

        @Override public Integer call() throws IOException {
            var model = load(file);
            var given = inputs.of(model);
            model.profile(given);
            var times = model.profile(given);
            long all = times.stream().mapToLong(NodeTime::nanoseconds).sum();
            var out = parent.lyceum.terminal().out();
            out.printf("%.3f ms in %d nodes, the second run%n", all / 1e6, times.size());
            times.stream().sorted(Comparator.comparingLong(NodeTime::nanoseconds).reversed()).limit(top)
                    .forEach(t -> out.printf("%9.3f ms %4.1f%%  %-20s %s  %s%n", t.nanoseconds() / 1e6,
                            100.0 * t.nanoseconds() / Math.max(1, all), t.operator(), t.node(), t.outputs()));
            return LyceumCommand.DONE;
        }
    }

    /** Where two differ. */
    @Command(name = "compare", description = "Compare two ONNX models, or one with stored outputs, and name the first value that differs.",
            footer = {"", "Exit code 1 if something differs.", "Example:", "  lyceum onnx compare float.onnx int8.onnx --tolerance 0.01"})
    static final class Compare implements Callable<Integer> {
        @ParentCommand private OnnxCommand parent;

        @Parameters(index = "0", paramLabel = "FILE", description = "An ONNX model.")
        private Path file;

        @Parameters(index = "1", paramLabel = "OTHER",
                description = "Another model with values of the same names, or a .npz of its outputs.")
        private Path other;

        @Mixin private OnnxInputs inputs;

        @Option(names = "--tolerance", paramLabel = "X", defaultValue = "1e-4",
                description = "Of a value: the greatest difference over 1 or its greatest number, whichever is more; 1e-4 by default.") private double tolerance;

        @Override public Integer call() throws IOException {
            var model = load(file);
            var given = inputs.of(model);
            SequencedMap<String, Tensor> ours, theirs;
            if (other.toString().endsWith(".npz")) {
                theirs = Npz.read(FitCommand.existing(other));
                ours = tensors(model.values(given, theirs.keySet()));
            } else {
                var second = load(other);
                var shared = new LinkedHashSet<String>();
                model.file().graph().nodes().forEach(node -> shared.addAll(node.outputs()));
                var known = new LinkedHashSet<String>();
                second.file().graph().nodes().forEach(node -> known.addAll(node.outputs()));
                shared.retainAll(known);
                shared.remove("");
                ours = tensors(model.values(given, shared));
                theirs = tensors(second.values(given, shared));
            }
            var out = parent.lyceum.terminal().out();
            int compared = 0;
            for (var name : theirs.keySet()) {
                var mine = ours.get(name);
                if (mine == null) continue;
                compared++;
                double difference = difference(mine, theirs.get(name));
                if (difference <= tolerance) continue;
                out.printf("%s differs by %.3g: %s %s and %s %s%n", name, difference, mine.dtype(), mine.shape(), theirs.get(name).dtype(),
                        theirs.get(name).shape());
                return LyceumCommand.FAILED;
            }
            if (compared == 0) throw new IOException(file + " and " + other + " have no value of the same name");
            out.println(compared + " values agree within " + tolerance);
            return LyceumCommand.DONE;
        }

        private static SequencedMap<String, Tensor> tensors(SequencedMap<String, OnnxValue> values) {
            var tensors = new LinkedHashMap<String, Tensor>();
            values.forEach((name, value) -> { if (value instanceof OnnxValue.Array a) tensors.put(name, a.tensor()); });
            return tensors;
        }

        /** Infinite where shapes or one-sided NaNs differ. */
        private static double difference(Tensor a, Tensor b) {
            if (!a.shape().equals(b.shape())) return Double.POSITIVE_INFINITY;
            if (a.count() == 0) return 0;
            double[] x = a.to(DType.F64).toDoubleArray(), y = b.to(DType.F64).toDoubleArray();
            double most = 0, size = 1;
            for (int i = 0; i < x.length; i++) {
                if (Double.isNaN(x[i]) != Double.isNaN(y[i])) return Double.POSITIVE_INFINITY;
                if (x[i] == y[i] || Double.isNaN(x[i])) continue;
                most = Math.max(most, Math.abs(x[i] - y[i]));
                if (Double.isFinite(y[i])) size = Math.max(size, Math.abs(y[i]));
            }
            return most / size;
        }
    }
}
