package lyceum.learn.tuning;

import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.LyceumException;
import lyceum.learn.ensemble.RandomForestRegressor;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The history of a search.
 *
 * @param maximises whether larger values are better
 * @param trials by number
 */
public record Study(SearchSpace space, boolean maximises, List<Trial> trials) {
    public Study { trials = List.copyOf(trials); }

    /** Whether {@code a} is the better value; NaN never is. */
    public boolean prefers(double a, double b) { return !Double.isNaN(a) && (Double.isNaN(b) || (maximises ? a > b : a < b)); }

    /** Better trials first, NaN last, the earlier at a tie. */
    Comparator<Trial> byValue() {
        return (a, b) -> prefers(a.value(), b.value()) ? -1 : prefers(b.value(), a.value()) ? 1 : Integer.compare(a.number(), b.number());
    }

    /** Trials that ran to their end, with a number to show for it. */
    List<Trial> done() { return trials.stream().filter(t -> t.isDone() && !Double.isNaN(t.value())).toList(); }

    /**
     * The best of the trials that had the largest resource and ran to their end.
     *
     * <p>Its value is the best of several noisy ones and so too good: judge the choice on rows that had no part in it ({@link TunedClassifier} within an outer
     * cross-validation).
     *
     * @throws LyceumException if there is none
     */
    public Trial best() {
        var done = done();
        double most = done.stream().mapToDouble(Trial::resource).max().orElse(0);
        return done.stream().filter(t -> t.resource() == most).min(byValue()).orElseThrow(() -> new LyceumException("best: none of "
                + trials.size() + " trials ran to its end"
                + trials.stream().filter(t -> t.error() != null).findFirst().map(t -> "; the first failed: " + t.error()).orElse("")));
    }

    /** The best value after each trial; NaN before the first that ran to its end. */
    public double[] bestSoFar() {
        var curve = new double[trials.size()];
        double best = Double.NaN;
        for (int i = 0; i < curve.length; i++) {
            var t = trials.get(i);
            if (t.isDone() && prefers(t.value(), best)) best = t.value();
            curve[i] = best;
        }
        return curve;
    }

    /**
     * How much of the variance of the scores over the space each parameter explains alone: a random forest learns the scores, and of its predictions at random
     * configurations {@code Var(E[f | parameter]) / Var(f)} is taken (functional ANOVA). The shares add up to at most 1; what is missing are interactions.
     * A difference that only a few trials show is found by no forest: a hundred or more are wanted.
     *
     * @throws LyceumException with fewer than 10 trials that ran to their end
     * @see <a href="https://proceedings.mlr.press/v32/hutter14.html">Hutter, Hoos and Leyton-Brown (2014)</a>
     */
    public SequencedMap<String, Double> importance() {
        var done = done();
        if (done.size() < 10) throw new LyceumException("importance: " + done.size() + " trials ran to their end; at least 10 are needed");
        var rows = done.stream().map(t -> space.features(t.configuration())).toArray(double[][]::new);
        var forest = new RandomForestRegressor().withTrees(100).fit(Tensor.of(rows),
                Tensor.of(done.stream().mapToDouble(Trial::value).toArray()));
        int values = 64, others = 128;
        var rng = Rng.of(0);
        var base = new double[others][];
        for (int i = 0; i < others; i++) base[i] = space.features(space.draw(rng));
        var importance = new LinkedHashMap<String, Double>();
        for (int p = 0; p < space.size(); p++) {
            int from = space.featureStart(p), to = space.featureStart(p + 1);
            var points = new double[values * others][];
            for (int v = 0; v < values; v++) {
                // evenly spread values; where the parameter does not apply, it is set all the same
                var u = new double[space.size()];
                Arrays.fill(u, 0.5);
                u[p] = (v + 0.5) / values;
                double[] set = alone(p, u[p]);
                for (int i = 0; i < others; i++) {
                    points[v * others + i] = base[i].clone();
                    System.arraycopy(set, 0, points[v * others + i], from, to - from);
                }
            }
            importance.put(space.parameters().get(p).name(), share(forest.predict(Tensor.of(points)).toDoubleArray(), others));
        }
        return importance;
    }

    /** The features of one parameter at a coordinate. */
    private double[] alone(int parameter, double u) {
        var p = space.parameters().get(parameter);
        if (!p.isChoice()) return new double[] {p.coordinate(p.at(u))};
        var indicator = new double[p.choices().size()];
        indicator[p.choices().indexOf(p.at(u))] = 1;
        return indicator;
    }

    /** Variance of the means of blocks over the variance of all. */
    private static double share(double[] f, int block) {
        double mean = 0, all = 0, between = 0;
        for (double v : f) mean += v / f.length;
        for (int b = 0; b < f.length; b += block) {
            double m = 0;
            for (int i = b; i < b + block; i++) {
                m += f[i] / block;
                all += (f[i] - mean) * (f[i] - mean) / f.length;
            }
            between += (m - mean) * (m - mean) * block / f.length;
        }
        return all == 0 ? 0 : between / all;
    }
}
