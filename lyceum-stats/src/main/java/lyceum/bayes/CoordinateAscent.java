package lyceum.bayes;

import java.util.ArrayList;
import java.util.List;
import lyceum.withers.Withers;

/**
 * Coordinate ascent on the evidence lower bound for a product {@code q(z) = prod_j q_j(z_j)}: each factor in turn becomes
 * {@code log q_j = E_(others) log p(x, z) + const}, the best there is while the others stay. The bound never falls.
 *
 * {@snippet :
 * double[] x = {1.2, 0.7, 2.1, 1.6};
 * var fit = new CoordinateAscent().fit(CoordinateAscent.normal(x, 0, 1, 1, 1));
 * double mean = fit.factors()[0][0], precision = fit.factors()[1][0] / fit.factors()[1][1];
 * }
 *
 * @param maxSweeps through all factors
 * @param tolerance converged when a sweep moves no parameter by more than {@code tolerance max(1, |parameter|)}
 * @see <a href="https://arxiv.org/abs/1601.00670">Blei, Kucukelbir and McAuliffe (2017)</a>
 */
@Withers
public record CoordinateAscent(int maxSweeps, double tolerance) implements CoordinateAscentWithers {
    public CoordinateAscent {
        if (maxSweeps < 1) throw new IllegalArgumentException("CoordinateAscent: maxSweeps is " + maxSweeps + "; at least 1 is needed");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("CoordinateAscent: tolerance is " + tolerance + "; it is at least 0");
    }

    /** 10,000 sweeps, tolerance 1e-12. */
    public CoordinateAscent() { this(10_000, 1e-12); }

    /** A model whose factors have closed updates. */
    public interface Model {
        /** Parameters of each factor to begin with. */
        double[][] start();

        /** The best parameters of factor j while the others are as in {@code factors}. */
        double[] update(int j, double[][] factors);

        /** The bound. */
        double elbo(double[][] factors);
    }

    /**
     * What was found.
     *
     * @param factors parameters of each factor
     * @param path the bound at the start and after each sweep
     * @param converged false if it ran out of sweeps
     */
    public record Fit(double[][] factors, List<Double> path, boolean converged) {
        public Fit { path = List.copyOf(path); }

        public double elbo() { return path.getLast(); }
    }

    public Fit fit(Model model) {
        double[][] factors = model.start();
        var path = new ArrayList<Double>();
        path.add(model.elbo(factors));
        boolean converged = false;
        for (int sweep = 0; sweep < maxSweeps && !converged; sweep++) {
            converged = true;
            for (int j = 0; j < factors.length; j++) {
                double[] next = model.update(j, factors);
                for (int i = 0; i < next.length; i++)
                    if (!(Math.abs(next[i] - factors[j][i]) <= tolerance * Math.max(1, Math.abs(next[i])))) converged = false;
                factors[j] = next;
            }
            path.add(model.elbo(factors));
        }
        return new Fit(factors, path, converged);
    }

    /**
     * Observations from a normal distribution whose mean and precision are both unknown: {@code precision ~ Gamma(shape, rate)},
     * {@code mean | precision ~ N(priorMean, 1 / (strength precision))}. Factors: of the mean, its mean and precision; of the precision, shape and rate.
     */
    public static Model normal(double[] x, double priorMean, double strength, double shape, double rate) {
        return new NormalFactors(x, priorMean, strength, shape, rate);
    }
}
