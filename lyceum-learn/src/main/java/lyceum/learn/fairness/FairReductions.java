package lyceum.learn.fairness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.optim.InteriorPoint;
import lyceum.optim.QuadraticProgram;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * Exponentiated-gradient reductions: a game in which a learner minimises a cost-weighted error and multipliers grow exponentially where the
 * criterion is violated. After each step a small linear program finds the best mixture of the classifiers so far and its multipliers,
 * against which
 * the learner answers once more. The answer is a mixture of classifiers, so that decisions are random.
 *
 * <p>The duality gap, {@code max_lambda L(Q, lambda) - min_h L(h, lambda)}, bounds how far the mixture is from the best one; its minimum
 * is over the
 * classifiers that {@code base} finds, and so is exact as far as {@code base} minimises weighted error.
 *
 * @param base takes weights
 * @param criterion DEMOGRAPHIC_PARITY, EQUAL_OPPORTUNITY or EQUALISED_ODDS
 * @param tolerance of each group's rate against that of all, positive
 * @param gapTolerance stops at this duality gap
 * @param maxIterations of the game
 * @see <a href="https://arxiv.org/abs/1803.02453">Agarwal, Beygelzimer, Dudik, Langford and Wallach (2018), A Reductions Approach to Fair
 *     Classification</a>
 */
public record FairReductions(Classifier base, FairnessCriterion criterion, double tolerance, double gapTolerance, int maxIterations)
        implements BiasMitigation {
    /** How fast multipliers grow, in units of the inverse violation. */
    private static final double RATE = 2;

    public FairReductions {
        if (!(tolerance > 0)) throw new IllegalArgumentException("FairReductions: tolerance is " + tolerance + "; it is positive");
        if (!(gapTolerance > 0)) throw new IllegalArgumentException("FairReductions: gapTolerance is " + gapTolerance + "; it is positive");
        if (maxIterations < 1) throw new IllegalArgumentException("FairReductions: " + maxIterations + " iterations; at least 1 is needed");
    }

    /** Tolerance 0.01, duality gap 0.001, at most 50 iterations. */
    public FairReductions(Classifier base, FairnessCriterion criterion) { this(base, criterion, 0.01, 1e-3, 50); }

    /**
     * A mixture of classifiers.
     *
     * @param weights of the classifiers, summing to 1
     * @param multipliers signed, one a constraint, under which the duality gap was found
     * @param dualityGap on the training rows
     * @param iterations of the game
     */
    public record Mixture(List<Decisions> members, double[] weights, double[] multipliers, double dualityGap, int iterations)
            implements FairModel {
        @Override public double[] acceptance(Tensor x, long[] groups) {
            var p = new double[(int) x.size(0)];
            for (int t = 0; t < weights.length; t++) {
                if (weights[t] == 0) continue;
                double[] h = members.get(t).of(x);
                for (int i = 0; i < p.length; i++) p[i] += weights[t] * h[i];
            }
            for (int i = 0; i < p.length; i++) p[i] = Math.clamp(p[i], 0, 1);
            return p;
        }
    }

    @Override public Mixture fit(Tensor x, Tensor labels, Tensor groups) {
        var rows = GroupedRows.of("FairReductions.fit", x, labels, groups);
        return new Game(rows, new ParityConstraints(criterion, rows.labels(), rows.groups())).play();
    }

    private final class Game {
        private final GroupedRows rows;
        private final ParityConstraints constraints;
        /** The largest sum of multipliers: a violation costs this much. */
        private final double bound = 1 / tolerance;
        private final List<Decisions> members = new ArrayList<>();
        private final List<double[]> gammas = new ArrayList<>();
        private final List<Double> errors = new ArrayList<>();

        Game(GroupedRows rows, ParityConstraints constraints) {
            this.rows = rows;
            this.constraints = constraints;
        }

        Mixture play() {
            int k = constraints.size();
            var theta = new double[2 * k];
            Mixture best = null;
            respond(new double[k]);
            for (int t = 1; t <= maxIterations; t++) {
                respond(exponentiated(theta));
                double[] gamma = gammas.getLast();
                for (int j = 0; j < k; j++) {
                    theta[j] += RATE * (gamma[j] - tolerance);
                    theta[k + j] += RATE * (-gamma[j] - tolerance);
                }
                var mixture = mixture(t);
                if (best == null || mixture.dualityGap < best.dualityGap) best = mixture;
                if (best.dualityGap <= gapTolerance) break;
            }
            return best;
        }

        private double[] exponentiated(double[] theta) {
            double top = 0, sum;
            for (double v : theta) top = Math.max(top, v);
            sum = Math.exp(-top);
            for (double v : theta) sum += Math.exp(v - top);
            var signed = new double[theta.length / 2];
            for (int j = 0; j < signed.length; j++)
                signed[j] = bound * (Math.exp(theta[j] - top) - Math.exp(theta[signed.length + j] - top)) / sum;
            return signed;
        }

        /** Adds the classifier that is best under these multipliers, and gives its Lagrangian: the least of all so far. */
        private double respond(double[] multipliers) {
            double[] cost = constraints.costs(multipliers), weights = new double[cost.length];
            var wanted = new long[cost.length];
            for (int i = 0; i < cost.length; i++) {
                wanted[i] = cost[i] < 0 ? 1 : 0;
                weights[i] = Math.abs(cost[i]);
            }
            var member = Decisions.fit(base, rows.x(), wanted, weights);
            double[] h = member.of(rows.x());
            members.add(member);
            gammas.add(constraints.gamma(h));
            errors.add(constraints.error(h));
            double least = Double.POSITIVE_INFINITY, penalty = 0;
            for (double m : multipliers) penalty += tolerance * Math.abs(m);
            for (int t = 0; t < members.size(); t++) {
                double value = errors.get(t) - penalty;
                for (int j = 0; j < multipliers.length; j++) value += multipliers[j] * gammas.get(t)[j];
                least = Math.min(least, value);
            }
            return least;
        }

        /** Minimise {@code sum q error + bound xi} with {@code +-sum q gamma - tolerance <= xi}, q on the simplex and xi at least 0. */
        private Mixture mixture(int iteration) {
            int t = members.size(), k = constraints.size();
            var q = new double[t + 1];
            double[][] g = new double[2 * k + t + 1][t + 1], a = new double[1][t + 1];
            var h = new double[g.length];
            for (int s = 0; s < t; s++) {
                q[s] = errors.get(s);
                a[0][s] = 1;
                for (int j = 0; j < k; j++) {
                    g[j][s] = gammas.get(s)[j];
                    g[k + j][s] = -gammas.get(s)[j];
                }
                g[2 * k + s][s] = -1;
            }
            q[t] = bound;
            g[2 * k + t][t] = -1;
            for (int j = 0; j < 2 * k; j++) {
                g[j][t] = -1;
                h[j] = tolerance;
            }
            var optimum = new InteriorPoint()
                    .minimize(QuadraticProgram.linear(q).withEqualities(a, new double[] {1}).withInequalities(g, h));
            double[] weights = Arrays.copyOf(optimum.x(), t), multipliers = new double[k];
            double sum = 0, error = 0, worst = 0;
            for (int s = 0; s < t; s++) sum += weights[s] = weights[s] < 1e-7 ? 0 : weights[s];
            for (int s = 0; s < t; s++) error += (weights[s] /= sum) * errors.get(s);
            for (int j = 0; j < k; j++) {
                multipliers[j] = optimum.lambda()[j] - optimum.lambda()[k + j];
                double gamma = 0;
                for (int s = 0; s < t; s++) gamma += weights[s] * gammas.get(s)[j];
                worst = Math.max(worst, Math.abs(gamma) - tolerance);
            }
            var used = List.copyOf(members);
            double gap = error + bound * worst - respond(multipliers);
            return new Mixture(used, weights, multipliers, gap, iteration);
        }
    }
}
