package lyceum.autograd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.tensor.Checkpoint;
import lyceum.tensor.Tensor;

/**
 * Which values of a chain of layers are kept for the gradient, and which are computed again: memory for time, with the same gradient to the last bit.
 *
 * {@snippet :
 * Tensor y = CheckpointSchedule.sqrt(64).apply(layers, x);             // 16 activations live instead of 64, each layer run again once
 * CheckpointSchedule.optimal(64, 5).apply(layers, x);                  // five inputs kept; .recomputations() layers run again
 * CheckpointSchedule.at(12, 4, 9).apply(drawingLayers, x, rng);        // the inputs of layers 0, 4 and 9 are kept; dropout draws the same again
 * }
 *
 * <p>A schedule is a tree. A stretch of layers is cut into segments; of all but the last only the input is kept, and the backward pass runs the
 * segment again, by its own cuts in turn. The last segment's interior is there already when the backward pass begins. Layers must do the same each time,
 * as {@link Autograd#checkpoint} says.
 *
 * @see <a href="https://arxiv.org/abs/1604.06174">Chen et al. (2016) for uniform segments</a>
 * @see <a href="https://doi.org/10.1145/347837.347846">Griewank and Walther (2000) for the optimal schedule</a>
 */
public final class CheckpointSchedule {
    private final Stretch whole;

    /** Layers from (inclusive) to (exclusive); no segments: their interior is all kept while they are reversed. */
    private record Stretch(int from, int to, List<Stretch> segments) {
        /** How often layers are run from its input until it has been reversed. */
        long evaluations() {
            if (segments.isEmpty()) return to - from;
            long sum = segments.getLast().evaluations();
            for (var segment : segments.subList(0, segments.size() - 1)) sum += segment.to - segment.from + segment.evaluations();
            return sum;
        }

        /** With the layers at hand. */
        Checkpoint.Stretch of(List<UnaryOperator<Tensor>> layers) {
            return new Checkpoint.Stretch(layers.subList(from, to), segments.stream().map(segment -> segment.of(layers)).toList());
        }
    }

    private CheckpointSchedule(Stretch whole) { this.whole = whole; }

    /** Keeps everything. */
    public static CheckpointSchedule none(int layers) { return at(layers); }

    /** Keeps every {@code segment}-th input: {@code layers / segment + segment} activations at the peak. */
    public static CheckpointSchedule uniform(int layers, int segment) {
        if (segment < 1) throw new IllegalArgumentException("checkpoints: segments of " + segment + " layers; at least 1 is needed");
        return at(layers, IntStream.range(1, Math.max(1, layers)).filter(i -> i % segment == 0).toArray());
    }

    /** Segments of {@code ceil(sqrt(layers))}: about {@code 2 sqrt(layers)} activations at the peak, each layer run again at most once. */
    public static CheckpointSchedule sqrt(int layers) { return uniform(layers, Math.max(1, (int) Math.ceil(Math.sqrt(layers)))); }

    /**
     * Keeps what the caller says.
     *
     * @param kept numbers of the layers whose inputs are kept beside the chain's own, rising, from 1 to {@code layers - 1}
     */
    public static CheckpointSchedule at(int layers, int... kept) {
        requireLayers(layers);
        var segments = new ArrayList<Stretch>();
        int from = 0;
        for (int k : kept) {
            if (k <= from || k >= layers) throw new IllegalArgumentException(
                    "checkpoints: kept inputs are those of layers " + Arrays.toString(kept) + "; they rise from 1 to " + (layers - 1));
            segments.add(new Stretch(from, k, List.of()));
            from = k;
        }
        if (segments.isEmpty()) return new CheckpointSchedule(new Stretch(0, layers, List.of()));
        segments.add(new Stretch(from, layers, List.of()));
        return new CheckpointSchedule(new Stretch(0, layers, List.copyOf(segments)));
    }

    /**
     * The fewest layers run again with {@code checkpoints} inputs kept at a time, the chain's own among them: the binomial schedule. Beside these lives the
     * interior of one layer.
     *
     * @throws IllegalArgumentException if {@code checkpoints} is below 1: the chain's input is always kept
     */
    public static CheckpointSchedule optimal(int layers, int checkpoints) {
        requireLayers(layers);
        var ones = new int[layers];
        var costs = new double[layers];
        Arrays.fill(ones, 1);
        Arrays.fill(costs, 1);
        return optimal(costs, ones, checkpoints);
    }

    /**
     * The least cost of what is run again, where the inputs kept at a time take at most {@code budget}. Best among schedules that keep an input until its
     * stretch has been reversed; by dynamic programming, O(layers^3 budget).
     *
     * @param costs of running each layer
     * @param sizes of each layer's input, in any whole unit, better megabytes than bytes: the plan's time and memory grow with the budget
     * @param budget in the same unit, for the inputs kept at a time, that of layer 0 among them
     * @throws IllegalArgumentException if layer 0's input alone exceeds the budget
     */
    public static CheckpointSchedule optimal(double[] costs, int[] sizes, int budget) {
        int layers = costs.length;
        requireLayers(layers);
        if (sizes.length != layers)
            throw new IllegalArgumentException("checkpoints: " + layers + " costs and " + sizes.length + " sizes; one of each a layer");
        for (int i = 0; i < layers; i++)
            if (sizes[i] < 1 || !(costs[i] >= 0)) throw new IllegalArgumentException("checkpoints: layer " + i + " costs " + costs[i]
                    + " and its input takes " + sizes[i] + "; costs are at least 0, sizes at least 1");
        if (budget < sizes[0]) throw new IllegalArgumentException(
                "checkpoints: a budget of " + budget + " cannot hold the chain's input of " + sizes[0] + "; raise it to that at least");
        int more = (int) Math.min(budget, Arrays.stream(sizes).asLongStream().sum()) - sizes[0]; // than all inputs together is of no use
        return new CheckpointSchedule(new Plan(costs, sizes, more).stretch(0, layers, more));
    }

    private static void requireLayers(int layers) {
        if (layers < 1) throw new IllegalArgumentException("checkpoints: a chain of " + layers + " layers; at least 1 is needed");
    }

    public int layers() { return whole.to; }

    /** How many layers are run again in all for one gradient, a layer counted each time. */
    public long recomputations() { return whole.evaluations() - whole.to; }

    /** The value of the chain, recorded so that its gradient follows this schedule. */
    public Tensor apply(List<UnaryOperator<Tensor>> layers, Tensor x) {
        if (layers.size() != whole.to) throw new IllegalArgumentException(
                "checkpoints: " + layers.size() + " layers for a schedule of " + whole.to + "; make one of that many");
        return whole.of(layers).run(x);
    }

    /** As {@link #apply(List, Tensor)} for layers that draw: they draw from {@code rng} in turn, and the same again when they are run again. */
    public Tensor apply(List<BiFunction<Tensor, Rng, Tensor>> layers, Tensor x, Rng rng) {
        return apply(layers.stream().map(layer -> Autograd.redrawing(layer, rng)).toList(), x);
    }

    /** {@code least[i][j][m]}: the least cost of what is run again to reverse layers i to j, i's input kept and m left for more. */
    private static final class Plan {
        private final int[] sizes;
        private final double[] before;
        private final double[][][] least;
        private final int[][][] cut;

        Plan(double[] costs, int[] sizes, int most) {
            int n = costs.length;
            this.sizes = sizes;
            before = new double[n + 1];
            for (int i = 0; i < n; i++) before[i + 1] = before[i] + costs[i];
            least = new double[n][n + 1][];
            cut = new int[n][n + 1][];
            for (int length = 1; length <= n; length++) {
                for (int i = 0; i + length <= n; i++) {
                    least[i][i + length] = new double[most + 1];
                    cut[i][i + length] = new int[most + 1];
                    for (int m = 0; m <= most; m++) if (length > 1) choose(i, i + length, m);
                }
            }
        }

        /** Advance from i to k, reverse what lies behind k, then what lies before it. */
        private void choose(int i, int j, int m) {
            least[i][j][m] = Double.POSITIVE_INFINITY;
            for (int k = i + 1; k < j; k++) {
                int left = left(k, j, m);
                if (left < 0) continue;
                double cost = before[k] - before[i] + least[k][j][left] + least[i][k][m];
                if (cost < least[i][j][m]) {
                    least[i][j][m] = cost;
                    cut[i][j][m] = k;
                }
            }
        }

        /** The last layer's input is used at once and need not be kept. */
        private int left(int k, int j, int m) { return j - k == 1 ? m : m - sizes[k]; }

        Stretch stretch(int i, int j, int m) {
            var segments = new ArrayList<Stretch>();
            int from = i, left = m;
            while (j - from > 1) {
                int k = cut[from][j][left];
                segments.add(stretch(from, k, left));
                left = left(k, j, left);
                from = k;
            }
            segments.add(new Stretch(from, j, List.of()));
            return new Stretch(i, j, segments.size() == 1 ? List.of() : List.copyOf(segments));
        }
    }
}
