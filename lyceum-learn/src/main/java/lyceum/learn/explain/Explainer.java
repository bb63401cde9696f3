package lyceum.learn.explain;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.learn.tree.DecisionTreeRegressorModel;
import lyceum.linalg.LeastSquares;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;

/**
 * Questions to a function of rows of which nothing else is known. For classifiers give it the score: a positive output is the one
 * decision, any
 * other the other one.
 *
 * {@snippet :
 * Tensor data = Tensor.randn(Rng.of(1), 200, 3);
 * var explainer = new Explainer(rows -> rows.select(1, 0).mul(3).add(rows.select(1, 1).square()).sub(1), data);
 * double[] x = data.select(0, 0).toDoubleArray();
 * explainer.partialDependence(1, -2, -1, 0, 1, 2).average();   // a parabola
 * explainer.lime(x, 1_000, Rng.of(2)).coefficients();
 * explainer.counterfactual(x);                                 // the nearest row on the border, nearly
 * explainer.anchor(x, 0.95, 0.05, Rng.of(3)).bounds();
 * explainer.surrogate(3).tree().rules();
 * }
 *
 * <p>All of it is about the function and not about the world, and columns that say the same share or hide each other's part.
 *
 * @param predict from rows (n x p) to outputs (n)
 * @param data rows such as the function is for (m x p), F64
 */
public record Explainer(UnaryOperator<Tensor> predict, Tensor data) {
    /** Steps that search for another decision, and halvings of the way back: what is left beyond the border is well above rounding. */
    private static final int STEPS = 60, HALVINGS = 40;

    public Explainer {
        data = LearnerInput.matrix("Explainer", data, false).x().to(DType.F64);
    }

    private int rows() { return (int) data.size(0); }

    private int columns() { return (int) data.size(1); }

    private double[] checked(double[] x) {
        if (x.length != columns()) throw new ShapeException("Explainer: x has " + x.length + " columns and the data " + columns());
        return x;
    }

    private double output(double[] x) { return predict.apply(Tensor.of(x, 1, x.length)).item(0); }

    /** Smaller is better. */
    @FunctionalInterface
    public interface Loss {
        double of(double[] truth, double[] outputs);
    }

    /** Mean of {@code (y - f)^2}. */
    public static double squaredError(double[] truth, double[] outputs) {
        double sum = 0;
        for (int i = 0; i < truth.length; i++) sum += (truth[i] - outputs[i]) * (truth[i] - outputs[i]);
        return sum / truth.length;
    }

    /**
     * The rise of the loss when columns are shuffled, a row a group of columns and a column an order. Columns that say the same belong
     * into one
     * group.
     *
     * @param y truth of each row of the data
     * @param groups columns that are shuffled together
     * @param orders {@code orders[r][i]} is the row whose values row i gets
     * @see <a href="https://jmlr.org/papers/v20/18-760.html">Fisher, Rudin and Dominici (2019), All Models are Wrong, but Many are
     *     Useful</a>
     */
    public double[][] permutationImportance(double[] y, Loss loss, int[][] groups, int[][] orders) {
        int n = rows(), p = columns();
        if (y.length != n) throw new ShapeException("permutationImportance: " + n + " rows and " + y.length + " true values");
        double[] values = data.toDoubleArray();
        double whole = loss.of(y, predict.apply(data).toDoubleArray());
        var rise = new double[groups.length][orders.length];
        for (int g = 0; g < groups.length; g++) {
            for (int r = 0; r < orders.length; r++) {
                var shuffled = values.clone();
                for (int j : groups[g]) for (int i = 0; i < n; i++) shuffled[i * p + j] = values[orders[r][i] * p + j];
                rise[g][r] = loss.of(y, predict.apply(Tensor.of(shuffled, n, p)).toDoubleArray()) - whole;
            }
        }
        return rise;
    }

    /** Of each column by itself, in {@code repeats} random orders. */
    public double[][] permutationImportance(double[] y, Loss loss, int repeats, Rng rng) {
        return permutationImportance(y, loss, IntStream.range(0, columns()).mapToObj(j -> new int[] {j}).toArray(int[][]::new),
                IntStream.range(0, repeats).mapToObj(_ -> rng.permutation(rows())).toArray(int[][]::new));
    }

    /**
     * Outputs with column {@code feature} set to each value of the grid in every row.
     *
     * @see <a href="https://doi.org/10.1214/aos/1013203451">Friedman (2001), Greedy Function Approximation</a>
     */
    public PartialDependence partialDependence(int feature, double... grid) {
        int n = rows(), p = columns();
        if (feature < 0 || feature >= p) throw new IllegalArgumentException("partialDependence: column " + feature + " of " + p);
        var individual = new double[n][grid.length];
        var average = new double[grid.length];
        double[] values = data.toDoubleArray();
        for (int k = 0; k < grid.length; k++) {
            for (int i = 0; i < n; i++) values[i * p + feature] = grid[k];
            double[] out = predict.apply(Tensor.of(values, n, p)).toDoubleArray();
            for (int i = 0; i < n; i++) {
                individual[i][k] = out[i];
                average[k] += out[i] / n;
            }
        }
        return new PartialDependence(feature, grid.clone(), individual, average);
    }

    /** {@link #lime(double[], int, double, Rng)} with kernel width {@code 0.75 sqrt(p)}. */
    public LocalModel lime(double[] x, int samples, Rng rng) { return lime(x, samples, 0.75 * Math.sqrt(columns()), rng); }

    /**
     * A linear model of rows around x: normal with the data's deviations, weighted by {@code exp(-d^2 / (2 width^2))} with d the distance in
     * deviations: the root that the authors' package takes.
     *
     * @param samples more than the columns
     * @param width another one may tell another story
     * @see <a href="https://arxiv.org/abs/1602.04938">Ribeiro, Singh and Guestrin (2016), "Why Should I Trust You?"</a>
     */
    public LocalModel lime(double[] x, int samples, double width, Rng rng) {
        int p = checked(x).length;
        if (samples <= p) throw new IllegalArgumentException("lime: " + samples + " samples for " + p + " columns; more are needed");
        if (!(width > 0)) throw new IllegalArgumentException("lime: width is " + width + "; it is positive");
        double[] deviation = deviations(), near = new double[samples * p], design = new double[samples * (p + 1)], w = new double[samples];
        for (int i = 0; i < samples; i++) {
            double square = 0;
            design[i * (p + 1)] = 1;
            for (int j = 0; j < p; j++) {
                double z = i == 0 ? 0 : rng.nextGaussian();
                square += z * z;
                near[i * p + j] = x[j] + z * deviation[j];
                design[i * (p + 1) + j + 1] = z;
            }
            w[i] = Math.exp(-square / (2 * width * width));
        }
        Tensor out = predict.apply(Tensor.of(near, samples, p)), rows = Tensor.of(design, samples, p + 1);
        double[] b = LeastSquares.solve(rows.mul(Tensor.of(w).sqrt().unsqueeze(1)), out.mul(Tensor.of(w).sqrt())).coefficients()
                .toDoubleArray();
        double[] fitted = rows.matmul(Tensor.of(b)).toDoubleArray(), truth = out.toDoubleArray(), slopes = new double[p];
        double mean = Descriptive.mean(truth, w), residual = 0, spread = 0, intercept = b[0];
        for (int i = 0; i < samples; i++) {
            residual += w[i] * (truth[i] - fitted[i]) * (truth[i] - fitted[i]);
            spread += w[i] * (truth[i] - mean) * (truth[i] - mean);
        }
        for (int j = 0; j < p; j++) {
            slopes[j] = b[j + 1] / deviation[j];
            intercept -= slopes[j] * x[j];
        }
        return new LocalModel(intercept, slopes, spread > 0 ? 1 - residual / spread : 1);
    }

    /** Standard deviations of the columns; 1 for constant ones. */
    private double[] deviations() {
        return IntStream.range(0, columns()).mapToDouble(j -> Descriptive.standardDeviation(data.select(1, j).toDoubleArray()))
                .map(s -> s > 0 ? s : 1).toArray();
    }

    /**
     * A near row on the other side of {@code f = 0}, Euclidean in the columns' own units. From x it follows Newton's step {@code f /
     * |grad f|^2 grad f}
     * by central differences until the sign changes; where slopes lead nowhere, as for trees, it starts from the nearest row of the data
     * with the other
     * decision. Then it halves the way back to x down to the border. For linear f that is the nearest row.
     *
     * @throws IllegalArgumentException if neither slopes nor rows lead to another decision
     */
    public double[] counterfactual(double[] x) {
        boolean positive = output(checked(x)) > 0;
        double[] there = bySlopes(x, positive);
        if (there == null) there = nearestOther(x, positive);
        if (there == null) throw new IllegalArgumentException("counterfactual: no row of the data and no slope leads to another decision");
        double near = 0, far = 1;
        for (int k = 0; k < HALVINGS; k++) {
            double middle = (near + far) / 2;
            if (output(between(x, there, middle)) > 0 == positive) near = middle;
            else far = middle;
        }
        return between(x, there, far);
    }

    private static double[] between(double[] x, double[] y, double share) {
        var mixed = new double[x.length];
        for (int j = 0; j < mixed.length; j++) mixed[j] = x[j] + share * (y[j] - x[j]);
        return mixed;
    }

    private double[] bySlopes(double[] x, boolean positive) {
        int p = x.length;
        double[] at = x.clone(), deviation = deviations();
        for (int step = 0; step < STEPS; step++) {
            var around = new double[2 * p * p];
            for (int k = 0; k < 2 * p; k++) {
                System.arraycopy(at, 0, around, k * p, p);
                around[k * p + k / 2] += (k % 2 == 0 ? 1e-4 : -1e-4) * deviation[k / 2];
            }
            double[] out = predict.apply(Tensor.of(around, 2 * p, p)).toDoubleArray(), slope = new double[p];
            double value = output(at), square = 0;
            for (int j = 0; j < p; j++) {
                slope[j] = (out[2 * j] - out[2 * j + 1]) / (2e-4 * deviation[j]);
                square += slope[j] * slope[j];
            }
            if (!(square > 0)) return null;
            // A little beyond the border, so that the sign is the other one.
            for (int j = 0; j < p; j++) at[j] -= 1.001 * value / square * slope[j] + (value == 0 ? 1e-9 * slope[j] : 0);
            if (output(at) > 0 != positive) return at;
        }
        return null;
    }

    private double[] nearestOther(double[] x, boolean positive) {
        double[] out = predict.apply(data).toDoubleArray(), best = null;
        double nearest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < out.length; i++) {
            if (out[i] > 0 == positive) continue;
            double[] row = data.select(0, i).toDoubleArray();
            double square = 0;
            for (int j = 0; j < row.length; j++) square += (row[j] - x[j]) * (row[j] - x[j]);
            if (square < nearest) {
                nearest = square;
                best = row;
            }
        }
        return best;
    }

    /**
     * A short rule under which the decision stays: its precision is at least {@code precision} except with probability {@code delta}, over
     * neighbours whose columns are drawn from the data one by one, within the rule's bounds.
     *
     * @see <a href="https://doi.org/10.1609/aaai.v32i1.11491">Ribeiro, Singh and Guestrin (2018), Anchors</a>
     */
    public Anchor anchor(double[] x, double precision, double delta, Rng rng) {
        if (!(precision > 0 && precision < 1 && delta > 0 && delta < 1))
            throw new IllegalArgumentException("anchor: precision is " + precision + " and delta " + delta + "; both lie between 0 and 1");
        return new Anchors(predict, data, checked(x)).find(precision, delta, data, rng);
    }

    /** Neighbours of x under an anchor's rule (n x p): what its precision is about. */
    public Tensor neighbours(double[] x, Anchor anchor, int n, Rng rng) {
        return Tensor.of(new Anchors(predict, data, checked(x)).neighbours(anchor.bounds(), n, rng), n, columns());
    }

    /** A tree that imitates the function on the data; its {@code score} against the outputs says how well. */
    public DecisionTreeRegressorModel surrogate(int depth) {
        return new DecisionTreeRegressor().withMaxDepth(depth).fit(data, predict.apply(data));
    }

    /**
     * Rows of the data that stand for it, greedily by the smallest maximum mean discrepancy under {@code exp(-d^2 / (2 width^2))}.
     *
     * @see <a href="https://proceedings.neurips.cc/paper/2016/hash/5680522b8e2bb01943234bce7bf84534-Abstract.html">Kim, Khanna and Koyejo
     *     (2016), Examples are not Enough, Learn to Criticize!</a>
     */
    public int[] prototypes(int count, double width) {
        int n = rows();
        if (count < 1 || count > n) throw new IllegalArgumentException("prototypes: " + count + " of " + n + " rows");
        Tensor squares = data.square().sum(1), gaps = squares.unsqueeze(1).add(squares).sub(data.matmul(data.transpose()).mul(2));
        double[] kernel = gaps.div(-2 * width * width).exp().toDoubleArray(), typical = new double[n], chosen = new double[n];
        for (int i = 0; i < kernel.length; i++) typical[i / n] += kernel[i] / n;
        var found = new int[count];
        var taken = new boolean[n];
        double within = 0, across = 0;
        for (int k = 0; k < count; k++) {
            int best = -1;
            double least = Double.POSITIVE_INFINITY;
            for (int i = 0; i < n; i++) {
                if (taken[i]) continue;
                double m = k + 1, discrepancy = (within + 2 * chosen[i] + kernel[i * n + i]) / (m * m) - 2 * (across + typical[i]) / m;
                if (discrepancy < least) {
                    least = discrepancy;
                    best = i;
                }
            }
            within += 2 * chosen[best] + kernel[best * n + best];
            across += typical[best];
            taken[best] = true;
            found[k] = best;
            for (int i = 0; i < n; i++) chosen[i] += kernel[best * n + i];
        }
        return found;
    }

    /** What each training row does to the prediction for x: that of all rows less that without the row. One fit a row. */
    public static double[] influence(Regressor learner, Tensor rows, Tensor y, double[] x) {
        int n = (int) rows.size(0), p = (int) rows.size(1);
        Tensor at = Tensor.of(x, 1, p);
        double whole = learner.fit(rows, y).predict(at).item(0);
        var influence = new double[n];
        for (int i = 0; i < n; i++) {
            var weights = new double[n];
            Arrays.fill(weights, 1);
            weights[i] = 0;
            influence[i] = whole - learner.fit(rows, y, Tensor.of(weights)).predict(at).item(0);
        }
        return influence;
    }

    /** Outputs as columns of x take the baseline's values, in this order. */
    public Faithfulness deletion(double[] x, double[] baseline, int[] order) { return replaced(checked(x), checked(baseline), order); }

    /** Outputs as columns of the baseline take x's values, in this order. */
    public Faithfulness insertion(double[] x, double[] baseline, int[] order) { return replaced(checked(baseline), checked(x), order); }

    private Faithfulness replaced(double[] from, double[] by, int[] order) {
        var rows = new double[(order.length + 1) * from.length];
        double[] row = from.clone();
        System.arraycopy(row, 0, rows, 0, row.length);
        for (int k = 0; k < order.length; k++) {
            row[order[k]] = by[order[k]];
            System.arraycopy(row, 0, rows, (k + 1) * row.length, row.length);
        }
        return new Faithfulness(predict.apply(Tensor.of(rows, order.length + 1, row.length)).toDoubleArray());
    }
}
