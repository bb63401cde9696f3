package lyceum.llm.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.nn.Module;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Makes a decoder shallower for one domain: the layer that is missed least goes, the rest is tuned briefly, and again, until few enough are left or too much is lost.
 *
 * {@snippet :
 * var pruner = new LayerPruner(3, LayerImportance.lossWithout(m -> loss(m, calibration)));
 * var pruned = pruner.prune(model, (m, round, rounds) -> tune(m, steps / rounds), Rng.of(1), Progress.SILENT);
 * ModelFolder.write(folder, pruned.model(), ModelFamily.LLAMA);          // a checkpoint of three layers
 * }
 *
 * <p>Layers write to one residual stream, so that those behind a removed one still read something that they know. What is given stays as it is.
 *
 * @param layers that shall be left, at least 1
 * @param importance scores, renewed after each removal where the order is {@link Order#PROGRESSIVE}
 * @param order of removal
 * @param quality measured after each tuning, larger if better; null for none. Each removal is then kept only if it leaves {@code q - budget |q|} of the
 *        first q: {@code 1 - budget} of it where it is positive
 * @param budget share of the quality that may be lost; not read without a quality
 * @see <a href="https://arxiv.org/abs/2412.11242">Hu, Rosing and Zhang (2025), TrimLLM</a>
 * @see <a href="https://arxiv.org/abs/2403.03853">Men et al. (2024), ShortGPT</a>
 */
@Withers
public record LayerPruner(int layers, LayerImportance importance, Order order, ToDoubleFunction<DecoderLM> quality, double budget)
        implements LayerPrunerWithers {

    /** Which layers go, and when. */
    public enum Order {
        /** The least important one, then tuning and new scores. */
        PROGRESSIVE,
        /** All at once by the first scores, then tuning. */
        ONE_SHOT,
        /** All at once, drawn, then tuning: what scores must beat. */
        RANDOM,
        /** The last ones at once, then tuning. */
        LAST
    }

    /** Tunes a model in place after a removal. @see Pretrainer */
    @FunctionalInterface
    public interface Tuning {
        /**
         * How many steps a round takes is left to this, as {@code steps / rounds} for equal shares; if the pruner stops early, those of the rounds left are not taken.
         *
         * @param round from 0
         * @param rounds in all, if nothing stops them
         */
        void tune(DecoderLM model, int round, int rounds);

        /** None. */
        Tuning NONE = (model, round, rounds) -> {};
    }

    /**
     * A removal.
     *
     * @param removed numbers in the given model
     * @param left numbers in the given model before the removal, and the scores of these; empty where none were asked for
     * @param quality after tuning, NaN where none is measured
     */
    public record Round(List<Integer> removed, List<Integer> left, double[] scores, double quality) {}

    /** A shallower model, which of the given layers it has, and how it came about. */
    public record Pruned(DecoderLM model, List<Integer> kept, List<Round> rounds) {}

    public LayerPruner {
        Objects.requireNonNull(order, "order");
        if (layers < 1 || !(budget >= 0 && budget <= 1))
            throw new IllegalArgumentException("LayerPruner: " + layers + " layers, a budget of " + budget + "; at least 1 layer, a share");
        if (importance == null && (order == Order.PROGRESSIVE || order == Order.ONE_SHOT))
            throw new IllegalArgumentException("LayerPruner: the order " + order + " asks for an importance");
    }

    /** One by one, whatever it costs. */
    public LayerPruner(int layers, LayerImportance importance) { this(layers, importance, Order.PROGRESSIVE, null, 1); }

    /**
     * A model without the layers of those numbers. Weights are shared with the given one, so that it takes no memory: {@link Module#copy} before training. With its own
     * numbers 0, 1, .. for the layers that are left it is a model like any other, caches and files included.
     */
    public static DecoderLM without(DecoderLM model, int... removed) {
        var config = model.config();
        int[] gone = Arrays.stream(removed).sorted().distinct().toArray();
        if (gone.length == 0) return model;
        if (gone[0] < 0 || gone[gone.length - 1] >= config.layers() || gone.length >= config.layers())
            throw new IllegalArgumentException("LayerPruner.without: layers " + Arrays.toString(removed) + " of " + config.layers()
                    + "; they are 0 to " + (config.layers() - 1) + ", and one is left at least");
        int[] kept = IntStream.range(0, config.layers()).filter(l -> Arrays.binarySearch(gone, l) < 0).toArray();
        var values = new LinkedHashMap<String, Tensor>();
        model.state().forEach((name, value) -> {
            if (!name.startsWith(LAYERS)) {
                values.put(name, value);
                return;
            }
            int end = name.indexOf('.', LAYERS.length());
            int at = Arrays.binarySearch(kept, Integer.parseInt(name.substring(LAYERS.length(), end)));
            if (at >= 0) values.put(LAYERS + at + name.substring(end), value);
        });
        DecoderConfig shallower = config.withBlocks(Arrays.stream(kept).mapToObj(config.blocks()::get).toList());
        return Module.with(DecoderLM.skeleton(shallower), values);
    }

    private static final String LAYERS = "decoder.layers.";

    /**
     * Removes and tunes.
     *
     * @param rng draws layers for {@link Order#RANDOM}
     * @throws IllegalArgumentException if the model has fewer layers than shall be left
     * @throws lyceum.progress.CancelledException if progress says so, between two removals
     */
    public Pruned prune(DecoderLM model, Tuning tuning, Rng rng, Progress progress) {
        int depth = model.config().layers();
        if (layers > depth) throw new IllegalArgumentException("LayerPruner: " + layers + " layers to be left of " + depth);
        double first = quality == null ? Double.NEGATIVE_INFINITY : quality.applyAsDouble(model);
        double least = quality == null ? first : first - budget * Math.abs(first); // below the first, negative or not
        List<Integer> left = IntStream.range(0, depth).boxed().toList();
        var current = DecoderLM.copy(model);
        var rounds = new ArrayList<Round>();
        int count = order == Order.PROGRESSIVE ? depth - layers : Math.min(1, depth - layers);
        for (int round = 0; round < count; round++) {
            double[] scores = importance == null || order == Order.RANDOM || order == Order.LAST ? new double[0] : importance.of(current);
            int[] places = places(scores, left.size(), order == Order.PROGRESSIVE ? 1 : depth - layers, rng);
            var next = DecoderLM.copy(without(current, places));
            tuning.tune(next, round, count);
            double measured = quality == null ? Double.NaN : quality.applyAsDouble(next);
            if (measured < least) break;
            var had = left;
            var removed = Arrays.stream(places).mapToObj(had::get).toList();
            rounds.add(new Round(removed, had, scores, measured));
            left = had.stream().filter(l -> !removed.contains(l)).toList();
            current = next;
            progress.step("layers removed", depth - left.size(), depth - layers, "quality", measured);
        }
        return new Pruned(current, left, List.copyOf(rounds));
    }

    private int[] places(double[] scores, int depth, int count, Rng rng) {
        return switch (order) {
            case RANDOM -> Arrays.stream(rng.sample(depth, count)).sorted().toArray();
            case LAST -> IntStream.range(depth - count, depth).toArray();
            case PROGRESSIVE, ONE_SHOT -> IntStream.range(0, depth).boxed().sorted((a, b) -> Double.compare(scores[a], scores[b]))
                    .limit(count).mapToInt(Integer::intValue).sorted().toArray();
        };
    }
}
