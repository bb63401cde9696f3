package lyceum.bayes;

import java.util.Arrays;
import java.util.function.ToDoubleBiFunction;
import lyceum.linalg.Cholesky;
import lyceum.prob.Categorical;
import lyceum.prob.MultivariateDistribution;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Where a Metropolis-Hastings chain may go next: {@code q(y | x)}.
 *
 * {@snippet :
 * Proposal walk = Proposal.normal(0.5);                       // symmetric, every coordinate
 * Proposal scale = Proposal.logNormal(0.3).on(2);             // coordinate 2 alone, which is positive
 * Proposal jump = Proposal.of((x, y, rng) -> y[0] = rng.nextDouble() < 0.2 ? 1 - x[0] : x[0], (x, y) -> Math.log(x[0] == y[0] ? 0.8 : 0.2));
 * }
 */
public interface Proposal {
    /** Writes what is proposed from {@code x} into {@code y}, which comes in as a copy of {@code x}. Does not change {@code x}. */
    void draw(double[] x, double[] y, Rng rng);

    /** {@code log q(y | x)} of a density or probability; {@code -Infinity} for what is never proposed. */
    double logDensity(double[] x, double[] y);

    /** Whether {@code q(y | x) = q(x | y)} always: Hastings' ratio is 1 then and is not computed. */
    default boolean isSymmetric() { return false; }

    /** How {@link #of} draws. */
    @FunctionalInterface
    interface Draw {
        /** As {@link Proposal#draw}. */
        void draw(double[] x, double[] y, Rng rng);
    }

    /** A proposal of one's own. @param logDensity of x and y, {@code log q(y | x)} */
    static Proposal of(Draw draw, ToDoubleBiFunction<double[], double[]> logDensity) { return new OwnProposal(draw, logDensity, false); }

    /**
     * A proposal of one's own with {@code q(y | x) = q(x | y)}. If that is not true, the chain samples something else, and no plot shows it.
     *
     * @param logDensity needed for {@link TransitionKernel#transitionMatrix} alone
     */
    static Proposal symmetric(Draw draw, ToDoubleBiFunction<double[], double[]> logDensity) {
        return new OwnProposal(draw, logDensity, true);
    }

    /** A random walk: normal steps, symmetric. @param deviations one for all coordinates, or one each */
    static Proposal normal(double... deviations) { return new NormalWalk(NormalWalk.diagonal(deviations), null); }

    /** A random walk with normal steps of this covariance. */
    static Proposal normal(double[][] covariance) { return new NormalWalk(Cholesky.of(Tensor.of(covariance)).lower().toRows(), null); }

    /**
     * Multiplies positive coordinates by {@code exp(s z)} with z normal: a random walk of their logarithms. Not symmetric: {@code q(x | y) / q(y | x)}
     * is the product of {@code y / x}.
     */
    static Proposal logNormal(double s) {
        if (!(s > 0)) throw new IllegalArgumentException("Proposal.logNormal: s is " + s + "; it is positive");
        return of((x, y, rng) -> {
            for (int i = 0; i < y.length; i++) y[i] = x[i] * Math.exp(s * rng.nextGaussian());
        }, (x, y) -> {
            double log = -y.length * (Math.log(s) + 0.91893853320467274178);
            for (int i = 0; i < y.length; i++) {
                double z = Math.log(y[i] / x[i]) / s;
                log -= z * z / 2 + Math.log(y[i]);
            }
            return log;
        });
    }

    /** Moves every coordinate by one of {@code -reach, ..., -1, 1, ..., reach}, all alike: a symmetric walk on integers. */
    static Proposal integer(int reach) {
        if (reach < 1) throw new IllegalArgumentException("Proposal.integer: reach is " + reach + "; it is at least 1");
        return symmetric((x, y, rng) -> {
            for (int i = 0; i < y.length; i++) {
                int step = rng.nextInt(2 * reach) - reach;
                y[i] = x[i] + (step < 0 ? step : step + 1);
            }
        }, (x, y) -> {
            for (int i = 0; i < y.length; i++) {
                double step = Math.abs(y[i] - x[i]);
                if (step < 1 || step > reach || step != Math.rint(step)) return Double.NEGATIVE_INFINITY;
            }
            return -y.length * Math.log(2.0 * reach);
        });
    }

    /** On the states 0, 1, ..., which are the only coordinate. @param q {@code [x][y]} is {@code q(y | x)}; rows sum to 1 */
    static Proposal matrix(double[][] q) {
        var rows = Arrays.stream(q).map(Categorical::new).toArray(Categorical[]::new);
        return of((x, y, rng) -> y[0] = rows[(int) x[0]].sample(rng), (x, y) -> rows[(int) x[0]].logDensity(y[0]));
    }

    /** Draws all coordinates from q, wherever the chain stands. Good only if q has heavier tails than the target. */
    static Proposal independent(MultivariateDistribution q) {
        return of((x, y, rng) -> System.arraycopy(q.sample(rng), 0, y, 0, y.length), (x, y) -> q.logDensity(y));
    }

    /** Draws each coordinate from q. */
    static Proposal independent(UnivariateDistribution q) {
        return of((x, y, rng) -> {
            for (int i = 0; i < y.length; i++) y[i] = q.sample(rng);
        }, (x, y) -> {
            double log = 0;
            for (double v : y) log += q.logDensity(v);
            return log;
        });
    }

    /** This proposal for some of the coordinates, which it sees as 0, 1, ...; the others stay. */
    default Proposal on(int... coordinates) { return new BlockProposal(this, coordinates.clone()); }
}
