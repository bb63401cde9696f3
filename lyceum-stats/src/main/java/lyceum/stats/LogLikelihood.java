package lyceum.stats;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.optim.SecondOrderObjective;
import lyceum.tensor.Tensor;

/**
 * The log-likelihood of data as a function of a flat parameter vector: {@code l(theta) = sum_i w_i log p(x_i; theta)}, with its terms, scores and
 * Hessian. It is to be maximised; minimisers take {@link #negated()}.
 *
 * {@snippet :
 * var x = Tensor.of(2.0, 5, 7);                                        // lifetimes; two more were alive at 10
 * var dead = LogLikelihood.of(3, 1, rate -> rate.log().sub(rate.mul(x)));
 * var alive = LogLikelihood.of(2, 1, rate -> rate.mul(-10).mul(Tensor.of(1.0, 1)));
 * dead.and(alive).at(new double[] {3.0 / 34});
 * }
 *
 * <p>Sums are compensated (Neumaier 1974): the total of 2,000 terms has the accuracy of one. A missing observation is a weight of 0.
 *
 * @see <a href="https://doi.org/10.1098/rsta.1922.0009">Fisher (1922)</a>
 */
public interface LogLikelihood extends SecondOrderObjective {

    /** How many terms the sum has. */
    int observations();

    /** Length of the parameter vector. */
    int parameters();

    /** {@code log p(x_i; theta)} of each observation, a new array, without weights; {@code -Infinity} where the data are impossible. */
    double[] terms(double[] theta);

    /** The scores: row i is the gradient of term i, without weights. A new array. */
    double[][] scores(double[] theta);

    /** {@code H v} of the sum of the terms under the given weights. */
    double[] hessianTimes(double[] theta, double[] v, double[] weights);

    /** {@code H v} of this sum. */
    @Override default double[] hessianTimes(double[] theta, double[] v) { return hessianTimes(theta, v, weights()); }

    /** The weight of each observation; a copy. */
    default double[] weights() {
        var ones = new double[observations()];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** The sum at {@code theta}. */
    default double at(double[] theta) { return sum(terms(theta), weights()); }

    /** The sum, and its gradient: the total score. */
    @Override default double at(double[] theta, double[] gradient) { return at(theta, gradient, weights()); }

    /** The sum under the given weights, and its gradient. */
    default double at(double[] theta, double[] gradient, double[] weights) {
        var scores = scores(theta);
        var column = new double[scores.length];
        for (int j = 0; j < gradient.length; j++) {
            for (int i = 0; i < column.length; i++) column[i] = scores[i][j];
            gradient[j] = sum(column, weights);
        }
        return sum(terms(theta), weights);
    }

    /** {@code sum_i w_i v_i}, compensated; a weight of 0 drops its value, whatever that is. */
    static double sum(double[] values, double[] weights) {
        var products = new double[values.length];
        for (int i = 0; i < values.length; i++) products[i] = weights[i] == 0 ? 0 : weights[i] * values[i];
        return Descriptive.sum(products);
    }

    /** The same terms under other weights, which replace the present ones. @throws ShapeException unless there is one an observation */
    default LogLikelihood weighted(double... weights) { return new WeightedLogLikelihood(this, weights.clone()); }

    /** The terms of both, about the same parameters. */
    default LogLikelihood and(LogLikelihood other) { return new JointLogLikelihood(this, other); }

    /**
     * Values over a grid of two parameters, the others as in {@code theta}: {@code result[row of y][column of x]}, as
     * {@link lyceum.plot.Figure#contour} takes it.
     */
    default double[][] surface(double[] theta, int i, double[] xs, int j, double[] ys) {
        var values = new double[ys.length][xs.length];
        var point = theta.clone();
        for (int r = 0; r < ys.length; r++) {
            for (int c = 0; c < xs.length; c++) {
                point[i] = xs[c];
                point[j] = ys[r];
                values[r][c] = at(point);
            }
        }
        return values;
    }

    /** Values along parameter i, the others as in {@code theta}. @see MaximumLikelihood#profile */
    default double[] slice(double[] theta, int i, double... xs) {
        var point = theta.clone();
        var values = new double[xs.length];
        for (int k = 0; k < xs.length; k++) {
            point[i] = xs[k];
            values[k] = at(point);
        }
        return values;
    }

    /**
     * From the terms as a tensor function, differentiated by {@link Autograd}.
     *
     * @param observations n
     * @param parameters p
     * @param terms takes the parameters (p), gives the terms (n), both F64
     */
    static LogLikelihood of(int observations, int parameters, UnaryOperator<Tensor> terms) {
        return new TensorLogLikelihood(observations, parameters, Objects.requireNonNull(terms, "terms"));
    }
}
