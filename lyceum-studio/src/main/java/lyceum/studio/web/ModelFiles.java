package lyceum.studio.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import lyceum.LyceumException;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxFile.Type;
import lyceum.llm.weights.OpenWeights;
import lyceum.llm.weights.WeightStatistics;
import lyceum.nn.onnx.OnnxShapes;
import lyceum.plot.Figure;
import lyceum.studio.web.view.ModelsView;
import lyceum.studio.web.view.ModelsView.Numbers;
import lyceum.studio.web.view.ModelsView.Picture;
import lyceum.studio.web.view.ModelsView.Row;

/** Looks into a file of weights for {@link ModelsPage}. Headers are read; numbers only of the tensor that is asked for, and of that so many. */
final class ModelFiles {
    /** Names that may be opened: a page must not tell what is in other files, nor wait for a pipe. */
    private static final List<String> ENDINGS = List.of(".safetensors", ".safetensors.index.json", ".gguf", ".onnx", ".pt", ".pth", ".bin",
            ".npz");
    private static final int BINS = 60, GROUPS = 24, NODES = 500, DRAWN = 60, FACTS = 40, LONGEST = 200, TENSORS = 5_000;
    /** Blocks and narrow floats are widened whole before {@link #READ} of their numbers are looked at. */
    private static final long READ = 1L << 24, WIDENED = 1L << 26;

    private ModelFiles() {}

    /** What is in the file, or why it cannot be shown. */
    static ModelsView view(String text, String tensor) {
        Path path;
        try {
            path = Path.of(text);
        } catch (InvalidPathException e) {
            return ModelsView.of(text, "That is not a file name.");
        }
        var name = text.toLowerCase(Locale.ROOT);
        if (!path.isAbsolute())
            return ModelsView.of(text, "Name the file from the root of the disk on, as in /home/you/model.safetensors.");
        if (ENDINGS.stream().noneMatch(name::endsWith))
            return ModelsView.of(text, "Files that end in " + String.join(", ", ENDINGS) + " can be shown.");
        if (!Files.isRegularFile(path)) return ModelsView.of(text, "There is no such file.");
        try {
            return of(text, OpenWeights.open(path), name.endsWith(".onnx") ? OnnxFile.read(path) : null, tensor);
        } catch (LyceumException | IllegalArgumentException e) {
            return ModelsView.of(text, cut(Words.ended(e.getMessage())));
        } catch (IOException | UncheckedIOException | ArithmeticException e) {
            return ModelsView.of(text, "It cannot be read: " + e.getClass().getSimpleName() + ".");
        }
    }

    private static ModelsView of(String path, OpenWeights weights, OnnxFile onnx, String tensor) {
        var facts = new ArrayList<List<String>>();
        var entries = weights.entries().values();
        facts.add(List.of("format", weights.format().name().toLowerCase(Locale.ROOT)));
        facts.add(List.of("files", String.valueOf(weights.files().size())));
        facts.add(List.of("tensors", count(entries.size())));
        facts.add(List.of("numbers", count(entries.stream().mapToLong(e -> e.shape().stream().reduce(1L, (a, b) -> a * b)).sum())));
        facts.add(List.of("bytes", count(weights.bytes())));
        if (onnx != null) {
            onnx.graph().inputs().stream().limit(FACTS).forEach(port -> facts.add(List.of("input", cut(port(port)))));
            onnx.graph().outputs().stream().limit(FACTS).forEach(port -> facts.add(List.of("output", cut(port(port)))));
            facts.add(List.of("operators", count(onnx.graph().nodes().size())));
        }
        new TreeMap<>(weights.metadata()).entrySet().stream().limit(FACTS)
                .forEach(m -> facts.add(List.of(cut(m.getKey()), cut(m.getValue()))));
        var rows = new ArrayList<Row>();
        for (var e : entries) {
            if (rows.size() == TENSORS) break;
            rows.add(new Row(cut(e.name()), e.type(), e.shape().toString().replace('[', '(').replace(']', ')'),
                    e.bytes() < 0 ? "?" : count(e.bytes()), "/models?path=" + encoded(path) + "&tensor=" + encoded(e.name()) + "#numbers"));
        }
        var shapes = onnx == null ? null : OnnxShapes.of(onnx, Map.of());
        if (shapes != null) shapes.contradictions().stream().limit(FACTS).forEach(each -> facts.add(List.of("contradiction", cut(each))));
        var nodes = onnx == null ? List.<List<String>>of() : nodes(shapes);
        return new ModelsView(path, "", facts, sizes(weights), onnx == null ? null : graph(onnx.graph(), shapes), nodes,
                onnx == null ? 0 : onnx.graph().nodes().size() - nodes.size(), rows, tensor == null ? null : numbers(weights, tensor));
    }

    private static String encoded(String text) { return URLEncoder.encode(text, StandardCharsets.UTF_8); }

    private static String count(long n) { return String.format(Locale.ROOT, "%,d", n); }

    private static String cut(String text) {
        var line = text.replaceAll("\\s+", " ");
        return line.length() > LONGEST ? line.substring(0, LONGEST) + " .." : line;
    }

    private static String port(Port port) {
        return port.name() + "  "
                + (port.type() instanceof Type.OfTensor t ? t.element() + " " + (t.shape() == null ? "(..)" : t.shape()) : port.type());
    }

    // Sizes.

    /** Where the bytes are: names are told apart as deep as {@link #GROUPS} groups allow. */
    private static Picture sizes(OpenWeights weights) {
        Map<String, Double> groups = null;
        for (int depth = 1; depth <= 6; depth++) {
            var deeper = new LinkedHashMap<String, Double>();
            for (var e : weights.entries().values())
                if (e.bytes() > 0) deeper.merge(prefix(e.name(), depth), (double) e.bytes(), Double::sum);
            if (groups != null && (deeper.size() > GROUPS || deeper.size() == groups.size())) break;
            groups = deeper;
        }
        if (groups == null || groups.isEmpty()) return null;
        var shown = new LinkedHashMap<String, Double>();
        groups.forEach((name, size) -> shown.merge(shown.size() < GROUPS ? name : "others", size, Double::sum));
        double most = shown.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
        double unit = most >= 1e9 ? 1e9 : most >= 1e6 ? 1e6 : most >= 1e3 ? 1e3 : 1;
        var word = unit == 1e9 ? "gigabytes" : unit == 1e6 ? "megabytes" : unit == 1e3 ? "kilobytes" : "bytes";
        var description = Character.toUpperCase(word.charAt(0)) + word.substring(1) + " by the first words of the tensors' names.";
        var figure = Figure
                .bar("Sizes", shown.keySet().toArray(String[]::new), shown.values().stream().mapToDouble(size -> size / unit).toArray())
                .horizontal().axes(word, "part").describedAs(description);
        return picture(figure, description);
    }

    private static String prefix(String name, int depth) {
        var words = name.split("[./]");
        return cut(String.join(".", List.of(words).subList(0, Math.min(depth, words.length))));
    }

    private static Picture picture(Figure figure, String description) {
        return new Picture(figure.title(), description, Figures.inline(figure, 760));
    }

    // Graph.

    private static List<List<String>> nodes(OnnxShapes shapes) {
        var rows = new ArrayList<List<String>>();
        for (var work : shapes.work()) {
            var node = work.node();
            if (rows.size() == NODES) break;
            rows.add(List.of(String.valueOf(rows.size() + 1), cut((node.domain().isEmpty() ? "" : node.domain() + ".") + node.operator()),
                    cut(String.join(", ", node.inputs())), cut(String.join(", ", node.outputs())), cut(work.outputs()),
                    cut(work.operations())));
        }
        return rows;
    }

    /** Of small graphs: operators with what they cost, and the shapes between them. */
    private static Picture graph(Graph graph, OnnxShapes shapes) {
        if (graph.nodes().isEmpty() || graph.nodes().size() > DRAWN || graph.inputs().size() > DRAWN || graph.outputs().size() > DRAWN
                || graph.nodes().stream().mapToInt(node -> node.inputs().size()).sum() > 10 * DRAWN)
            return null;
        var figure = shapes.figure(graph, DRAWN);
        return picture(figure, figure.description());
    }

    // Numbers.

    private static Numbers numbers(OpenWeights weights, String name) {
        var entry = weights.entries().get(name);
        if (entry == null) throw new LyceumException("there is no tensor of that name");
        long all = entry.shape().stream().reduce(1L, (a, b) -> a * b);
        if (all > WIDENED)
            throw new LyceumException(name + " has " + count(all) + " numbers; those of up to " + count(WIDENED) + " are shown");
        var flat = entry.tensor().get().flatten();
        boolean whole = flat.count() <= READ;
        var s = WeightStatistics.of(whole ? flat : flat.narrow(0, 0, READ), BINS);
        var facts = List.of(List.of("type", entry.type()), List.of("shape", entry.shape().toString().replace('[', '(').replace(']', ')')),
                List.of("least", text(s.least())), List.of("greatest", text(s.greatest())), List.of("mean", text(s.mean())),
                List.of("standard deviation", text(s.deviation())), List.of("not finite", count(s.notFinite())));
        if (!(s.greatest() > s.least())) return new Numbers(name, facts, null);
        double[] edges = new double[BINS + 1], heights = new double[BINS];
        for (int i = 0; i <= BINS; i++) edges[i] = i == BINS ? s.greatest() : s.least() + i * (s.greatest() - s.least()) / BINS;
        for (int i = 0; i < BINS; i++) heights[i] = s.histogram()[i];
        var description = "How its " + (whole ? "" : "first ") + count(Math.min(READ, flat.count())) + " numbers lie.";
        return new Numbers(name, facts,
                picture(Figure.histogram("Numbers", edges, heights).axes("value", "numbers").describedAs(description), description));
    }

    private static String text(double x) { return String.format(Locale.ROOT, "%.6g", x); }
}
