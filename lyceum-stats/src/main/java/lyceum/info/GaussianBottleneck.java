package lyceum.info;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.linalg.Linalg;
import lyceum.tensor.Tensor;

/**
 * The information bottleneck of jointly normal X and Y in closed form: the best description is {@code T = A X + noise} of unit variance. With v_i and
 * {@code lambda_i} from {@code S_x|y v = lambda S_x v}, {@code v' S_x v = 1}, row i of A is {@code sqrt((beta (1 - lambda_i) - 1) / lambda_i) v_i}, and 0 while beta is below
 * {@code 1 / (1 - lambda_i)}: one more direction each time beta passes such a value.
 *
 * {@snippet :
 * Tensor one = Tensor.of(new double[][] {{1}}), half = Tensor.of(new double[][] {{0.5}});
 * var bottleneck = GaussianBottleneck.of(one, one, half);
 * double first = bottleneck.bifurcations()[0];          // 4
 * double paid = bottleneck.complexity(10);              // 0.549 nats
 * double told = bottleneck.relevance(10);               // 0.091
 * }
 *
 * @see <a href="https://www.jmlr.org/papers/v6/chechik05a.html">Chechik and others (2005)</a>
 */
public final class GaussianBottleneck {
    private final double[] lambda;
    private final double[][] directions;

    private GaussianBottleneck(double[] lambda, double[][] directions) {
        this.lambda = lambda;
        this.directions = directions;
    }

    /**
     * @param xx covariance of X, (d, d), positive definite
     * @param yy covariance of Y, (e, e), positive definite
     * @param xy covariance between them, (d, e)
     */
    public static GaussianBottleneck of(Tensor xx, Tensor yy, Tensor xy) {
        if (xx.rank() != 2 || yy.rank() != 2 || xy.rank() != 2 || xx.size(0) != xy.size(0) || yy.size(0) != xy.size(1))
            throw new ShapeException("GaussianBottleneck: covariances " + xx.shape() + ", " + yy.shape() + " and " + xy.shape()
                    + "; they are (d, d), (e, e) and (d, e)");
        var given = xx.sub(xy.matmul(Linalg.solve(yy, xy.transpose()))); // of X where Y is known
        var pairs = Eigen.generalised(given.add(given.transpose()).div(2), xx);
        double[] values = pairs.values().toDoubleArray();
        double[][] vectors = pairs.vectors().transpose().toRows();
        Integer[] order = new Integer[values.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(values[a], values[b]));
        return new GaussianBottleneck(Arrays.stream(order).mapToDouble(i -> Math.clamp(values[i], 0, 1)).toArray(),
                Arrays.stream(order).map(i -> vectors[i]).toArray(double[][]::new));
    }

    /** {@code lambda}, ascending: the share of a direction's variance that Y does not explain. */
    public double[] eigenvalues() { return lambda.clone(); }

    /** The betas at which a direction more is described, ascending; infinite for directions that say nothing of Y. */
    public double[] bifurcations() { return Arrays.stream(lambda).map(l -> 1 / (1 - l)).toArray(); }

    /** A, (d, d); rows of zeros for what is left out. @throws IllegalArgumentException if a direction is a function of Y: its description has no noise */
    public Tensor projection(double beta) {
        var rows = new double[lambda.length][];
        for (int i = 0; i < rows.length; i++) {
            double length = Math.sqrt(gain(i, beta));
            if (length == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                    "GaussianBottleneck: Y determines direction " + i + ", which is described without noise; no finite A does that");
            rows[i] = Arrays.stream(directions[i]).map(v -> length * v).toArray();
        }
        return Tensor.of(rows);
    }

    private double gain(int i, double beta) { return told(i, beta) == 0 ? 0 : told(i, beta) / lambda[i]; }

    /** {@code lambda_i a_i}, finite even where lambda is 0. */
    private double told(int i, double beta) {
        if (!(beta >= 0 && beta < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("GaussianBottleneck: beta is " + beta + "; finite and at least 0");
        return Math.max(0, beta * (1 - lambda[i]) - 1);
    }

    /** {@code I(X;T) = sum ln(1 + a_i) / 2}, a_i the variance of a component's signal; infinite where Y determines one that is described. */
    public double complexity(double beta) {
        double sum = 0;
        for (int i = 0; i < lambda.length; i++) sum += Math.log1p(gain(i, beta)) / 2;
        return sum;
    }

    /** {@code I(T;Y) = I(X;T) - sum ln(1 + lambda_i a_i) / 2}. */
    public double relevance(double beta) {
        double sum = 0;
        for (int i = 0; i < lambda.length; i++) sum += (Math.log1p(gain(i, beta)) - Math.log1p(told(i, beta))) / 2;
        return sum;
    }
}
