package lyceum.bayes;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Gibbs sampling: redraw one part of the state from its distribution given the rest, then the next part.
 *
 * {@snippet :
 * double rho = 0.9, sd = Math.sqrt(1 - rho * rho);
 * var gibbs = new Gibbs((x, rng) -> x[0] = rho * x[1] + sd * rng.nextGaussian(), (x, rng) -> x[1] = rho * x[0] + sd * rng.nextGaussian());
 * var chains = new Mcmc(gibbs).run(Rng.of(1), new double[2]);
 * chains.autocorrelation(0, 1);     // rho^2 = 0.81
 * var models = new NormalModel(0, 1, 2, 2, 50);      // also HierarchicalNormal, NormalMixture, PottsLattice
 * }
 *
 * <p>A step is a sweep over all conditionals. Each sees what the ones before it drew: drawing all from the old values samples another law.
 * Nothing is tuned and nothing is refused. A walker's {@code evaluations} are its draws from conditionals.
 *
 * @param conditionals together they must reach every state; a block is one that redraws several coordinates
 * @param scan in which order
 * @see <a href="https://doi.org/10.1109/TPAMI.1984.4767596">Geman and Geman (1984)</a>
 * @see <a href="https://doi.org/10.1080/01621459.1990.10476213">Gelfand and Smith (1990)</a>
 */
@Withers
public record Gibbs(List<Conditional> conditionals, Scan scan) implements TransitionKernel, GibbsWithers {
    /** The order of a sweep. */
    public enum Scan {
        /** One after the other, as listed. */
        SYSTEMATIC,
        /** As many as are listed, each picked at random: reversible. */
        RANDOM
    }

    public Gibbs {
        conditionals = List.copyOf(conditionals);
        if (conditionals.isEmpty()) throw new IllegalArgumentException("Gibbs: no conditional; every coordinate needs one");
    }

    /** In the order given. */
    public Gibbs(Conditional... conditionals) { this(List.of(conditionals), Scan.SYSTEMATIC); }

    /** A normal vector, coordinate by coordinate. */
    public static Gibbs normal(double[] mean, double[][] covariance) {
        var all = new ArrayList<Conditional>();
        for (int i = 0; i < mean.length; i++) all.add(Conditional.normal(mean, covariance, i));
        return new Gibbs(all, Scan.SYSTEMATIC);
    }

    /** The matrices of the conditionals, multiplied; of a random scan, the power of their mean. */
    @Override public double[][] transitionMatrix(double[]... states) {
        int n = states.length, k = conditionals.size();
        double[][] product = null, mean = new double[n][n];
        for (var conditional : conditionals) {
            var step = new double[n][n];
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
                step[i][j] = Math.exp(conditional.logProbability(states[i], states[j]));
                mean[i][j] += step[i][j] / k;
            }
            product = product == null ? step : StationaryCheck.product(product, step);
        }
        if (scan == Scan.SYSTEMATIC) return product;
        product = mean;
        for (int i = 1; i < k; i++) product = StationaryCheck.product(product, mean);
        return product;
    }

    @Override public Walker start(double[] start, int warmup, Rng rng) {
        double[] x = start.clone();
        return new Walker() {
            private long draws;

            @Override public void step() {
                int k = conditionals.size();
                for (int i = 0; i < k; i++) conditionals.get(scan == Scan.RANDOM ? rng.nextInt(k) : i).draw(x, rng);
                draws += k;
            }

            @Override public double[] state() { return x; }

            @Override public long evaluations() { return draws; }
        };
    }
}
