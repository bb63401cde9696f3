package lyceum.train.compress;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.Dataset;
import lyceum.linalg.Svd;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/**
 * A chain of stages that make a network smaller, measured after each: the bytes of its file, the median seconds of a batch, floating-point operations, and accuracy.
 *
 * {@snippet :
 * var chain = new CompressionPipeline(List.of(CompressionPipeline.Stage.prune(0.9), CompressionPipeline.Stage.tune(trainer),
 *         CompressionPipeline.Stage.quantise(new PostTrainingQuantizer())));
 * var result = chain.run(model, train, test, rng, Progress.SILENT);
 * result.measures();                                   // one a stage, the model itself first
 * CompressedFile.write(path, result.model());
 * }
 *
 * <p>Networks are those of {@link CompressedFile}; batch norms are folded at the start. A stage that trains keeps zeros zero. Order matters: pruning an integer network drops integers and
 * keeps the grid, while stages that need floats (tuning, low rank, structure) take the rounded values and undo the grid, so quantise last.
 *
 * @param stages in order
 * @see <a href="https://arxiv.org/abs/1510.00149">Han, Mao and Dally (2016)</a>
 */
public record CompressionPipeline(List<Stage> stages) {
    public CompressionPipeline { stages = List.copyOf(stages); }

    /** What a stage may use: the training data, the network that the chain began with, and randomness. */
    public record Context(Dataset data, Sequential teacher, Rng rng) {}

    /** One step from a network to a smaller or better one. */
    public record Stage(String name, Step step) {

        @FunctionalInterface
        public interface Step {
            Sequential apply(Sequential model, Context context);
        }

        /** Global magnitude. */
        public static Stage prune(double sparsity) {
            return new Stage("prune " + sparsity, (model, context) -> pruned(model, floats -> Pruner.magnitude(sparsity).masks(floats)));
        }

        /** Wanda, within each output; inputs are those of up to 500 rows. */
        public static Stage wanda(double sparsity) {
            return new Stage("wanda " + sparsity, (model, context) -> pruned(model, floats -> {
                var inputs = new LinkedHashMap<String, Tensor>();
                var x = context.data.head(500).x();
                for (int i = 0; i < floats.layers().size(); i++) {
                    var in = x;
                    var layer = floats.layers().get(i);
                    if (layer instanceof Linear) inputs.put(i + ".weight", in);
                    x = Autograd.noGrad(() -> layer.forward(in).compute());
                }
                var weights = Pruner.weights(floats);
                weights.keySet().retainAll(inputs.keySet());
                return new Pruner(Score.wanda(inputs), sparsity, Pruner.Scope.ROW, 0, 1).masks(weights, List.of());
            }));
        }

        /** Whole channels. */
        public static Stage structured(double share) {
            return new Stage("structured " + share, (model, context) -> {
                var floats = floats(model);
                return new StructuredPruner(share).plan(floats).shrink(floats);
            });
        }

        /** Two linear layers of inner size {@code rank} for each one where that saves weights; the last layer stays. */
        public static Stage lowRank(int rank) {
            if (rank < 1) throw new IllegalArgumentException("lowRank: rank is " + rank + "; at least 1");
            return new Stage("rank " + rank, (model, context) -> {
                var layers = new ArrayList<Layer>();
                for (var layer : floats(model).layers()) {
                    if (layer instanceof Linear linear
                            && rank * (linear.weight().size(0) + linear.weight().size(1)) < linear.weight().count())
                        layers.addAll(factors(linear, rank));
                    else layers.add(layer);
                }
                return new Sequential(layers);
            });
        }

        /** Training on the labels. */
        public static Stage tune(Trainer trainer) {
            return new Stage("tune", (model, context) -> {
                var floats = floats(model);
                zeros(floats).fit(trainer, floats, Loss::crossEntropy, context.data, context.rng);
                return floats;
            });
        }

        /** A student of its own, trained on the outputs of the network so far; labels below 0 are not used. */
        public static Stage distil(Distiller distiller, Trainer trainer, Supplier<Sequential> student) {
            return new Stage("distil", (model, context) -> {
                var small = student.get();
                distiller.fit(small, model, trainer, context.data, context.rng);
                return PostTrainingQuantizer.folded(small);
            });
        }

        /** Calibrated on up to 200 rows. */
        public static Stage quantise(PostTrainingQuantizer quantizer) {
            return new Stage("int" + quantizer.weightBits(),
                    (model, context) -> quantizer.quantise(floats(model), context.data.head(200).x()));
        }

        private static Sequential pruned(Sequential model, Function<Sequential, Masks> chosen) {
            var floats = floats(model);
            chosen.apply(floats).apply(floats);
            var layers = new ArrayList<Layer>();
            for (int i = 0; i < model.layers().size(); i++)
                layers.add(model.layers().get(i) instanceof IntegerLayer integers
                        ? integers.withWeight(PostTrainingQuantizer.weight(floats.layers().get(i)).detach()) : floats.layers().get(i));
            return new Sequential(layers);
        }

        /** Masks of what is zero now. */
        private static Masks zeros(Sequential model) {
            var kept = new LinkedHashMap<String, Tensor>();
            Pruner.weights(model).forEach((name, w) -> kept.put(name, w.detach().ne(w.detach().zerosLike()).compute()));
            return Masks.of(kept);
        }
    }

    /** {@code W = U V}, the best of that rank: {@code U = U_k sqrt(S_k)}, {@code V = sqrt(S_k) V_k'}; two layers, V first, the layer's activation behind the second. */
    public static List<Linear> factors(Linear layer, int rank) {
        PostTrainingQuantizer.bare(layer);
        return Autograd.noGrad(() -> {
            var svd = Svd.of(layer.weight().detach());
            var root = svd.s().narrow(0, 0, rank).sqrt();
            Tensor first = svd.v().narrow(1, 0, rank).mul(root).transpose().compute(),
                    second = svd.u().narrow(1, 0, rank).mul(root).compute();
            var bias = layer.bias() == null ? null : layer.bias().detach();
            return List.of(new Linear(first, null), new Linear(second, bias).activated(layer.activation()));
        });
    }

    /** The network in floats, of its own: integers become the values that they stand for. */
    static Sequential floats(Sequential model) {
        return PostTrainingQuantizer.folded(
                new Sequential(model.layers().stream().map(l -> l instanceof IntegerLayer integers ? integers.floats() : l).toList()));
    }

    /**
     * A network after some stages.
     *
     * @param chain names of the stages so far
     * @param bytes of the file
     * @param seconds median of five batches of 32 rows
     * @param operations in products, for one row, a multiply-add two; zeros count where the kernel is dense
     * @param accuracy share of the test rows that are right
     */
    public record Measure(String chain, long bytes, double seconds, long operations, double accuracy) {}

    /** @param measures the first is of the network itself */
    public record Result(Sequential model, List<Measure> measures) {}

    /** @throws lyceum.progress.CancelledException if progress says so, between two stages */
    public Result run(Sequential model, Dataset train, Dataset test, Rng rng, Progress progress) {
        var now = PostTrainingQuantizer.folded(model);
        var teacher = now;
        var measures = new ArrayList<Measure>();
        var chain = new ArrayList<String>();
        measures.add(measure("none", now, test));
        for (int i = 0; i < stages.size(); i++) {
            var stage = stages.get(i);
            now = stage.step.apply(now, new Context(train, teacher, rng.split(i)));
            chain.add(stage.name);
            measures.add(measure(String.join(" > ", chain), now, test));
            if (progress != Progress.SILENT)
                progress.step("compression", i + 1, stages.size(), Map.of("accuracy", measures.getLast().accuracy));
        }
        return new Result(now, List.copyOf(measures));
    }

    /** Writes the network to a temporary file, runs it and counts. */
    public static Measure measure(String name, Sequential model, Dataset test) {
        try {
            var file = Files.createTempFile("lyceum", ".safetensors");
            try {
                CompressedFile.write(file, model);
                var batch = test.head(32).x();
                return Autograd.noGrad(() -> {
                    double right = 0;
                    for (int from = 0; from < test.size(); from += 500) {
                        var part = test.range(from, Math.min(test.size(), from + 500));
                        right += model.forward(part.x()).argmax(1).eq(part.y()).to(DType.F64).sum().item();
                    }
                    return new Measure(name, file.toFile().length(), BreakEven.seconds(() -> model.forward(batch), 5),
                            operations(model, test.head(1).x()), right / test.size());
                });
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("CompressionPipeline: no temporary file", e);
        }
    }

    private static long operations(Sequential model, Tensor row) {
        var floats = floats(model);
        return FlopCounter.count(() -> floats.forward(row).compute()).products();
    }

    /** Those that no other beats: none has at most as many bytes and at least the accuracy, and is better in one. By bytes, ascending. */
    public static List<Measure> frontier(List<Measure> runs) {
        var sorted = new ArrayList<>(runs);
        sorted.sort(Comparator.comparingLong(Measure::bytes).thenComparing(Comparator.comparingDouble(Measure::accuracy).reversed()));
        var front = new ArrayList<Measure>();
        for (var run : sorted) {
            boolean equal = !front.isEmpty() && front.getLast().bytes == run.bytes && front.getLast().accuracy == run.accuracy;
            if (front.isEmpty() || equal || run.accuracy > front.getLast().accuracy) front.add(run);
        }
        return List.copyOf(front);
    }

    /** Runs each chain from the same network: all measures, the network's own once. */
    public static List<Measure> search(List<CompressionPipeline> chains, Sequential model, Dataset train, Dataset test, Rng rng,
            Progress progress) {
        var all = new ArrayList<Measure>();
        for (var chain : chains) {
            var measures = chain.run(model, train, test, rng, progress).measures;
            all.addAll(measures.subList(all.isEmpty() ? 0 : 1, measures.size()));
        }
        return List.copyOf(all);
    }
}
