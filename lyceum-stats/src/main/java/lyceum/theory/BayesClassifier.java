package lyceum.theory;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.prob.MultivariateDistribution;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.stats.Interval;

/**
 * The best decisions where priors and class densities are known, and how often even they are wrong.
 *
 * {@snippet :
 * var machines = BayesClassifier.of(new double[] {0.5, 0.5}, new Normal(-1, 1), new Normal(1, 1));
 * machines.posterior(0.3);                          // of each class
 * machines.decide(0.3);                             // 1
 * machines.decide(new double[][] {{0, 9}, {1, 0}}, -0.5);     // 1: a miss is nine times dearer, rows are decisions and columns truths
 * machines.decideOrReject(0.2, 0.3);                // REJECT, as neither posterior is 0.8
 * machines.risk();                                  // 0.1587
 * BayesClassifier.coverHart(0.225, 2);              // where that risk may lie if the nearest neighbour errs so often
 * }
 *
 * @see <a href="https://doi.org/10.1109/TIT.1967.1053964">Cover and Hart (1967)</a>
 * @see <a href="https://doi.org/10.1109/TIT.1970.1054406">Chow (1970)</a> for the reject option
 */
public final class BayesClassifier {
    /** The decision not to decide. */
    public static final int REJECT = -1;

    private final double[] priors;
    private final double[][] errors; // their costs: 1 for each
    private final List<ToDoubleFunction<double[]>> logDensities;
    private final List<Function<Rng, double[]>> samplers;
    private final List<UnivariateDistribution> univariate; // null for vectors

    private BayesClassifier(double[] priors, List<ToDoubleFunction<double[]>> logDensities, List<Function<Rng, double[]>> samplers,
            List<UnivariateDistribution> univariate) {
        if (priors.length != logDensities.size() || priors.length < 2) throw new ShapeException(
                "BayesClassifier: " + priors.length + " priors of " + logDensities.size() + " classes; as many, and at least 2");
        double sum = 0;
        for (double p : priors) {
            if (!(p >= 0)) throw new IllegalArgumentException("BayesClassifier: a prior of " + p + "; it is at least 0");
            sum += p;
        }
        if (Math.abs(sum - 1) > 1e-9) throw new IllegalArgumentException("BayesClassifier: priors add up to " + sum + "; they should to 1");
        this.priors = priors.clone();
        errors = new double[priors.length][priors.length];
        for (int k = 0; k < priors.length; k++) for (int j = 0; j < priors.length; j++) errors[k][j] = k == j ? 0 : 1;
        this.logDensities = logDensities;
        this.samplers = samplers;
        this.univariate = univariate;
    }

    /** Classes on the line, all with densities or all with masses. */
    public static BayesClassifier of(double[] priors, UnivariateDistribution... classes) {
        var list = List.of(classes);
        if (list.stream().map(UnivariateDistribution::isDiscrete).distinct().count() > 1) throw new IllegalArgumentException(
                "BayesClassifier: a density cannot be compared with a mass; classes are all discrete or all continuous");
        return new BayesClassifier(priors, list.stream().<ToDoubleFunction<double[]>>map(p -> x -> p.logDensity(x[0])).toList(),
                list.stream().<Function<Rng, double[]>>map(p -> rng -> new double[] {p.sample(rng)}).toList(), list);
    }

    /** Classes of vectors. */
    public static BayesClassifier of(double[] priors, MultivariateDistribution... classes) {
        var list = List.of(classes);
        return new BayesClassifier(priors, list.stream().<ToDoubleFunction<double[]>>map(p -> p::logDensity).toList(),
                list.stream().<Function<Rng, double[]>>map(p -> p::sample).toList(), null);
    }

    /** {@code P(class | x)}, by Bayes' rule; where no class has density they are the priors. */
    public double[] posterior(double... x) {
        var p = new double[priors.length];
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (int k = 0; k < p.length; k++)
            most = Math.max(most,
                    p[k] = priors[k] == 0 ? Double.NEGATIVE_INFINITY : Math.log(priors[k]) + logDensities.get(k).applyAsDouble(x));
        if (most == Double.NEGATIVE_INFINITY) return priors.clone();
        for (int k = 0; k < p.length; k++) sum += p[k] = Math.exp(p[k] - most);
        for (int k = 0; k < p.length; k++) p[k] /= sum;
        return p;
    }

    /** The decision of least expected cost where every error costs 1: the first of the likeliest classes. */
    public int decide(double... x) { return cheapest(errors, posterior(x)); }

    /** The first decision of least expected cost. @param cost a row for each decision, a column for each true class */
    public int decide(double[][] cost, double... x) {
        check(cost);
        return cheapest(cost, posterior(x));
    }

    /** {@link #decide} where an error costs 1, unless declining at this cost is cheaper: then {@link #REJECT}. */
    public int decideOrReject(double rejectCost, double... x) {
        double[] posterior = posterior(x);
        int best = cheapest(errors, posterior);
        return rejectCost < expected(errors[best], posterior) ? REJECT : best;
    }

    private void check(double[][] cost) {
        if (cost.length == 0) throw new ShapeException("BayesClassifier: there are no decisions");
        for (double[] row : cost)
            if (row.length != priors.length)
                throw new ShapeException("BayesClassifier: a row of " + row.length + " costs for " + priors.length + " classes");
    }

    private static int cheapest(double[][] cost, double[] posterior) {
        int best = 0;
        for (int k = 1; k < cost.length; k++) if (expected(cost[k], posterior) < expected(cost[best], posterior)) best = k;
        return best;
    }

    private static double expected(double[] costs, double[] posterior) {
        double sum = 0;
        for (int j = 0; j < costs.length; j++) sum += costs[j] * posterior[j];
        return sum;
    }

    /** The Bayes risk: the least probability of an error, by quadrature. For classes on the line. */
    public double risk() { return risk(errors); }

    /** The least expected cost of a decision, by quadrature. For classes on the line. @param cost as in {@link #decide(double[][], double...)} */
    public double risk(double[][] cost) {
        check(cost);
        return integrate(posterior -> expected(cost[cheapest(cost, posterior)], posterior));
    }

    /** What the error of one nearest neighbour tends to as data grow, {@code E (1 - sum_k P(k | x)^2)}, by quadrature. For classes on the line. */
    public double nearestNeighbourRisk() {
        return integrate(posterior -> {
            double same = 0;
            for (double p : posterior) same += p * p;
            return 1 - same;
        });
    }

    /** {@code E g(posterior)} over all classes. */
    private double integrate(ToDoubleFunction<double[]> g) {
        if (univariate == null)
            throw new IllegalArgumentException("BayesClassifier: quadrature is for classes on the line; for vectors sampleRisk");
        double sum = 0;
        if (univariate.getFirst().isDiscrete()) {
            for (int k = 0; k < priors.length; k++)
                if (priors[k] > 0) sum += priors[k] * Quadrature.expectation(univariate.get(k), x -> g.applyAsDouble(posterior(x)));
            return sum;
        }
        // All classes at once, cut at the quantiles of each and at once where the decision may turn.
        var cuts = new TreeSet<Double>();
        for (var p : univariate) for (double level : new double[] {1e-16, 1e-9, 1e-4, 0.05, 0.25, 0.5}) {
            cuts.add(p.quantile(level));
            cuts.add(p.upperQuantile(level));
        }
        return Quadrature.integrate(x -> {
            double density = 0;
            for (int k = 0; k < priors.length; k++) density += priors[k] * univariate.get(k).density(x);
            return density == 0 ? 0 : density * g.applyAsDouble(posterior(x));
        }, cuts.stream().mapToDouble(c -> c).toArray(), 1e-11, 1e-12);
    }

    /** A mean over draws. @param interval of the true value, by the normal approximation */
    public record SampledRisk(double risk, double standardError, Interval interval) {}

    /**
     * The Bayes risk from draws of the classes, the mean of {@code 1 - max_k P(k | x)}: in any number of dimensions.
     *
     * @param draws at least 2
     * @param level of the interval, such as 0.95
     */
    public SampledRisk sampleRisk(int draws, double level, Rng rng) {
        if (draws < 2) throw new IllegalArgumentException("BayesClassifier: " + draws + " draws; at least 2");
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("BayesClassifier: an interval of level " + level + "; between 0 and 1, such as 0.95");
        double mean = 0, squares = 0;
        for (int i = 1; i <= draws; i++) {
            double u = rng.nextDouble();
            int k = 0;
            while (k < priors.length - 1 && (u -= priors[k]) >= 0) k++;
            double error = 1 - Arrays.stream(posterior(samplers.get(k).apply(rng))).max().orElseThrow(), step = error - mean;
            mean += step / i;
            squares += step * (error - mean);
        }
        double se = Math.sqrt(squares / (draws - 1) / draws), reach = se * Incomplete.normalQuantile(0.5 + level / 2);
        return new SampledRisk(mean, se, new Interval(Math.max(0, mean - reach), Math.min(1, mean + reach)));
    }

    /**
     * The Bayes risk of two Gaussians of one covariance, in any number of dimensions: with the Mahalanobis distance d and {@code l = ln(p0 / p1)},
     * {@code p0 Phi(-d/2 - l/d) + p1 Phi(-d/2 + l/d)}.
     *
     * @param prior p0, of the first, between 0 and 1
     */
    public static double gaussianRisk(double prior, double[] mean0, double[] mean1, double[][] covariance) {
        if (!(prior > 0 && prior < 1))
            throw new IllegalArgumentException("BayesClassifier: a prior of " + prior + "; it lies between 0 and 1");
        double d = Math.sqrt(new MultivariateNormal(mean0, covariance).squaredMahalanobis(mean1));
        if (d == 0) return Math.min(prior, 1 - prior);
        double l = Math.log(prior / (1 - prior));
        return prior * Incomplete.normalCdf(-d / 2 - l / d) + (1 - prior) * Incomplete.normalCdf(-d / 2 + l / d);
    }

    /**
     * Where the Bayes risk R of c classes lies if the nearest neighbour's error tends to e: {@code R <= e <= R (2 - c R / (c - 1))}, solved for R.
     *
     * @throws IllegalArgumentException if e is above {@code (c - 1) / c}, which no limit is
     */
    public static Interval coverHart(double nearestNeighbourRisk, int classes) {
        double top = (classes - 1.0) / classes;
        if (classes < 2 || !(nearestNeighbourRisk >= 0 && nearestNeighbourRisk <= top))
            throw new IllegalArgumentException("BayesClassifier: a nearest neighbour's risk of " + nearestNeighbourRisk + " for " + classes
                    + " classes; from 0 to (classes - 1) / classes");
        return new Interval(top * (1 - Math.sqrt(1 - nearestNeighbourRisk / top)), nearestNeighbourRisk);
    }
}
