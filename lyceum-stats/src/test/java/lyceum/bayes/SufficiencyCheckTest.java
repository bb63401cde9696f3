package lyceum.bayes;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.ToDoubleBiFunction;
import java.util.function.UnaryOperator;
import lyceum.prob.Beta;
import lyceum.prob.Binomial;
import lyceum.prob.Exponential;
import lyceum.prob.Gamma;
import lyceum.prob.Multinomial;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.Uniform;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class SufficiencyCheckTest {
    private static double[][] spread(double a, double b, double r) { return new double[][] {{a * a, r * a * b}, {r * a * b, b * b}}; }

    private static double[][] thetas(BiFunction<Double, Double, double[]> of) {
        var thetas = new double[12][];
        for (int i = 0; i < 12; i++) thetas[i] = of.apply(0.3 + 0.4 * (i % 4), 0.4 + 0.3 * (i / 4));
        return thetas;
    }

    private static double total(UnivariateDistribution d, double[] x) {
        double sum = 0;
        for (double v : x) sum += d.logDensity(v);
        return sum;
    }

    @Acceptance(topic = "sufficient-statistics", clause = 3)
    @Test void equalStatisticsLeaveNoParameterInTheRatio() {
        record Pairing(ToDoubleBiFunction<double[], double[]> logLikelihood, double[][] thetas, UnaryOperator<double[]> statistic,
                UnivariateDistribution start, Supplier<SufficientStatistics<?>> kept, int width) {}
        UnaryOperator<double[]> sum = x -> new double[] {Arrays.stream(x).sum()},
                squares = x -> new double[] {Arrays.stream(x).sum(), Arrays.stream(x).map(v -> v * v).sum()};
        var smooth = List.of(
                new Pairing((x, t) -> total(new Normal(t[0], t[1]), x), thetas((a, b) -> new double[] {a, b}), squares, new Normal(1, 1),
                        SufficientStatistics::normal, 1),
                new Pairing((x, t) -> total(new Exponential(t[0]), x), thetas((a, b) -> new double[] {a + b}), sum, new Uniform(0.5, 2),
                        SufficientStatistics::exponential, 1),
                new Pairing((x, t) -> total(new Gamma(t[0], t[1]), x), thetas((a, b) -> new double[] {a, b}),
                        x -> new double[] {Arrays.stream(x).sum(), Arrays.stream(x).map(Math::log).sum()}, new Uniform(0.5, 2),
                        SufficientStatistics::gamma, 1),
                new Pairing((x, t) -> total(new Beta(t[0], t[1]), x), thetas((a, b) -> new double[] {a, b}),
                        x -> new double[] {Arrays.stream(x).map(Math::log).sum(), Arrays.stream(x).map(v -> Math.log1p(-v)).sum()},
                        new Uniform(0.3, 0.7), SufficientStatistics::beta, 1),
                new Pairing((x, t) -> {
                    var n = new MultivariateNormal(new double[] {t[0], -t[0]}, spread(t[1], 1, t[0] / 3));
                    double log = 0;
                    for (int i = 0; i < x.length; i += 2) log += n.logDensity(new double[] {x[i], x[i + 1]});
                    return log;
                }, thetas((a, b) -> new double[] {a, b}), x -> {
                    var t = new double[5];
                    for (int i = 0; i < x.length; i += 2) {
                        t[0] += x[i];
                        t[1] += x[i + 1];
                        t[2] += x[i] * x[i];
                        t[3] += x[i] * x[i + 1];
                        t[4] += x[i + 1] * x[i + 1];
                    }
                    return t;
                }, new Normal(0, 1), () -> SufficientStatistics.multivariateNormal(2), 2));
        double widest = 0, nearest = Double.POSITIVE_INFINITY;
        double apart = 0;
        int pairs = 0;
        for (var p : smooth) {
            var all = new double[20][2][];
            for (int i = 0; i < all.length; i++) {
                double[] x = p.start.sample(Rng.of(i), 12).toDoubleArray(), y = p.start.sample(Rng.of(100 + i), 12).toDoubleArray();
                all[i] = new double[][] {x, SufficiencyCheck.twin(p.statistic, x, y)};
                double away = 0;
                for (int j = 0; j < 12; j++) away = Math.max(away, Math.abs(all[i][0][j] - all[i][1][j]));
                nearest = Math.min(nearest, away);
            }
            // the unit keeps the same numbers of both
            if (p.kept != null) for (double[][] pair : all) {
                double[][] values = new double[2][];
                for (int k = 0; k < 2; k++) {
                    var kept = p.kept.get();
                    int d = p.width;
                    for (int j = 0; j < 12; j += d) kept.add(Arrays.copyOfRange(pair[k], j, j + d));
                    values[k] = kept.values();
                }
                for (int k = 0; k < values[0].length; k++)
                    apart = Math.max(apart, Math.abs(values[0][k] - values[1][k]) / Math.max(1, Math.abs(values[0][k])));
            }
            var check = SufficiencyCheck.of(p.logLikelihood, p.thetas, all);
            widest = Math.max(widest, check.spread());
            pairs += check.pairs();
        }
        // Counts: units of one observation moved to another
        var counts = new double[20][2][];
        var trials = new double[20][2][];
        for (int i = 0; i < 20; i++) {
            var rng = Rng.of(i);
            double[] x = new Poisson(4).sample(rng, 12).toDoubleArray();
            counts[i] = new double[][] {x, new Multinomial((long) Arrays.stream(x).sum(), ones(12)).sample(rng)};
            // the same successes among the 72 trials of twelve observations
            double[] c = new Binomial(6, 0.4).sample(rng, 12).toDoubleArray(), other = new double[12];
            int[] places = rng.sample(72, (int) Arrays.stream(c).sum());
            for (int place : places) other[place / 6]++;
            trials[i] = new double[][] {c, other};
            assertThat(sorted(other)).as("no rearrangement, whose likelihood is the same for any statistic").isNotEqualTo(sorted(c));
            assertThat(sorted(counts[i][1])).isNotEqualTo(sorted(counts[i][0]));
            for (int k = 0; k < 2; k++) {
                var kept = SufficientStatistics.poisson();
                for (double v : counts[i][k]) kept.add(v);
                assertThat(Arrays.copyOf(kept.values(), 2)).containsExactly(12, Arrays.stream(x).sum());
            }
        }
        widest = Math.max(widest,
                SufficiencyCheck.of((x, t) -> total(new Poisson(t[0]), x), thetas((a, b) -> new double[] {a + 5 * b}), counts).spread());
        widest = Math.max(widest,
                SufficiencyCheck.of((x, t) -> total(new Binomial(6, t[0] / 2), x), thetas((a, b) -> new double[] {a}), trials).spread());
        // one success more is another statistic
        var more = new double[][][] {{trials[0][0], trials[0][1].clone()}};
        for (int j = 0; j < 12; j++) if (more[0][1][j] < 6) {
            more[0][1][j]++;
            break;
        }
        assertThat(SufficiencyCheck.of((x, t) -> total(new Binomial(6, t[0] / 2), x), thetas((a, b) -> new double[] {a}), more).spread())
                .isGreaterThan(0.1);
        Evidence.of("pairs of distinct samples in 7 families", pairs + 40, exactly(140));
        Evidence.of("largest difference of what the unit keeps of twins", apart, below(1e-10));
        Evidence.of("least distance between a sample and its twin", nearest, above(0.01));
        Evidence.of("widest spread of a log ratio over 12 parameters", widest, below(1e-10));

        UnaryOperator<double[]> median = x -> new double[] {Descriptive.median(x)};
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 20; i++) {
            double[] x = Normal.STANDARD.sample(Rng.of(i), 11).toDoubleArray(),
                    y = SufficiencyCheck.twin(median, x, Normal.STANDARD.sample(Rng.of(50 + i), 11).toDoubleArray());
            var check = SufficiencyCheck.of((s, t) -> total(new Normal(t[0], 1), s), new double[][] {{-1}, {0}, {1}},
                    new double[][][] {{x, y}});
            assertThat(check.isSufficient(1e-6)).isFalse();
            least = Math.min(least, check.spread());
        }
        Evidence.of("least spread of 20 pairs with one median", least, above(0.1));
    }

    private static double[] sorted(double[] x) {
        double[] sorted = x.clone();
        Arrays.sort(sorted);
        return sorted;
    }

    private static double[] ones(int n) {
        var ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }
}
