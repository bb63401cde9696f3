package lyceum.theory;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.theory.EmpiricalRisk.Loss;
import lyceum.theory.PacLearning.Threshold;
import org.junit.jupiter.api.Test;

class EmpiricalRiskTest {
    private record Example(double[] x, boolean yes) {}

    private static final Loss<Predicate<double[]>, Example> ZERO_ONE = (h, z) -> h.test(z.x) == z.yes ? 0 : 1;

    /** Uniform x, yes from 0.37 on, a fifth of the labels flipped. */
    private static List<Example> sample(Rng rng, int n) {
        var sample = new ArrayList<Example>(n);
        for (int i = 0; i < n; i++) {
            double x = rng.nextDouble();
            sample.add(new Example(new double[] {x}, x >= 0.37 != rng.nextDouble() < 0.2));
        }
        return sample;
    }

    private static double trueRisk(Threshold h) { return 0.2 + 0.6 * Math.abs(h.at() - 0.37); }

    @Test
    @Acceptance(topic = "erm", clause = 1) void theExcessRiskIsWithinItsBoundAndShrinks() {
        var thresholds = new ArrayList<Predicate<double[]>>();
        double least = 1;
        for (int k = 0; k < 64; k++) {
            thresholds.add(new Threshold((k + 0.5) / 64));
            least = Math.min(least, trueRisk((Threshold) thresholds.get(k)));
        }
        int[] sizes = {50, 200, 800};
        var mean = new double[3];
        for (int s = 0; s < 3; s++) {
            var rng = Rng.of(1);
            int above = 0;
            double bound = 2 * Math.sqrt(Math.log(2 * 64 / 0.05) / (2 * sizes[s])), reported = 0;
            for (int draw = 0; draw < 1_000; draw++) {
                var choice = EmpiricalRisk.choose(thresholds, sample(rng, sizes[s]), ZERO_ONE);
                double excess = trueRisk((Threshold) choice.hypothesis()) - least;
                reported = choice.excessBound(0.05);
                if (excess > reported) above++;
                mean[s] += excess / 1_000;
            }
            Evidence.of("n = " + sizes[s] + ": share of draws above the bound", above / 1_000.0, atMost(0.05));
            Evidence.of("n = " + sizes[s] + ": reported bound less 2 sqrt(ln(128 / delta) / 2n)", Math.abs(reported - bound), below(1e-12));
        }
        for (int s = 1; s < 3; s++) {
            double slope = Math.log(mean[s] / mean[s - 1]) / Math.log((double) sizes[s] / sizes[s - 1]);
            Evidence.of("slope of the mean excess from n = " + sizes[s - 1] + " to " + sizes[s], slope, atMost(-0.5));
        }
    }

    @Test
    @Acceptance(topic = "erm", clause = 2) void logisticLossWithAPenaltyIsScikitLearns() {
        var golden = Golden.load("golden/erm.json");
        double worst = 0;
        for (var c : golden.list("cases")) {
            Tensor x = Tensor.of(c.matrix("input.x")), y = Tensor.of(c.doubles("input.y"));
            double[] weights = c.has("input.weights") ? c.doubles("input.weights") : null;
            double[] expected = c.doubles("expected.coefficients"); // the last is the intercept, not penalised
            int d = expected.length - 1;
            double total = 0;
            for (int i = 0; i < y.size(0); i++) total += weights == null ? 1 : weights[i];
            double penalty = 1 / (2 * total); // C = 1
            var fit = EmpiricalRisk.minimize(t -> x.matmul(t.narrow(0, 0, d)).add(t.narrow(0, d, 1)).mul(y).neg().softplus(), weights,
                    t -> t.narrow(0, 0, d).square().sum().mul(penalty), new double[d + 1]);
            assertThat(fit.converged()).as(fit.toString()).isTrue();
            for (int j = 0; j <= d; j++) worst = Math.max(worst, Math.abs(fit.x()[j] - expected[j]));
        }
        Evidence.of("cases", golden.list("cases").size(), exactly(2));
        Evidence.of("largest distance from scikit-learn's coefficients", worst, atMost(1e-6));
    }

    @Test
    @Acceptance(topic = "erm", clause = 3) void aMemorisingClassLearnsNothingOfRandomLabels() {
        double trained = 0, tested = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(3 + seed);
            var sample = new ArrayList<Example>();
            for (int i = 0; i < 10; i++) sample.add(new Example(new double[] {rng.nextDouble()}, rng.nextDouble() < 0.5));
            // Every table of labels on the ten points; elsewhere the label of the nearest.
            var tables = new ArrayList<Predicate<double[]>>();
            for (int code = 0; code < 1_024; code++) {
                int table = code;
                tables.add(x -> {
                    int near = 0;
                    for (int i = 1; i < 10; i++) if (Math.abs(sample.get(i).x[0] - x[0]) < Math.abs(sample.get(near).x[0] - x[0])) near = i;
                    return (table >> near & 1) == 1;
                });
            }
            var choice = EmpiricalRisk.choose(tables, sample, ZERO_ONE);
            trained = Math.max(trained, choice.risk());
            var fresh = new ArrayList<Example>();
            for (int i = 0; i < 20_000; i++) fresh.add(new Example(new double[] {rng.nextDouble()}, rng.nextDouble() < 0.5));
            double risk = EmpiricalRisk.risk(choice.hypothesis(), fresh, ZERO_ONE);
            tested = Math.max(tested, Math.abs(risk - 0.5));
            assertThat(choice.interval(0.05).contains(risk)).isTrue();
        }
        Evidence.of("training error", trained, exactly(0));
        Evidence.of("largest distance of the test error from 50%", tested, between(0, 0.02));
    }

    @Test
    @Acceptance(topic = "erm", clause = 4) void theChoiceIsTheFirstOfLeastCost() {
        var rng = Rng.of(4);
        int same = 0, ties = 0;
        for (int draw = 0; draw < 1_000; draw++) {
            int hypotheses = 1 + rng.nextInt(20), n = 1 + rng.nextInt(15);
            var losses = new double[hypotheses][n];
            double[] weights = new double[n], penalty = new double[hypotheses];
            for (int i = 0; i < n; i++) weights[i] = 1 + rng.nextInt(3);
            boolean weighted = rng.nextDouble() < 0.5, penalised = rng.nextDouble() < 0.5;
            for (int k = 0; k < hypotheses; k++) {
                for (int i = 0; i < n; i++) losses[k][i] = rng.nextInt(3);
                penalty[k] = penalised ? rng.nextInt(2) : 0;
            }
            // Costs in whole numbers, times the sum of the weights: nothing is rounded.
            long least = Long.MAX_VALUE;
            int expected = -1, sum = 0, equal = 0;
            for (int i = 0; i < n; i++) sum += weighted ? (int) weights[i] : 1;
            for (int k = 0; k < hypotheses; k++) {
                long cost = (long) penalty[k] * sum;
                for (int i = 0; i < n; i++) cost += (long) ((weighted ? weights[i] : 1) * losses[k][i]);
                if (cost == least) equal++;
                if (cost < least) {
                    least = cost;
                    expected = k;
                    equal = 0;
                }
            }
            if (equal > 0) ties++;
            var list = new ArrayList<Integer>();
            for (int k = 0; k < hypotheses; k++) list.add(k);
            var places = new ArrayList<Integer>();
            for (int i = 0; i < n; i++) places.add(i);
            var choice = EmpiricalRisk.choose(list, places, (k, i) -> losses[k][i], weighted ? weights : null, k -> penalty[k]);
            long chosen = Math.round((choice.risk() + penalty[choice.index()]) * sum);
            // A tie may be broken by the rounding of risk + penalty; without a penalty it is the first.
            if (chosen == least && choice.hypothesis() == choice.index() && (penalised || choice.index() == expected)) same++;
        }
        Evidence.of("problems of 1,000 with the choice at the least cost", same, exactly(1_000));
        assertThat(ties).isGreaterThan(50);
    }

    @Test void badInput() {
        Loss<Integer, Integer> loss = (h, z) -> 0;
        assertThatThrownBy(() -> EmpiricalRisk.choose(List.of(), List.of(1), loss)).hasMessageContaining("no hypotheses");
        assertThatThrownBy(() -> EmpiricalRisk.choose(List.of(1), List.of(), loss)).hasMessageContaining("no examples");
        assertThatThrownBy(() -> EmpiricalRisk.risk(1, List.of(1, 2), loss, new double[1]))
                .hasMessageContaining("1 weights for 2 examples");
        assertThatThrownBy(() -> EmpiricalRisk.risk(1, List.of(1), loss, new double[] {-1})).hasMessageContaining("weight 0 is -1.0");
        // One weight is not spread over three losses.
        assertThatThrownBy(() -> EmpiricalRisk.minimize(w -> w.sub(Tensor.of(1.0, 2, 3)).square(), new double[] {1}, null, new double[1]))
                .hasMessageContaining("1 weights for 3 examples");
        // The article's: 64 hypotheses at delta 0.05.
        assertThat(2 * EmpiricalRisk.deviation(64, 1_000, 0.05)).isCloseTo(0.125, within(1e-3));
        assertThat(2 * EmpiricalRisk.deviation(64, 10_000, 0.05)).isCloseTo(0.040, within(1e-3));
    }
}
