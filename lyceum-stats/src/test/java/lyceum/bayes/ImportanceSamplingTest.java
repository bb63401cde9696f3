package lyceum.bayes;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.bayes.MultipleProposals.Heuristic;
import lyceum.prob.Mixture;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;
import lyceum.prob.Quadrature;
import lyceum.prob.StudentT;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ImportanceSamplingTest {
    private static final double ABOVE_4 = 3.167124183311986e-5; // erfc(4/sqrt 2)/2
    private static final ToDoubleFunction<double[]> IS_ABOVE_4 = x -> x[0] > 4 ? 1 : 0;

    @Acceptance(topic = "importance-sampling", clause = 1)
    @Test void aShiftedProposalFindsATailThatPlainDrawsMiss() {
        var shifted = ImportanceSampling.draw(Normal.STANDARD, new Normal(4, 1), 100_000, Rng.of(1)).mean(IS_ABOVE_4);
        Evidence.of("relative error from 100,000 draws of N(4, 1)", Math.abs(shifted.value() / ABOVE_4 - 1), atMost(0.02));
        Evidence.of("its relative standard error", shifted.standardError() / ABOVE_4, below(0.01));
        double squares = 0;
        int repeats = 50;
        for (int r = 0; r < repeats; r++) {
            double plain = ImportanceSampling.draw(Normal.STANDARD, Normal.STANDARD, 100_000, Rng.of(100 + r)).mean(IS_ABOVE_4).value();
            squares += Math.pow(plain / ABOVE_4 - 1, 2) / repeats;
        }
        Evidence.of("plain Monte Carlo's relative error, root mean square of 50", Math.sqrt(squares), equalTo(0.56, 0.15));
    }

    /** Each kind of estimate, on means that are known. */
    @Acceptance(topic = "importance-sampling", clause = 2)
    @Test void estimatesAreRightOnAverage() {
        var target = Mixture.of(new Normal(-1, 1), new Normal(2, 0.5));
        double second = 0.5 * (1 + 1) + 0.5 * (4 + 0.25);
        ToDoubleFunction<double[]> square = x -> x[0] * x[0];
        var two = MultipleProposals.of(List.of(new Normal(-1, 1.5), new StudentT(5, 2, 1)), 10, 40);
        record Estimator(ToDoubleFunction<Rng> once, double truth) {}
        var all = new LinkedHashMap<String, Estimator>();
        all.put("tail",
                new Estimator(r -> ImportanceSampling.draw(Normal.STANDARD, new Normal(4, 1), 50, r).mean(IS_ABOVE_4).value(), ABOVE_4));
        all.put("wide", new Estimator(r -> ImportanceSampling.draw(target, new Normal(0, 3), 50, r).mean(square).value(), second));
        all.put("defensive",
                new Estimator(r -> ImportanceSampling.defensive(0.2, target, new Normal(2, 1), 50, r).mean(square).value(), second));
        all.put("balance", new Estimator(r -> two.draw(target::logDensity, r).mean(square).value(), second));
        all.put("power", new Estimator(r -> two.with(Heuristic.power(2)).draw(target::logDensity, r).mean(square).value(), second));
        all.put("cutoff", new Estimator(r -> two.with(Heuristic.cutoff(0.1)).draw(target::logDensity, r).mean(square).value(), second));
        all.put("maximum", new Estimator(r -> two.with(Heuristic.maximum()).draw(target::logDensity, r).mean(square).value(), second));
        all.put("constant",
                new Estimator(
                        r -> Math.exp(ImportanceSampling.draw(x -> target.logDensity(x).add(3), new Normal(0, 3), 50, r).logNormaliser()),
                        Math.exp(3)));
        double worst = 0;
        for (var e : all.entrySet()) {
            double mean = 0, squares = 0;
            int repeats = 2_000;
            for (int i = 0; i < repeats; i++) {
                double value = e.getValue().once.applyAsDouble(Rng.of(i)), change = value - mean;
                mean += change / (i + 1);
                squares += change * (value - mean);
            }
            double error = Math.sqrt(squares / (repeats - 1) / repeats), off = Math.abs(mean - e.getValue().truth) / error;
            assertThat(off).as(e.getKey()).isLessThan(3);
            worst = Math.max(worst, off);
        }
        Evidence.of("largest distance of a mean of 2,000 repeats from the truth, in standard errors, of 8 estimators", worst, atMost(3));
    }

    @Acceptance(topic = "importance-sampling", clause = 3)
    @Test void weightVarianceHasItsClosedFormAndKHatItsLimit() {
        double worst = 0;
        for (double s2 : new double[] {0.9, 1.5, 2}) {
            double[] w = Arrays
                    .stream(ImportanceSampling.draw(Normal.STANDARD, new Normal(0, Math.sqrt(s2)), 1_000_000, Rng.of(3)).logWeights())
                    .map(Math::exp).toArray();
            double variance = 0;
            for (double v : w) variance += (v - 1) * (v - 1) / w.length;
            worst = Math.max(worst, Math.abs(variance / (s2 / Math.sqrt(2 * s2 - 1) - 1) - 1));
        }
        Evidence.of("largest relative error of the weights' variance", worst, atMost(0.05));
        int runs = 20, flagged = 0, passed = 0;
        double furthest = 0;
        for (int tenths = 2; tenths <= 9; tenths++) {
            double s2 = tenths / 10.0, mean = 0;
            for (int r = 0; r < runs; r++) {
                var tail = ImportanceSampling.draw(Normal.STANDARD, new Normal(0, Math.sqrt(s2)), 100_000, Rng.of(10 * r + tenths)).tail();
                mean += tail.k() / runs;
                // 1/2 is where the variance ceases to exist, at s^2 = 1/2
                if (tenths == 3 && !tail.isVarianceFinite()) flagged++;
                if (tenths == 7 && tail.isVarianceFinite()) passed++;
            }
            furthest = Math.max(furthest, Math.abs(mean - (1 - s2)));
        }
        Evidence.of("largest distance of an average k-hat from 1 - s^2", furthest, atMost(0.1));
        Evidence.of("of 20 runs with s^2 = 0.3 flagged", flagged, exactly(20));
        Evidence.of("of 20 runs with s^2 = 0.7 passed", passed, exactly(20));
    }

    @Acceptance(topic = "importance-sampling", clause = 4)
    @Test void effectiveSizeIsThatOfTheCoefficientOfVariation() {
        double worst = 0;
        var rng = Rng.of(4);
        for (int c = 0; c < 200; c++) {
            int n = 1 + rng.nextInt(500);
            double shift = 2_000 * (rng.nextDouble() - 0.5), spread = 3 * rng.nextDouble();
            double[] log = new double[n], w = new double[n];
            for (int i = 0; i < n; i++) {
                double z = spread * rng.nextGaussian();
                log[i] = shift + z;
                w[i] = Math.exp(z);
            }
            double mean = Arrays.stream(w).average().orElseThrow(),
                    cv2 = Arrays.stream(w).map(v -> (v / mean - 1) * (v / mean - 1)).sum() / n;
            double size = ImportanceSampling.of(new double[n][1], log).effectiveSize();
            worst = Math.max(worst, Math.abs(size / (n / (1 + cv2)) - 1));
        }
        Evidence.of("largest relative gap of 200 sets of weights", worst, below(1e-12));
    }

    /** A product of correlated bells, and two separate hills in two dimensions. */
    @Acceptance(topic = "importance-sampling", clause = 5)
    @Test void annealingFindsTheNormalisingConstant() {
        var base = new MultivariateNormal(new double[2], new double[][] {{9, 0}, {0, 9}});
        var bell = new MultivariateNormal(new double[] {1, -1}, new double[][] {{1, 0.7}, {0.7, 1}});
        var left = new MultivariateNormal(new double[] {-4, 0}, new double[][] {{0.5, 0}, {0, 0.5}});
        var right = new MultivariateNormal(new double[] {4, 1}, new double[][] {{1, 0}, {0, 0.3}});
        var annealing = new AnnealedImportanceSampling(1_000, 100);
        var one = annealing.run(base::sample, base::logDensity, x -> bell.logDensity(x) + 12.3, Rng.of(5));
        Evidence.of("error of log Z of a correlated bell", Math.abs(one.logNormaliser() - 12.3), atMost(0.05));
        ToDoubleFunction<double[]> hills = x -> {
            double a = Math.log(0.3) + left.logDensity(x), b = Math.log(0.7) + right.logDensity(x), most = Math.max(a, b);
            return most + Math.log(Math.exp(a - most) + Math.exp(b - most)) - 7;
        };
        var two = annealing.run(base::sample, base::logDensity, hills, Rng.of(6));
        Evidence.of("error of log Z of two hills", Math.abs(two.logNormaliser() + 7), atMost(0.05));
        assertThat(two.selfNormalised(x -> x[0] > 0 ? 1 : 0).value()).isCloseTo(0.7, within(0.05));
        double[] again = annealing.withChains(20).run(base::sample, base::logDensity, hills, Rng.of(6)).logWeights();
        assertThat(again).isEqualTo(Arrays.copyOf(two.logWeights(), 20));
    }

    /** {@code sum 1/n_i (int (share_i g)^2 / q_i - (int share_i g)^2)}, g = f p on [-15, 15]. */
    private static double variance(List<UnivariateDistribution> q, int[] n, Heuristic shares, DoubleUnaryOperator g) {
        var cuts = new double[61];
        for (int i = 0; i < cuts.length; i++) cuts[i] = -15 + i / 2.0;
        double sum = 0;
        for (int i = 0; i < n.length; i++) {
            int k = i;
            DoubleUnaryOperator part = x -> {
                var log = new double[n.length];
                for (int j = 0; j < log.length; j++) log[j] = Math.log(n[j]) + q.get(j).logDensity(x);
                return shares.shares(log)[k] * g.applyAsDouble(x);
            };
            double first = Quadrature.integrate(part, cuts, 1e-9, 1e-12);
            double second = Quadrature.integrate(x -> Math.pow(part.applyAsDouble(x), 2) / q.get(k).density(x), cuts, 1e-9, 1e-12);
            sum += (second - first * first) / n[i];
        }
        return sum;
    }

    @Acceptance(topic = "importance-sampling", clause = 6)
    @Test void theBalanceHeuristicIsNearlyAsGoodAsAny() {
        var rng = Rng.of(6);
        double most = Double.NEGATIVE_INFINITY, gain = 0, ratio = 0, gap = 0;
        int compared = 0;
        for (int c = 0; c < 20; c++) {
            int k = 2 + c % 3;
            var n = new int[k];
            var q = new UnivariateDistribution[k];
            int total = 0, fewest = Integer.MAX_VALUE;
            for (int i = 0; i < k; i++) {
                double place = 6 * (rng.nextDouble() - 0.5), width = 0.6 + 2 * rng.nextDouble();
                q[i] = rng.nextInt(2) == 0 ? new Normal(place, width) : new StudentT(3, place, width);
                total += n[i] = 2 + rng.nextInt(c % 2 == 0 ? 8 : 200);
                fewest = Math.min(fewest, n[i]);
            }
            var p = Mixture.of(new Normal(2 * rng.nextGaussian(), 0.5 + rng.nextDouble()), new Normal(2 * rng.nextGaussian(), 1));
            double power = rng.nextInt(3), slope = rng.nextGaussian();
            // At least 0, as the bound needs; in half of the problems far out, where few draws count and the bound allows little
            DoubleUnaryOperator f = c % 4 < 2 ? x -> Math.pow(Math.abs(x), power) * (1 + Math.sin(slope * x))
                    : x -> Math.exp(1.5 * slope * x);
            DoubleUnaryOperator g = x -> p.density(x) * f.applyAsDouble(x);
            var proposals = List.of(q);
            double balance = variance(proposals, n, Heuristic.balance(), g), mean = Quadrature.integrate(g, -15, 15, 1e-10);
            double slack = (1.0 / fewest - 1.0 / total) * mean * mean;
            var others = new LinkedHashMap<String, Heuristic>();
            for (double b : new double[] {0.5, 0.9, 1.1, 2, 4}) others.put("power " + b, Heuristic.power(b));
            for (double a : new double[] {0.1, 0.5}) others.put("cutoff " + a, Heuristic.cutoff(a));
            others.put("maximum", Heuristic.maximum());
            for (int i = 0; i < k; i++) {
                int alone = i;
                others.put("alone " + i, log -> {
                    var shares = new double[log.length];
                    shares[alone] = 1;
                    return shares;
                });
            }
            for (var other : others.values()) {
                double theirs = variance(proposals, n, other, g);
                most = Math.max(most, (balance - theirs - slack) / balance);
                gain = Math.max(gain, (balance - theirs) / slack);
                compared++;
            }
            var drawn = MultipleProposals.of(proposals, n).draw(p::logDensity, Rng.of(c));
            double[][] points = drawn.draws();
            double[] log = drawn.logWeights();
            for (int j = 0; j < total; j++) {
                double mixture = 0;
                for (int i = 0; i < k; i++) mixture += n[i] * q[i].density(points[j][0]) / total;
                double weight = p.density(points[j][0]) / mixture;
                gap = Math.max(gap, Math.abs(Math.exp(log[j]) - weight) / (1 + weight));
            }
            // What was integrated is what the estimator does
            if (c < 3) {
                double sum = 0, squares = 0;
                for (int r = 0; r < 400; r++) {
                    double value = MultipleProposals.of(proposals, n).draw(p::logDensity, Rng.of(1_000 * c + r))
                            .mean(x -> f.applyAsDouble(x[0])).value();
                    sum += value / 400;
                    squares += value * value / 400;
                }
                ratio = Math.max(ratio, Math.abs(Math.log((squares - sum * sum) / balance)));
            }
        }
        Evidence.of("excess of the balance heuristic's variance beyond the bound, over that variance, largest of " + compared, most,
                atMost(1e-9));
        Evidence.of("comparisons in 20 problems", compared, above(200));
        Evidence.of("largest use of the bound that is made", gain, between(0, 1));
        Evidence.of("largest gap of a weight from target over the proposals' mixture", gap, below(1e-12));
        Evidence.of("log of the measured over the integrated variance, largest of 3", ratio, below(0.3));
    }

    @Test void heuristicsAreTheirDefinitions() {
        double[] scaled = {3 * 0.2, 5 * 0.1, 2 * 0.02}, log = Arrays.stream(scaled).map(Math::log).toArray();
        double sum = 0.6 + 0.5 + 0.04, squares = 0.36 + 0.25 + 0.0016;
        assertThat(Heuristic.balance().shares(log)).containsExactly(new double[] {0.6 / sum, 0.5 / sum, 0.04 / sum}, within(1e-15));
        assertThat(Heuristic.power(2).shares(log)).containsExactly(new double[] {0.36 / squares, 0.25 / squares, 0.0016 / squares},
                within(1e-15));
        assertThat(Heuristic.cutoff(0.1).shares(log)).containsExactly(new double[] {0.6 / 1.1, 0.5 / 1.1, 0}, within(1e-15));
        assertThat(Heuristic.maximum().shares(log)).containsExactly(1, 0, 0);
    }

    /** A defensive share bounds each weight; without it the far tail has weights without bound. */
    @Test void defensiveWeightsAreBounded() {
        var narrow = new Normal(0, 0.4);
        double bounded = Arrays.stream(ImportanceSampling.defensive(0.1, Normal.STANDARD, narrow, 20_000, Rng.of(7)).logWeights()).max()
                .orElseThrow();
        assertThat(bounded).isLessThanOrEqualTo(Math.log(10) + 1e-12);
        assertThat(ImportanceSampling.draw(Normal.STANDARD, narrow, 20_000, Rng.of(7)).tail().isVarianceFinite()).isFalse();
    }

    @Test void smoothingTamesSelfNormalisedEstimates() {
        double raw = 0, smooth = 0;
        for (int r = 0; r < 200; r++) {
            var drawn = ImportanceSampling.draw(x -> Normal.STANDARD.logDensity(x).add(700), new Normal(0, 0.6), 1_000, Rng.of(r));
            raw += Math.pow(drawn.selfNormalised(x -> x[0] * x[0]).value() - 1, 2);
            smooth += Math.pow(drawn.paretoSmoothed().selfNormalised(x -> x[0] * x[0]).value() - 1, 2);
            assertThat(drawn.paretoSmoothed().logNormaliser()).isCloseTo(drawn.logNormaliser(), within(1e-9));
        }
        assertThat(smooth).isLessThan(raw);
    }

    /** {@code x + y >= 8} for independent standard normals: 8 / sqrt(2) deviations out. */
    @Test void crossEntropyWalksToTheRareEvent() {
        var target = new MultivariateNormal(new double[2], new double[][] {{1, 0}, {0, 1}});
        var found = new CrossEntropyProposal(2_000).find(target, x -> x[0] + x[1], 8, Rng.of(8));
        assertThat(found.mean()[0]).isBetween(3.8, 4.6);
        var estimate = ImportanceSampling.draw(target, found, 50_000, Rng.of(9)).mean(x -> x[0] + x[1] >= 8 ? 1 : 0);
        double truth = Normal.STANDARD.survival(8 / Math.sqrt(2));
        assertThat(estimate.value()).isCloseTo(truth, within(4 * estimate.standardError()));
        assertThat(estimate.standardError() / truth).isLessThan(0.02);
        assertThatThrownBy(() -> new CrossEntropyProposal(100, 0.5, 2).find(target, x -> x[0], 30, Rng.of(1)))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("the score 30.0 was not reached in 2 rounds");
    }

    /** Twelve fair coins decide; the wanted policy says heads in 7 of 10, and each head earns 1 more than the one before. */
    @Test void perDecisionRatiosVaryLess() {
        int episodes = 20_000, steps = 12;
        double discount = 0.9, truth = 0;
        for (int t = 0; t < steps; t++) truth += Math.pow(discount, t) * 0.7 * (t + 1);
        double[][] log = new double[episodes][steps], rewards = new double[episodes][steps];
        var rng = Rng.of(10);
        for (int i = 0; i < episodes; i++) for (int t = 0; t < steps; t++) {
            boolean head = rng.nextInt(2) == 0;
            log[i][t] = Math.log((head ? 0.7 : 0.3) / 0.5);
            rewards[i][t] = head ? t + 1 : 0;
        }
        var ratios = new DecisionRatios(log, rewards, discount);
        assertThat(ratios.trajectory().value()).isCloseTo(truth, within(4 * ratios.trajectory().standardError()));
        assertThat(ratios.perDecision().value()).isCloseTo(truth, within(4 * ratios.perDecision().standardError()));
        assertThat(ratios.perDecision().standardError()).isLessThan(0.9 * ratios.trajectory().standardError());
        assertThat(ratios.weightedPerDecision()).isCloseTo(truth, within(0.5));
        // One episode by hand: ratios 1.4 and 0.6, rewards 1 and 2
        var one = new DecisionRatios(new double[][] {{Math.log(1.4), Math.log(0.6)}}, new double[][] {{1, 2}}, 0.5);
        assertThat(one.trajectory().value()).isCloseTo(1.4 * 0.6 * 2, within(1e-15));
        assertThat(one.perDecision().value()).isCloseTo(1.4 + 0.5 * 1.4 * 0.6 * 2, within(1e-15));
        assertThat(one.weightedPerDecision()).isCloseTo(2, within(1e-15));
    }

    @Test void badWeightsAndShapesAreNamed() {
        assertThatThrownBy(() -> ImportanceSampling.of(new double[2][1], new double[] {0, Double.NaN}))
                .hasMessageStartingWith("ImportanceSampling: log weight 1 is NaN; it is a number, or -Infinity");
        assertThatThrownBy(() -> ImportanceSampling.of(new double[2][1], new double[1])).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> ImportanceSampling.of(new double[1][1], new double[] {Double.NEGATIVE_INFINITY}))
                .hasMessageContaining("every weight is 0");
        assertThatThrownBy(() -> ImportanceSampling.draw(x -> Tensor.of(1.0, 2), Normal.STANDARD, 5, Rng.of(1)))
                .hasMessageContaining("the log density of the target has shape (2,); 5 draws have (5,)");
        assertThatThrownBy(() -> MultipleProposals.of(List.of(Normal.STANDARD), 0)).hasMessageContaining("0 draws of a proposal");
        assertThatThrownBy(() -> ImportanceSampling.defensive(1, Normal.STANDARD, Normal.STANDARD, 5, Rng.of(1)))
                .hasMessageContaining("a share of 1.0 of 5 draws");
        assertThatThrownBy(() -> new DecisionRatios(new double[1][2], new double[1][3], 1)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new AnnealedImportanceSampling(0, 5)).hasMessageContaining("0 chains");
    }
}
