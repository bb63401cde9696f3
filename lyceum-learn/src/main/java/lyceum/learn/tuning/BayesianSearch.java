package lyceum.learn.tuning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.bayes.GaussianProcess;
import lyceum.bayes.GaussianProcessPosterior;
import lyceum.kernel.ConstantKernel;
import lyceum.kernel.Matern;
import lyceum.kernel.ProductKernel;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A Gaussian process of the scores, and next the configuration of the largest expected improvement over the best,
 * {@code EI = (f* - m) Phi(z) + s phi(z), z = (f* - m) / s} for values to be made small, m and s the process's mean and deviation.
 *
 * <p>The kernel is Matern 5/2 with a length scale for each parameter, fitted anew by maximum likelihood before each round; a choice is an indicator for each of
 * its values. Within a round of several trials each point is taken as if it had its predicted mean. Pays where a trial takes minutes and parameters are few:
 * fitting takes n^3 for n trials.
 *
 * @param trials in all
 * @param startup of a quasi-random design first, 8 by default
 * @param candidates configurations whose expected improvement is computed, 1,000 by default, and as many near the best of them
 * @see <a href="https://arxiv.org/abs/1206.2944">Snoek, Larochelle and Adams (2012)</a>
 */
@Withers
public record BayesianSearch(int trials, int startup, int candidates) implements BayesianSearchWithers, SearchStrategy {
    private static final double ROOT_2PI = Math.sqrt(2 * Math.PI);

    public BayesianSearch {
        if (trials < 1 || startup < 2 || candidates < 1) throw new IllegalArgumentException("BayesianSearch: " + trials + " trials, "
                + startup + " of them by design, " + candidates + " candidates; at least 1, 2 and 1 are needed");
    }

    public BayesianSearch(int trials) { this(trials, 8, 1_000); }

    @Override public int trials(SearchSpace space) { return trials; }

    @Override public int batch() { return 1; }

    @Override public List<Proposal> next(Study past, int most, Rng rng) {
        var space = past.space();
        int first = past.trials().size(), wanted = Math.min(most, trials - first);
        var next = new ArrayList<Proposal>();
        var done = past.done();
        if (first < startup || done.size() < 2) {
            while (next.size() < wanted) next.add(Proposal.of(space.at(QuasiRandomSearch.point(first + next.size(), space.size(), rng))));
            return next;
        }
        var rows = new ArrayList<>(done.stream().map(t -> space.features(t.configuration())).toList());
        var draws = rng.split(first);
        double[] y = standardised(done.stream().mapToDouble(t -> past.maximises() ? -t.value() : t.value()).toArray());
        var lengths = new double[rows.getFirst().length];
        Arrays.fill(lengths, 0.5);
        var posterior = new GaussianProcess(new ProductKernel(new ConstantKernel(1), new Matern(2.5, lengths)), 1e-3).fit(matrix(rows),
                Tensor.of(y), draws.split(0));
        while (next.size() < wanted) {
            var configuration = best(space, posterior, Arrays.stream(y).min().orElseThrow(), draws.split(1 + next.size()));
            next.add(Proposal.of(configuration));
            if (next.size() == wanted) break;
            double[] row = space.features(configuration);
            y = Arrays.copyOf(y, y.length + 1);
            y[y.length - 1] = posterior.mean(Tensor.of(new double[][] {row})).item(0);
            rows.add(row);
            posterior = posterior.process().condition(matrix(rows), Tensor.of(y));
        }
        return next;
    }

    /** The most promising of random configurations, then of ever smaller steps from the ten best of them. */
    private Configuration best(SearchSpace space, GaussianProcessPosterior posterior, double least, Rng rng) {
        var points = new ArrayList<double[]>();
        for (int c = 0; c < candidates; c++) points.add(uniform(space.size(), rng));
        double[] gain = improvements(space, posterior, least, points);
        double step = 0.1;
        for (int round = 0; round < 4; round++, step /= 4) {
            double[] current = gain;
            int[] order = IntStream.range(0, gain.length).boxed().sorted(Comparator.comparingDouble(i -> -current[i])).limit(10)
                    .mapToInt(i -> i).toArray();
            var nearer = new ArrayList<double[]>();
            for (int i : order) nearer.add(points.get(i));
            for (int c = 0; c < candidates / 4; c++) nearer.add(moved(points.get(order[c % order.length]), step, rng));
            points = nearer;
            gain = improvements(space, posterior, least, points);
        }
        int top = 0;
        for (int i = 1; i < gain.length; i++) if (gain[i] > gain[top]) top = i;
        return space.at(points.get(top));
    }

    private static double[] uniform(int n, Rng rng) {
        var u = new double[n];
        for (int i = 0; i < n; i++) u[i] = rng.nextDouble();
        return u;
    }

    private static double[] moved(double[] u, double step, Rng rng) {
        var moved = u.clone();
        for (int i = 0; i < u.length; i++) moved[i] = Math.clamp(u[i] + step * rng.nextGaussian(), 0, 1);
        return moved;
    }

    private static double[] improvements(SearchSpace space, GaussianProcessPosterior posterior, double least, List<double[]> points) {
        var rows = matrix(points.stream().map(u -> space.features(space.at(u))).toList());
        double[] mean = posterior.mean(rows).toDoubleArray(), deviation = posterior.deviation(rows).toDoubleArray();
        for (int i = 0; i < mean.length; i++) mean[i] = expectedImprovement(mean[i], deviation[i], least);
        return mean;
    }

    /** {@code E max(least - f, 0)} for a normal f. */
    static double expectedImprovement(double mean, double deviation, double least) {
        if (!(deviation > 0)) return Math.max(0, least - mean);
        double z = (least - mean) / deviation;
        return (least - mean) * Incomplete.normalCdf(z) + deviation * Math.exp(-0.5 * z * z) / ROOT_2PI;
    }

    private static Tensor matrix(List<double[]> rows) { return Tensor.of(rows.toArray(double[][]::new)); }

    private static double[] standardised(double[] y) {
        double mean = Arrays.stream(y).average().orElseThrow(),
                square = Arrays.stream(y).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
        double deviation = square > 0 ? Math.sqrt(square) : 1;
        return Arrays.stream(y).map(v -> (v - mean) / deviation).toArray();
    }
}
