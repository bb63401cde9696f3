package lyceum.llm.weights;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Slerp;
import lyceum.tensor.Tensor;

/**
 * How one tensor is made of those that several models have under its name. Models are counted as they are given; a list of weights or coefficients has one for
 * each, or is empty for all alike.
 *
 * @see ModelMerger
 */
public sealed interface MergeMethod permits MergeMethod.Mean, MergeMethod.Spherical, MergeMethod.TaskArithmetic, MergeMethod.FisherMean,
        MergeMethod.RegMean, TiesMerging, Dare {

    /**
     * The tensors of one name.
     *
     * @param base F64, or null if there is none
     * @param models F64, all of one shape
     * @param statistics of each model for this tensor, null where it has none; see {@link MergeStatistics}
     */
    record Slot(String name, Tensor base, List<Tensor> models, List<Tensor> statistics) {}

    /** The merged tensor, F64. */
    Tensor merge(Slot slot);

    /** Whether models are seen as changes of a base. */
    default boolean needsBase() { return false; }

    /** {@code sum_i w_i W_i / sum_i w_i}. */
    record Mean(List<Double> weights) implements MergeMethod {
        public Mean { weights = finite("Mean", weights); }

        /** All alike. */
        public Mean() { this(List.of()); }

        @Override public Tensor merge(Slot slot) {
            var w = weightsFor("Mean", weights, slot.models.size());
            return sum(slot.models, w).div(total("Mean", w));
        }
    }

    /**
     * Along the arc from the first of two models to the second, directions and lengths apart ({@link Slerp}).
     *
     * @param t from 0, the first, to 1, the second
     */
    record Spherical(double t) implements MergeMethod {
        public Spherical {
            if (!(t >= 0 && t <= 1)) throw new IllegalArgumentException("Spherical: t is " + t + "; it lies in [0, 1]");
        }

        @Override public Tensor merge(Slot slot) {
            if (slot.models.size() != 2)
                throw new IllegalArgumentException("Spherical: " + slot.models.size() + " models; an arc joins two, so merge pairs");
            return Slerp.of(slot.models.get(0), slot.models.get(1), t);
        }
    }

    /** {@code W_0 + sum_i c_i (W_i - W_0)} (Ilharco et al. 2023). */
    record TaskArithmetic(List<Double> coefficients) implements MergeMethod {
        public TaskArithmetic { coefficients = finite("TaskArithmetic", coefficients); }

        /** One coefficient for all. */
        public static TaskArithmetic common(double coefficient, int models) {
            return new TaskArithmetic(Collections.nCopies(models, coefficient));
        }

        @Override public boolean needsBase() { return true; }

        @Override public Tensor merge(Slot slot) {
            var c = weightsFor("TaskArithmetic", coefficients, slot.models.size());
            return slot.base.add(sum(slot.models.stream().map(w -> w.sub(slot.base)).toList(), c));
        }
    }

    /**
     * {@code sum_i w_i F_i W_i / sum_i w_i F_i} entry by entry, with F the diagonal of the Fisher information; entries whose information is below the floor in
     * all models are averaged, and so are tensors without statistics (Matena and Raffel 2022).
     *
     * @param floor added to each F, at least 0
     */
    record FisherMean(List<Double> weights, double floor) implements MergeMethod {
        public FisherMean {
            weights = finite("FisherMean", weights);
            if (!(floor >= 0)) throw new IllegalArgumentException("FisherMean: floor is " + floor + "; it is at least 0");
        }

        /** All alike, a floor of 1e-6 as in the paper's code. */
        public FisherMean() { this(List.of(), 1e-6); }

        @Override public Tensor merge(Slot slot) {
            var w = weightsFor("FisherMean", weights, slot.models.size());
            if (slot.statistics.contains(null)) return sum(slot.models, w).div(total("FisherMean", w));
            Tensor above = null, below = null;
            for (int i = 0; i < w.length; i++) {
                var model = slot.models.get(i);
                var f = slot.statistics.get(i).to(DType.F64);
                if (!f.shape().equals(model.shape())) throw new ShapeException(
                        "FisherMean: " + slot.name + " is " + model.shape() + ", its information " + f.shape() + "; they are alike");
                f = f.add(floor).mul(w[i]);
                above = above == null ? f.mul(model) : above.add(f.mul(model));
                below = below == null ? f : below.add(f);
            }
            return below.gt(0).where(above.div(below), sum(slot.models, w).div(total("FisherMean", w)));
        }
    }

    /**
     * The matrix that gives the outputs of all layers best, each on the inputs of its own model: {@code W' = (sum_i w_i G_i)^-1 sum_i w_i G_i W_i'} with
     * {@code G_i = X_i' X_i}, the Gram matrix of what goes into the layer, and W (outputs, inputs). Tensors without statistics are averaged
     * (Jin et al. 2023).
     *
     * @param offDiagonal what off-diagonal entries of G are multiplied by, in [0, 1]: 1 is least squares, 0 a mean weighted by column
     */
    record RegMean(List<Double> weights, double offDiagonal) implements MergeMethod {
        public RegMean {
            weights = finite("RegMean", weights);
            if (!(offDiagonal >= 0 && offDiagonal <= 1))
                throw new IllegalArgumentException("RegMean: offDiagonal is " + offDiagonal + "; it lies in [0, 1]");
        }

        /** All alike, off-diagonal entries times 0.9. */
        public RegMean() { this(List.of(), 0.9); }

        @Override public Tensor merge(Slot slot) {
            var w = weightsFor("RegMean", weights, slot.models.size());
            if (slot.statistics.contains(null) || slot.models.getFirst().rank() != 2) return sum(slot.models, w).div(total("RegMean", w));
            Tensor gram = null, right = null;
            for (int i = 0; i < w.length; i++) {
                var model = slot.models.get(i);
                var g = slot.statistics.get(i).to(DType.F64);
                long n = model.size(1);
                if (g.rank() != 2 || g.size(0) != n || g.size(1) != n) throw new ShapeException("RegMean: " + slot.name + " is "
                        + model.shape() + ", its Gram matrix " + g.shape() + "; it is (" + n + ", " + n + ")");
                var eye = Tensor.eye(DType.F64, n);
                g = g.mul(eye.add(eye.rsub(1).mul(offDiagonal))).mul(w[i]).compute();
                var part = g.matmul(model.transpose());
                gram = gram == null ? g : gram.add(g);
                right = right == null ? part : right.add(part);
            }
            return Cholesky.of(gram.compute(), Cholesky.Jitter.STANDARD).solve(right.compute()).transpose();
        }
    }

    /** Names that {@link #of} knows. */
    Set<String> NAMES = Set.of("linear", "slerp", "task_arithmetic", "ties", "dare_linear", "dare_ties", "fisher", "regmean");

    /**
     * By the name that recipes give it.
     *
     * @param numbers {@code t}, {@code density} (a share kept, also for DARE), {@code lambda}, {@code floor}, {@code off_diagonal}, {@code seed}; what is
     *        not there has its default
     * @throws IllegalArgumentException naming what there is if the name or a number is unknown
     */
    static MergeMethod of(String name, List<Double> weights, Map<String, Double> numbers) {
        var known = switch (name) {
            case "slerp" -> Set.of("t");
            case "ties" -> Set.of("density", "lambda");
            case "dare_linear" -> Set.of("density", "seed");
            case "dare_ties" -> Set.of("density", "lambda", "seed");
            case "fisher" -> Set.of("floor");
            case "regmean" -> Set.of("off_diagonal");
            case "linear", "task_arithmetic" -> Set.<String>of();
            default -> throw new IllegalArgumentException(
                    "merge method \"" + name + "\" is unknown; there are " + NAMES.stream().sorted().toList());
        };
        for (var number : numbers.keySet())
            if (!known.contains(number)) throw new IllegalArgumentException(
                    "merge method " + name + " has no " + number + "; it has " + known.stream().sorted().toList());
        double density = numbers.getOrDefault("density", name.equals("ties") ? 0.2 : 0.1);
        long seed = numbers.getOrDefault("seed", 0.0).longValue();
        return switch (name) {
            case "linear" -> new Mean(weights);
            case "slerp" -> new Spherical(numbers.getOrDefault("t", 0.5));
            case "task_arithmetic" -> new TaskArithmetic(weights);
            case "ties" -> new TiesMerging(density, numbers.getOrDefault("lambda", 1.0), weights);
            case "dare_linear" -> new Dare(1 - density, seed, new TaskArithmetic(weights));
            case "dare_ties" -> new Dare(1 - density, seed, new TiesMerging(1, numbers.getOrDefault("lambda", 1.0), weights));
            case "fisher" -> new FisherMean(weights, numbers.getOrDefault("floor", 1e-6));
            default -> new RegMean(weights, numbers.getOrDefault("off_diagonal", 0.9));
        };
    }

    private static List<Double> finite(String method, List<Double> weights) {
        for (double w : weights)
            if (!Double.isFinite(w)) throw new IllegalArgumentException(method + ": weights are " + weights + "; they are finite");
        return List.copyOf(weights);
    }

    /** One for each model. */
    static double[] weightsFor(String method, List<Double> weights, int models) {
        if (!weights.isEmpty() && weights.size() != models)
            throw new IllegalArgumentException(method + ": " + weights.size() + " weights for " + models + " models; one each, or none");
        var w = new double[models];
        for (int i = 0; i < models; i++) w[i] = weights.isEmpty() ? 1 : weights.get(i);
        return w;
    }

    private static double total(String method, double[] weights) {
        double total = 0;
        for (double w : weights) total += w;
        if (total == 0) throw new IllegalArgumentException(method + ": weights sum to 0; a mean divides by the sum");
        return total;
    }

    private static Tensor sum(List<Tensor> tensors, double[] weights) {
        Tensor sum = null;
        for (int i = 0; i < weights.length; i++) {
            var term = tensors.get(i).mul(weights[i]);
            sum = sum == null ? term : sum.add(term);
        }
        return sum;
    }
}
