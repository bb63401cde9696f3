package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class AutoregressiveTest {
    /** Conditionals of their own for every prefix, drawn when first asked for: the chance of each symbol after "abc...". */
    private static Autoregressive random(long seed, Map<String, double[]> table) {
        var rng = Rng.of(seed);
        return past -> new Categorical(table.computeIfAbsent(Arrays.toString(past), key -> {
            double a = rng.nextDoublePositive(), b = rng.nextDoublePositive(), c = rng.nextInt(4) == 0 ? 0 : rng.nextDoublePositive();
            return new double[] {a / (a + b + c), b / (a + b + c), c / (a + b + c)};
        }));
    }

    private static double[] sequence(int number) {
        var x = new double[6];
        for (int t = 5; t >= 0; t--, number /= 3) x[t] = number % 3;
        return x;
    }

    /** The product of the table's own rows. */
    private static double product(Map<String, double[]> table, double[] x) {
        double p = 1;
        for (int t = 0; t < x.length && p > 0; t++) p *= table.get(Arrays.toString(Arrays.copyOf(x, t)))[(int) x[t]];
        return p;
    }

    @Test
    @Acceptance(topic = "autoregression", clause = 1) void all729SequencesSumToOne() {
        double worst = 0, products = 0, tables = 0;
        int models = 0, distinct = 0;
        for (; models < 20; models++) {
            var table = new HashMap<String, double[]>();
            var model = random(203 + models, table);
            double sum = 0;
            double[] joint = model.joint(6).probabilities().toDoubleArray();
            for (int s = 0; s < 729; s++) {
                double[] x = sequence(s);
                double p = Math.exp(model.logDensity(x)), truth = product(table, x);
                sum += p;
                products = Math.max(products, Math.abs(p - truth));
                tables = Math.max(tables, Math.abs(joint[s] - truth));
                if (p > 0) distinct++;
            }
            worst = Math.max(worst, Math.abs(sum - 1));
        }
        Evidence.of("models of random conditionals", models, exactly(20));
        Evidence.of("sum over 729 sequences less 1", worst, below(1e-9));
        Evidence.of("each against the product of its conditionals", products, below(1e-12));
        Evidence.of("the enumerated joint against the products", tables, below(1e-12));
        assertThat(distinct).isGreaterThan(20 * 200);
    }

    @Test
    @Acceptance(topic = "autoregression", clause = 2) void ancestralSamplesFitTheEnumeratedJoint() {
        var table = new HashMap<String, double[]>();
        var model = random(2_034, table);
        var rng = Rng.of(50_000);
        var expected = new double[729];
        model.joint(6); // fills the table
        for (int s = 0; s < 729; s++) expected[s] = product(table, sequence(s));
        var counts = new long[729];
        for (int i = 0; i < 50_000; i++) {
            int cell = 0;
            for (double x : model.sample(rng, 6)) cell = 3 * cell + (int) x;
            counts[cell]++;
        }
        Evidence.of("samples", Arrays.stream(counts).sum(), exactly(50_000));
        // Rare sequences go together, so that no expected count is below 5.
        double restMass = 0;
        long restCount = 0;
        var mass = new double[730];
        var seen = new long[730];
        for (int s = 0; s < 729; s++) {
            if (expected[s] == 0) assertThat(counts[s]).isZero();
            if (expected[s] * 50_000 >= 5) {
                mass[s] = expected[s];
                seen[s] = counts[s];
            } else {
                restMass += expected[s];
                restCount += counts[s];
            }
        }
        mass[729] = restMass;
        seen[729] = restCount;
        Evidence.of("chi-square p", FactorizationTest.chiSquareP(seen, mass), above(0.01));
    }

    @Test
    @Acceptance(topic = "autoregression", clause = 3) void tablesInAllOrdersRebuildTheJoint() {
        var rng = Rng.of(6);
        double worst = 0;
        int orders = 0;
        for (int k = 0; k < 50; k++) {
            var dense = DenseJoint.random(rng, 0.15, 2 + rng.nextInt(3), 2 + rng.nextInt(3), 2 + rng.nextInt(3));
            for (int[] order : DenseJoint.permutations(3)) {
                // as an autoregressive model and nothing else: enumerated from its conditionals
                Autoregressive chain = dense.table().factorize(Arrays.stream(order).mapToObj(i -> "v" + i).toArray(String[]::new));
                var joint = chain.joint(3);
                for (int c = 0; c < dense.p().length; c++) {
                    int[] v = dense.values(c);
                    double p = v[order[0]] < joint.size("x1") && v[order[1]] < joint.size("x2") && v[order[2]] < joint.size("x3")
                            ? joint.probability(v[order[0]], v[order[1]], v[order[2]]) : 0;
                    worst = Math.max(worst, Math.abs(p - dense.p()[c]));
                }
                orders++;
            }
        }
        Evidence.of("orders, 6 of each of 50 joints", orders, exactly(300));
        Evidence.of("rebuilt against the joint", worst, below(1e-12));
    }

    @Test
    @Acceptance(topic = "autoregression", clause = 4) void arThreeEqualsStatsmodels() {
        double coefficients = 0, others = 0;
        int fits = 0;
        for (var c : Golden.load("golden/autoregression.json").list("cases")) {
            double[] x = c.doubles("input.x"), expected = c.doubles("expected.coefficients"), forecast = c.doubles("expected.forecast");
            var model = LinearAutoregression.fit(x, 3);
            coefficients = Math.max(coefficients, Math.abs(model.constant() - expected[0]));
            for (int lag = 1; lag <= 3; lag++)
                coefficients = Math.max(coefficients, Math.abs(model.coefficients()[lag - 1] - expected[lag]));
            others = Math.max(others, Math.abs(model.deviation() * model.deviation() / c.number("expected.variance") - 1));
            others = Math.max(others, Math.abs(model.logDensity(x) / c.number("expected.logLikelihood") - 1));
            double[] ours = model.forecast(x, 8);
            for (int h = 0; h < 8; h++) others = Math.max(others, Math.abs(ours[h] - forecast[h]));
            assertThat(model.isStationary()).isEqualTo(c.number("expected.leastRoot") > 1);
            fits++;
        }
        Evidence.of("series", fits, exactly(4));
        Evidence.of("coefficients against AutoReg", coefficients, below(1e-8));
        Evidence.of("variance, log-likelihood and forecasts against AutoReg", others, below(1e-8));
    }

    @Test void stationaryMeansRootsOutsideTheCircle() {
        var rng = Rng.of(7);
        for (int k = 0; k < 500; k++) {
            // 1 - phi_1 z - phi_2 z^2 = (1 - a z)(1 - b z): stationary if |a| and |b| are below 1
            double a = 2.4 * rng.nextDouble() - 1.2, b = 2.4 * rng.nextDouble() - 1.2;
            assertThat(new LinearAutoregression(1, new double[] {a + b, -a * b}, 1).isStationary())
                    .isEqualTo(Math.abs(a) < 1 && Math.abs(b) < 1);
        }
        assertThat(new LinearAutoregression(1, new double[] {0, 0, 0.5}, 1).isStationary()).isTrue();
        assertThat(new LinearAutoregression(1, new double[] {0, 0, 1}, 1).isStationary()).isFalse();
        var model = new LinearAutoregression(1, new double[] {0.9}, 2);
        double[] path = model.sample(rng, 40_000, 10);
        assertThat(model.mean()).isCloseTo(10, within(1e-12));
        assertThat(Arrays.stream(path).average().orElseThrow()).isCloseTo(10, within(0.5));
        assertThat(Arrays.stream(path).map(v -> (v - 10) * (v - 10)).average().orElseThrow()).isCloseTo(4 / 0.19, within(2.0));
        assertThatThrownBy(() -> model.sample(rng, 5)).hasMessage("sample: the sequence needs 1 elements to begin with, not 0");
        assertThatThrownBy(() -> LinearAutoregression.fit(new double[] {1, 2, 3}, 1))
                .hasMessage("fit: order 1 on 3 values; it takes at least 4");
        assertThatThrownBy(() -> model.joint(2)).isInstanceOf(IllegalArgumentException.class);
    }
}
