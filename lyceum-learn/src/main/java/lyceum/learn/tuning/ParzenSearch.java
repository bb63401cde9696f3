package lyceum.learn.tuning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The tree-structured Parzen estimator: past trials are split into the best {@code min(25, ceil(share n))} and the rest, densities {@code l} and {@code g} of
 * their values are estimated parameter by parameter, and of some draws from {@code l} the one with the largest {@code l / g} is tried, as that has the largest
 * expected improvement; one trial in ten is random all the same. Takes conditional and categorical parameters as they are, and costs next to nothing beside a trial.
 *
 * @param trials in all
 * @param startup drawn at random first, 10 by default
 * @param share of the best, 0.15 by default
 * @param candidates drawn from {@code l}, 24 by default
 * @see <a href="https://papers.nips.cc/paper/4443-algorithms-for-hyper-parameter-optimization">Bergstra, Bardenet, Bengio and Kegl (2011)</a>
 */
@Withers
public record ParzenSearch(int trials, int startup, double share, int candidates) implements ParzenSearchWithers, SearchStrategy {
    /** The share of later trials drawn at random, so that a choice that began unluckily is not lost. */
    private static final double RANDOM = 0.1;

    public ParzenSearch {
        if (trials < 1 || startup < 2 || candidates < 1) throw new IllegalArgumentException("ParzenSearch: " + trials + " trials, "
                + startup + " of them random, " + candidates + " candidates; at least 1, 2 and 1 are needed");
        if (!(share > 0 && share < 1))
            throw new IllegalArgumentException("ParzenSearch: the best are a share of " + share + "; it lies between 0 and 1");
    }

    public ParzenSearch(int trials) { this(trials, 10, 0.15, 24); }

    @Override public int trials(SearchSpace space) { return trials; }

    @Override public int batch() { return 1; }

    @Override public List<Proposal> next(Study past, int most, Rng rng) {
        var space = past.space();
        var done = new ArrayList<>(past.done());
        done.sort(past.byValue());
        int wanted = Math.min(most, trials - past.trials().size()), best = Math.min(25, (int) Math.ceil(share * done.size()));
        boolean random = past.trials().size() < startup || best == 0 || best == done.size();
        var coordinates = done.stream().map(t -> space.coordinates(t.configuration())).toArray(double[][]::new);
        var next = new ArrayList<Proposal>();
        var draws = rng.split(past.trials().size());
        while (next.size() < wanted)
            next.add(Proposal.of(random || draws.nextDouble() < RANDOM ? space.draw(draws) : better(space, coordinates, best, draws)));
        return next;
    }

    private Configuration better(SearchSpace space, double[][] coordinates, int best, Rng rng) {
        var good = new Density[space.size()];
        var bad = new Density[space.size()];
        for (int p = 0; p < good.length; p++) {
            good[p] = Density.of(space.parameters().get(p), coordinates, 0, best, p);
            bad[p] = Density.of(space.parameters().get(p), coordinates, best, coordinates.length, p);
        }
        Configuration chosen = null;
        double most = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < candidates; c++) {
            var u = new double[good.length];
            for (int p = 0; p < u.length; p++) u[p] = good[p].draw(rng);
            var configuration = space.at(u);
            double ratio = 0;
            for (int p = 0; p < u.length; p++)
                if (configuration.has(space.parameters().get(p).name())) ratio += Math.log(good[p].at(u[p]) / bad[p].at(u[p]));
            if (ratio > most) {
                most = ratio;
                chosen = configuration;
            }
        }
        return chosen;
    }

    /** A density over the coordinates of one parameter. */
    private sealed interface Density {
        double at(double u);

        double draw(Rng rng);

        static Density of(Hyperparameter parameter, double[][] coordinates, int from, int to, int p) {
            double[] seen = Arrays.stream(coordinates, from, to).mapToDouble(u -> u[p]).filter(u -> !Double.isNaN(u)).sorted().toArray();
            if (!parameter.isChoice()) return Bells.around(seen);
            var shares = new double[parameter.choices().size()];
            for (int c = 0; c < shares.length; c++) shares[c] = 1.0 / shares.length / (seen.length + 1);
            for (double u : seen) shares[(int) (u * shares.length)] += 1.0 / (seen.length + 1);
            return new Shares(shares);
        }
    }

    /** Shares of choices; the prior counts as one trial. */
    private record Shares(double[] shares) implements Density {
        @Override public double at(double u) { return shares[(int) (u * shares.length)]; }

        @Override public double draw(Rng rng) {
            double left = rng.nextDouble();
            int c = 0;
            while (c < shares.length - 1 && left >= shares[c]) left -= shares[c++];
            return (c + 0.5) / shares.length;
        }
    }

    /** Normal densities cut to [0, 1], all of one weight: a wide one for the prior, and one about each value, as wide as the farther neighbour is away. */
    private record Bells(double[] middle, double[] width) implements Density {
        static Bells around(double[] seen) {
            int n = seen.length;
            var middle = Arrays.copyOf(seen, n + 1);
            var width = new double[n + 1];
            double least = 1.0 / Math.min(100, n + 1);
            for (int i = 0; i < n; i++) {
                double left = seen[i] - (i == 0 ? 0 : seen[i - 1]), right = (i == n - 1 ? 1 : seen[i + 1]) - seen[i];
                width[i] = Math.clamp(Math.max(left, right), least, 1);
            }
            middle[n] = 0.5;
            width[n] = 1;
            return new Bells(middle, width);
        }

        private double below(int i, double u) { return Incomplete.normalCdf((u - middle[i]) / width[i]); }

        @Override public double at(double u) {
            double sum = 0;
            for (int i = 0; i < middle.length; i++) {
                double z = (u - middle[i]) / width[i];
                sum += Math.exp(-0.5 * z * z) / (width[i] * Math.sqrt(2 * Math.PI) * (below(i, 1) - below(i, 0)));
            }
            return sum / middle.length;
        }

        @Override public double draw(Rng rng) {
            int i = rng.nextInt(middle.length);
            double low = below(i, 0), high = below(i, 1);
            return Math.clamp(middle[i] + width[i] * Incomplete.normalQuantile(low + rng.nextDoublePositive() * (high - low)), 0, 1);
        }
    }
}
