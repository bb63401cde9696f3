package lyceum.causal;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ProbabilitiesOfCausationTest {
    /** Treatment and outcome with four response types each way, tied together by a hidden cause of four values. */
    private record Types(double[] hidden, double[] treated, double[][] types) {
        static Types random(Rng rng, boolean monotone) {
            double[] hidden = simplex(rng, 4), treated = new double[4];
            var types = new double[4][];
            for (int h = 0; h < 4; h++) {
                treated[h] = 0.05 + 0.9 * rng.nextDouble();
                types[h] = simplex(rng, 4);
                if (monotone) {
                    types[h][0] += types[h][2];
                    types[h][2] = 0;
                }
            }
            return new Types(hidden, treated, types);
        }

        private static double[] simplex(Rng rng, int n) {
            var p = new double[n];
            double sum = 0;
            for (int i = 0; i < n; i++) sum += p[i] = -Math.log(rng.nextDoublePositive());
            for (int i = 0; i < n; i++) p[i] /= sum;
            return p;
        }

        /** Types: recovers never, only with treatment, only without, always. */
        static int outcome(int type, int x) { return type == 3 || type == (x == 1 ? 1 : 2) ? 1 : 0; }

        StructuralCausalModel model() {
            // One noise for each value of the hidden cause, so that the equations stay functions of independent noises.
            var builder = StructuralCausalModel.builder().discrete("h", 4, hidden, (p, u) -> u);
            for (int h = 0; h < 4; h++) {
                builder.discrete("t" + h, 2, new double[] {1 - treated[h], treated[h]}, (p, u) -> u);
                builder.discrete("r" + h, 4, types[h], (p, u) -> u);
            }
            return builder.discrete("x", 2, new double[] {1}, (p, u) -> p[1 + p[0]], "h", "t0", "t1", "t2", "t3")
                    .discrete("y", 2, new double[] {1}, (p, u) -> outcome(p[2 + p[0]], p[1]), "h", "x", "r0", "r1", "r2", "r3").build();
        }

        double sum(ToDoubleBiFunction<Integer, Integer> of) {
            double sum = 0;
            for (int h = 0; h < 4; h++)
                for (int x = 0; x < 2; x++)
                    for (int type = 0; type < 4; type++)
                        sum += hidden[h] * (x == 1 ? treated[h] : 1 - treated[h]) * types[h][type] * of.applyAsDouble(x, type);
            return sum;
        }
    }

    /**
     * The least and largest PN, PS and PNS that the data allow, by another way than the paper's: among the units with X = x the table of Y_1 by Y_0 has both
     * margins known, one from what was seen and one from the experiment, so the cell (1, 0) has Frechet's bounds; and the two tables are free of each other.
     */
    private static double[][] frechet(double[][] observed, double treated, double untreated) {
        double[] low = new double[2], high = new double[2];
        for (int x = 0; x < 2; x++) {
            double arm = observed[x][0] + observed[x][1], y1 = x == 1 ? observed[1][1] : treated - observed[1][1];
            double y0 = x == 0 ? observed[0][1] : untreated - observed[0][1];
            low[x] = Math.max(0, y1 - y0);
            high[x] = Math.min(y1, arm - y0);
        }
        return new double[][] {{low[1] / observed[1][1], high[1] / observed[1][1]}, {low[0] / observed[0][0], high[0] / observed[0][0]},
                {low[0] + low[1], high[0] + high[1]}};
    }

    @Test
    @Acceptance(topic = "counterfactuals", clause = 4) void probabilitiesOfCausationLieInTheirBounds() {
        var rng = Rng.of(756);
        int models = 0, outside = 0, monotone = 0, checked = 0;
        double point = 0, unit = 0, tightest = 0, loose = 0, treatedEffect = 0, apart = 0;
        for (; models < 500; models++) {
            boolean harmless = models % 2 == 1;
            var types = Types.random(rng, harmless);
            var observed = new double[2][2];
            for (int x = 0; x < 2; x++) for (int y = 0; y < 2; y++) {
                int a = x, b = y;
                observed[x][y] = types.sum((t, type) -> t == a && Types.outcome(type, t) == b ? 1 : 0);
            }
            double treated = types.sum((t, type) -> Types.outcome(type, 1)), untreated = types.sum((t, type) -> Types.outcome(type, 0));
            double[] truth = {types.sum((t, type) -> t == 1 && type == 1 ? 1 : 0) / observed[1][1],
                    types.sum((t, type) -> t == 0 && type == 1 ? 1 : 0) / observed[0][0], types.sum((t, type) -> type == 1 ? 1 : 0)};
            var bounds = ProbabilitiesOfCausation.bounds(observed, treated, untreated);
            var intervals = List.of(bounds.necessity(), bounds.sufficiency(), bounds.both());
            double[][] sharp = frechet(observed, treated, untreated);
            for (int k = 0; k < 3; k++) {
                loose = Math.max(loose,
                        Math.max(Math.abs(intervals.get(k).low() - sharp[k][0]), Math.abs(intervals.get(k).high() - sharp[k][1])));
                if (truth[k] < intervals.get(k).low() - 1e-12 || truth[k] > intervals.get(k).high() + 1e-12) outside++;
                tightest = Math.max(tightest, 1 - intervals.get(k).width());
            }
            if (harmless) {
                var formula = ProbabilitiesOfCausation.monotone(observed, treated, untreated);
                double[] ours = {formula.necessity(), formula.sufficiency(), formula.both()};
                for (int k = 0; k < 3; k++) point = Math.max(point, Math.abs(ours[k] - truth[k]));
                monotone++;
            }
            if (models < 20) {
                var exact = ProbabilitiesOfCausation.of(types.model(), "x", "y");
                double[] ours = {exact.necessity(), exact.sufficiency(), exact.both()};
                for (int k = 0; k < 3; k++) unit = Math.max(unit, Math.abs(ours[k] - truth[k]));
                double onTreated = types.sum((t, type) -> t == 0 ? 0 : type == 1 ? 1 : type == 2 ? -1 : 0)
                        / (observed[1][0] + observed[1][1]);
                double unitSays = types.model().effect("y", Map.of("x", 1.0), Map.of("x", 0.0), Map.of("x", 1.0));
                treatedEffect = Math.max(treatedEffect, Math.abs(unitSays - onTreated));
                apart = Math.max(apart, Math.abs(onTreated - (treated - untreated)));
                checked++;
            }
        }
        Evidence.of("random models, confounded", models, exactly(500));
        Evidence.of("PN, PS or PNS outside the bounds of Tian and Pearl", outside, exactly(0));
        Evidence.of("the bounds less the sharpest that the data allow", loose, below(1e-12));
        Evidence.of("monotone models", monotone, exactly(250));
        Evidence.of("point formulas against the truth there", point, below(1e-12));
        Evidence.of("models enumerated by the unit", checked, exactly(20));
        Evidence.of("its PN, PS and PNS against the response types", unit, below(1e-12));
        Evidence.of("effect of treatment on the treated against the response types", treatedEffect, below(1e-12));
        assertThat(apart).isGreaterThan(0.02); // it is not the average effect
        assertThat(tightest).isGreaterThan(0.5);
        // The article's two drugs.
        var half = ProbabilitiesOfCausation.bounds(new double[][] {{0.25, 0.25}, {0.25, 0.25}}, 0.5, 0.5).both();
        assertThat(half.low()).isEqualTo(0);
        assertThat(half.high()).isEqualTo(0.5);
    }

    @Test void dataOfTwoPopulationsAreRefused() {
        double[][] observed = {{0.25, 0.25}, {0.25, 0.25}};
        assertThatThrownBy(() -> ProbabilitiesOfCausation.bounds(observed, 0.2, 0.5)).hasMessageContaining("P(y | do(1)) is 0.2")
                .hasMessageContaining("between 0.25 and 0.75");
        assertThatThrownBy(() -> ProbabilitiesOfCausation.bounds(observed, 0.5, 0.8)).hasMessageContaining("P(y | do(0)) is 0.8");
        assertThatThrownBy(() -> ProbabilitiesOfCausation.monotone(observed, 0.4, 0.5)).hasMessageContaining("they do not fall");
    }
}
