package lyceum.causal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.prob.Normal;
import lyceum.prob.StudentT;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class StructuralCausalModelTest {
    private static Map<String, Double> named(int[] evidence) {
        var map = new HashMap<String, Double>();
        for (int i = 0; i < evidence.length; i++) if (evidence[i] >= 0) map.put("v" + i, (double) evidence[i]);
        return map;
    }

    private static StructuralCausalModel linear(Rng rng, int n, double[][] weights, double[] intercepts, double[] variances) {
        var builder = StructuralCausalModel.builder();
        for (int i = 0; i < n; i++) {
            int at = i;
            int[] parents = IntStream.range(0, i).filter(j -> j == at - 1 || rng.nextDouble() < 0.5).toArray();
            weights[i] = new double[n];
            for (int parent : parents) weights[i][parent] = 2 * rng.nextGaussian();
            intercepts[i] = 3 * rng.nextGaussian();
            variances[i] = 0.2 + rng.nextDouble();
            builder.linear("v" + i, intercepts[i], Arrays.stream(parents).mapToDouble(j -> weights[at][j]).toArray(), variances[i],
                    Arrays.stream(parents).mapToObj(j -> "v" + j).toArray(String[]::new));
        }
        return builder.build();
    }

    @Test
    @Acceptance(topic = "counterfactuals", clause = 1) void theFactualActionChangesNothing() {
        var rng = Rng.of(753);
        int discrete = 0, changed = 0, continuous = 0;
        double worst = 0;
        for (int k = 0; k < 100; k++) {
            var tables = NoiseTables.random(rng, 4);
            var model = tables.model();
            for (double[] row : model.sample(rng, 50)) {
                // Some variables are seen, the action and the outcome among them.
                var evidence = new HashMap<String, Double>();
                int set = rng.nextInt(3), of = set + 1 + rng.nextInt(3 - set);
                for (int i = 0; i < 4; i++)
                    if (i == set || i == of || rng.nextDouble() < 0.5) evidence.put("v" + i, row[model.names().indexOf("v" + i)]);
                var world = model.counterfactual(evidence, Map.of("v" + set, evidence.get("v" + set)));
                for (var seen : evidence.entrySet()) if (world.probability(seen.getKey(), seen.getValue()) != 1) changed++;
                discrete++;
            }
        }
        for (int k = 0; k < 100; k++) {
            int n = 4;
            double[] intercepts = new double[n], variances = new double[n];
            var weights = new double[n][];
            var model = k % 2 == 0 ? linear(rng, n, weights, intercepts, variances) : curved();
            for (double[] row : model.sample(rng, 50)) {
                var evidence = new HashMap<String, Double>();
                int set = rng.nextInt(3), of = set + 1 + rng.nextInt(3 - set);
                double largest = 1;
                for (int i = 0; i < n; i++) {
                    // A linear model may be seen in part.
                    if (k % 2 == 1 || i == set || i == of || rng.nextDouble() < 0.5) evidence.put("v" + i, row[i]);
                    for (int j = 0; j < i; j++)
                        largest = Math.max(largest, Math.abs(k % 2 == 0 ? weights[i][j] * row[j] : row[j] * row[j]));
                    largest = Math.max(largest, Math.abs(row[i]));
                }
                var world = model.counterfactual(evidence, Map.of("v" + set, row[set]));
                for (var seen : evidence.entrySet())
                    worst = Math.max(worst, Math.abs(world.mean(seen.getKey()) - seen.getValue()) / largest);
                continuous++;
            }
        }
        // Discrete and continuous variables together, seen in part: particles, every one of which agrees with what was seen.
        var mixed = StructuralCausalModel.builder().additive("v3", p -> Math.sin(p[0]) * p[1], new StudentT(5), "v2", "v0")
                .discrete("v0", 3, new double[] {0.2, 0.5, 0.3}, (p, u) -> u).additive("v1", p -> 2 * p[0], new Normal(0, 1), "v0")
                .additive("v2", p -> p[0] * p[1], new Normal(1, 1), "v0", "v1").build();
        int particles = 0;
        double drifted = 0;
        for (double[] row : mixed.sample(rng, 500)) {
            int[] chosen = rng.sample(4, 2);
            int set = chosen[0], of = chosen[1];
            var seen = new HashMap<String, Double>();
            for (int i : new int[] {set, of}) seen.put(mixed.names().get(i), row[i]);
            var world = mixed.counterfactual(seen, Map.of(mixed.names().get(set), row[set]), rng, 60);
            for (var e : seen.entrySet())
                drifted = Math.max(drifted, world.expectation(w -> Math.abs(w[mixed.names().indexOf(e.getKey())] - e.getValue())));
            assertThat(world.isExact()).isFalse();
            particles++;
        }
        Evidence.of("discrete cases", discrete, exactly(5_000));
        Evidence.of("observed values that did not come back for certain", changed, exactly(0));
        Evidence.of("continuous cases, linear and curved", continuous, exactly(5_000));
        Evidence.of("largest change, over the largest term", worst, below(1e-12));
        Evidence.of("further cases by particles", particles, exactly(500));
        Evidence.of("mean change of a particle's observed values", drifted, below(1e-12));
    }

    private static StructuralCausalModel curved() {
        return StructuralCausalModel.builder().additive("v0", p -> 0.5, new Normal(0, 2))
                .additive("v1", p -> Math.sin(p[0]) * 3, new StudentT(3), "v0")
                .additive("v2", p -> p[0] * p[1], new Normal(1, 1), "v0", "v1")
                .additive("v3", p -> p[0] * p[0] - Math.exp(0.3 * p[1]), new StudentT(5), "v2", "v1").build();
    }

    /** {@code A^-1 b} with pivots. */
    private static double[] solve(double[][] a, double[] b) {
        int n = b.length;
        var m = new double[n][];
        for (int i = 0; i < n; i++) {
            m[i] = Arrays.copyOf(a[i], n + 1);
            m[i][n] = b[i];
        }
        for (int k = 0; k < n; k++) {
            int pivot = k;
            for (int i = k; i < n; i++) if (Math.abs(m[i][k]) > Math.abs(m[pivot][k])) pivot = i;
            var row = m[k];
            m[k] = m[pivot];
            m[pivot] = row;
            for (int i = 0; i < n; i++) {
                double factor = m[i][k] / m[k][k];
                if (i != k) for (int j = k; j <= n; j++) m[i][j] -= factor * m[k][j];
            }
        }
        for (int i = 0; i < n; i++) m[i][n] /= m[i][i];
        return Arrays.stream(m).mapToDouble(r -> r[n]).toArray();
    }

    @Test
    @Acceptance(topic = "counterfactuals", clause = 2) void answersEqualClosedFormAndEnumeration() {
        var rng = Rng.of(754);
        double mean = 0, variance = 0, discrete = 0;
        int linearCases = 0, discreteCases = 0;
        for (int k = 0; k < 200; k++) {
            int n = 3 + rng.nextInt(3);
            double[] intercepts = new double[n], variances = new double[n];
            var weights = new double[n][];
            var model = linear(rng, n, weights, intercepts, variances);
            int set = rng.nextInt(n - 1);
            double to = 2 * rng.nextGaussian();
            // Both worlds as functions of the noises; then the joint normal of (other world, evidence), conditioned by its formula.
            var load = new double[2][n][n];
            var centre = new double[2][n];
            for (int world = 0; world < 2; world++) for (int i = 0; i < n; i++) {
                if (world == 1 && i == set) {
                    centre[1][i] = to;
                    continue;
                }
                centre[world][i] = intercepts[i];
                load[world][i][i] = 1;
                for (int j = 0; j < i; j++) {
                    centre[world][i] += weights[i][j] * centre[world][j];
                    for (int u = 0; u < n; u++) load[world][i][u] += weights[i][j] * load[world][j][u];
                }
            }
            int[] seen = IntStream.range(0, n).filter(i -> rng.nextDouble() < 0.6).toArray();
            if (seen.length == 0) seen = new int[] {n - 1};
            double[] row = model.sample(rng, 1)[0];
            var evidence = new HashMap<String, Double>();
            for (int i : seen) evidence.put("v" + i, row[i]);
            var s = new double[seen.length][seen.length];
            var rest = new double[seen.length];
            for (int a = 0; a < seen.length; a++) {
                rest[a] = row[seen[a]] - centre[0][seen[a]];
                for (int b = 0; b < seen.length; b++)
                    for (int u = 0; u < n; u++) s[a][b] += load[0][seen[a]][u] * variances[u] * load[0][seen[b]][u];
            }
            var world = model.counterfactual(evidence, Map.of("v" + set, to));
            for (int i = 0; i < n; i++) {
                var cross = new double[seen.length];
                double own = 0;
                for (int u = 0; u < n; u++) own += load[1][i][u] * variances[u] * load[1][i][u];
                for (int a = 0; a < seen.length; a++)
                    for (int u = 0; u < n; u++) cross[a] += load[1][i][u] * variances[u] * load[0][seen[a]][u];
                double m = centre[1][i], v = own;
                double[] gain = solve(s, cross);
                for (int a = 0; a < seen.length; a++) {
                    m += gain[a] * rest[a];
                    v -= gain[a] * cross[a];
                }
                mean = Math.max(mean, Math.abs(world.mean("v" + i) - m) / Math.max(1, Math.abs(m)));
                variance = Math.max(variance, Math.abs(world.variance("v" + i) - v) / Math.max(1, own));
            }
            linearCases++;
        }
        for (int k = 0; k < 300; k++) {
            var tables = NoiseTables.random(rng, 4);
            var model = tables.model();
            double[] row = model.sample(rng, 1)[0];
            var evidence = new int[4];
            for (int i = 0; i < 4; i++) evidence[i] = rng.nextDouble() < 0.5 ? (int) row[model.names().indexOf("v" + i)] : -1;
            int set = rng.nextInt(3), to = rng.nextInt(tables.sizes()[set]);
            var world = model.counterfactual(named(evidence), Map.of("v" + set, (double) to));
            for (int of = 0; of < 4; of++) {
                double[] p = tables.counterfactual(evidence, set, to, of);
                double expected = 0;
                for (int value = 0; value < p.length; value++) {
                    discrete = Math.max(discrete, Math.abs(world.probability("v" + of, value) - p[value]));
                    expected += value * p[value];
                }
                discrete = Math.max(discrete, Math.abs(world.mean("v" + of) - expected));
            }
            discreteCases++;
        }
        Evidence.of("linear normal models", linearCases, exactly(200));
        Evidence.of("means against the closed form", mean, below(1e-12));
        Evidence.of("variances", variance, below(1e-12));
        Evidence.of("discrete models", discreteCases, exactly(300));
        Evidence.of("probabilities and means against enumeration", discrete, below(1e-12));
        var growth = StructuralCausalModel.builder().linear("x", 0, new double[0], 1).linear("y", 0, new double[] {2}, 1, "x").build();
        assertThat(growth.counterfactual(Map.of("x", 1.0, "y", 5.0), Map.of("x", 2.0)).mean("y")).isEqualTo(7);
    }

    @Test
    @Acceptance(topic = "counterfactuals", clause = 3) void unitsAverageToTheIntervention() {
        var rng = Rng.of(755);
        double worst = 0, moved = 0;
        int populations = 0;
        for (int k = 0; k < 10; k++, populations++) {
            StructuralCausalModel model;
            double expected, seen = 0;
            String set = "v1", of = "v3";
            double to = 1;
            if (k < 5) {
                var tables = NoiseTables.random(rng, 4);
                model = tables.model();
                double[] p = tables.counterfactual(new int[] {-1, -1, -1, -1}, 1, 1, 3);
                expected = 0;
                for (int value = 0; value < p.length; value++) expected += value * p[value];
            } else {
                int n = 4;
                double[] intercepts = new double[n], variances = new double[n], mean = new double[n];
                var weights = new double[n][];
                model = linear(rng, n, weights, intercepts, variances);
                for (int i = 0; i < n; i++) {
                    mean[i] = intercepts[i];
                    for (int j = 0; j < i; j++) mean[i] += weights[i][j] * mean[j];
                    if (i == 1) mean[i] = to;
                }
                expected = mean[3];
            }
            int n = 2_000;
            double sum = 0, square = 0;
            for (double[] row : model.sample(rng, n)) {
                var evidence = new HashMap<String, Double>();
                for (int i = 0; i < row.length; i++) evidence.put(model.names().get(i), row[i]);
                double value = model.counterfactual(evidence, Map.of(set, to)).mean(of);
                sum += value;
                square += value * value;
                seen += evidence.get(of) / n;
            }
            double mean = sum / n, error = Math.sqrt((square / n - mean * mean) / n);
            worst = Math.max(worst, Math.abs(mean - expected) / Math.max(error, 1e-12));
            moved = Math.max(moved, Math.abs(seen - expected) / Math.max(error, 1e-12));
        }
        Evidence.of("populations of 2,000 units, discrete and linear", populations, exactly(10));
        Evidence.of("mean of counterfactuals less the do-mean, standard errors", worst, atMost(3));
        Evidence.of("the factual mean is off by up to, standard errors", moved, above(10));
    }

    private static StructuralCausalModel drug(boolean works) {
        return StructuralCausalModel.builder().discrete("x", 2, new double[] {0.5, 0.5}, (p, u) -> u)
                .discrete("y", 2, new double[] {0.5, 0.5}, (p, u) -> works ? p[0] ^ u : u, "x").build();
    }

    @Test
    @Acceptance(topic = "counterfactuals", clause = 5) void sameExperimentsOtherUnits() {
        StructuralCausalModel first = drug(true), second = drug(false);
        double apart = 0;
        int compared = 0;
        for (int x = 0; x < 2; x++) for (int y = 0; y < 2; y++, compared++) {
            var action = Map.of("x", (double) x);
            apart = Math.max(apart, Math.abs(first.counterfactual(Map.of(), action).probability("y", y)
                    - second.counterfactual(Map.of(), action).probability("y", y)));
            apart = Math.max(apart, Math.abs(first.counterfactual(Map.of(), action).probability("y", y) - 0.5));
            // And seen without acting: P(y | x)
            var seen = Map.of("x", (double) x);
            apart = Math.max(apart, Math.abs(
                    first.counterfactual(seen, Map.of()).probability("y", y) - second.counterfactual(seen, Map.of()).probability("y", y)));
        }
        var adler = Map.of("x", 1.0, "y", 0.0);
        Evidence.of("entries of the do-tables and observational ones compared", compared, exactly(4));
        Evidence.of("largest difference of the tables", apart, exactly(0));
        Evidence.of("would she have lived without it? the first drug", first.counterfactual(adler, Map.of("x", 0.0)).probability("y", 1),
                exactly(1));
        Evidence.of("the second", second.counterfactual(adler, Map.of("x", 0.0)).probability("y", 1), exactly(0));
        assertThat(ProbabilitiesOfCausation.of(first, "x", "y").both()).isEqualTo(0.5);
        assertThat(ProbabilitiesOfCausation.of(second, "x", "y").both()).isEqualTo(0);
        assertThat(first.effect("y", Map.of("x", 1.0), Map.of("x", 0.0), Map.of("x", 1.0))).isZero();
    }

    @Test
    @Acceptance(topic = "counterfactuals", clause = 6) void twinsEqualTheThreeSteps() {
        var rng = Rng.of(757);
        double discrete = 0, linear = 0;
        int tried = 0, queries = 0;
        for (int k = 0; k < 60; k++, tried++) {
            var tables = NoiseTables.random(rng, 4);
            var model = tables.model();
            double[] row = model.sample(rng, 1)[0];
            var seen = new HashMap<String, Integer>();
            var evidence = new HashMap<String, Double>();
            for (int i = 0; i < 4; i++) if (rng.nextDouble() < 0.5) {
                evidence.put("v" + i, row[model.names().indexOf("v" + i)]);
                seen.put("v" + i, (int) row[model.names().indexOf("v" + i)]);
            }
            int set = rng.nextInt(3);
            var action = Map.of("v" + set, (double) rng.nextInt(tables.sizes()[set]));
            var world = model.counterfactual(evidence, action);
            var twins = model.twinNetwork(action).discrete();
            for (int of = 0; of < 4; of++)
                for (int value = 0; value < tables.sizes()[of]; value++, queries++)
                    discrete = Math.max(discrete,
                            Math.abs(twins.query(List.of("v" + of + "*"), seen).probability(value) - world.probability("v" + of, value)));
        }
        for (int k = 0; k < 60; k++, tried++) {
            int n = 4;
            var model = linear(rng, n, new double[n][], new double[n], new double[n]);
            double[] row = model.sample(rng, 1)[0];
            var evidence = new HashMap<String, Double>();
            for (int i = 0; i < n; i++) if (rng.nextDouble() < 0.6) evidence.put("v" + i, row[i]);
            var action = Map.of("v" + rng.nextInt(3), 2 * rng.nextGaussian());
            var world = model.counterfactual(evidence, action);
            double[] means = model.twinNetwork(action).linear().conditionalMean(List.of("v0*", "v1*", "v2*", "v3*"), evidence);
            for (int i = 0; i < n; i++, queries++)
                linear = Math.max(linear, Math.abs(means[i] - world.mean("v" + i)) / Math.max(1, Math.abs(means[i])));
        }
        Evidence.of("models, discrete and linear", tried, exactly(120));
        Evidence.of("queries", queries, above(500));
        Evidence.of("discrete: elimination in the twin network less three steps", discrete, below(1e-12));
        Evidence.of("linear: conditioning in the twin network less three steps", linear, below(1e-11));
    }

    @Test void particlesComeNearTheExactAnswer() {
        var rng = Rng.of(758);
        var exact = StructuralCausalModel.builder().linear("v0", 0.5, new double[0], 1).linear("v1", 1, new double[] {0.8}, 0.5, "v0")
                .build();
        // The same equations, written as functions: v1 alone is seen.
        var model = StructuralCausalModel.builder().additive("v0", p -> 0.5, new Normal(0, 1))
                .additive("v1", p -> 1 + 0.8 * p[0], new Normal(0, Math.sqrt(0.5)), "v0")
                .additive("v2", p -> p[0] * p[1], new Normal(0, 1), "v0", "v1").build();
        var evidence = Map.of("v1", 1.0);
        assertThatThrownBy(() -> model.counterfactual(evidence, Map.of("v0", 2.0))).hasMessageContaining("number of particles");
        var world = model.counterfactual(evidence, Map.of("v0", 2.0), rng, 200_000);
        var closed = exact.counterfactual(evidence, Map.of("v0", 2.0));
        assertThat(world.isExact()).isFalse();
        double error = Math.sqrt(closed.variance("v1") / world.effectiveSize());
        assertThat(world.mean("v1")).isCloseTo(closed.mean("v1"), within(5 * error + 1e-9));
        assertThat(world.variance("v1")).isCloseTo(closed.variance("v1"), within(0.05 * closed.variance("v1") + 1e-9));
    }

    @Test void mistakesAreNamed() {
        assertThatThrownBy(() -> drug(true).counterfactual(Map.of("z", 1.0), Map.of())).hasMessageContaining("no node 'z'");
        assertThatThrownBy(() -> drug(true).counterfactual(Map.of(), Map.of("x", 2.0))).hasMessageContaining("whole number from 0 to 1");
        var constant = StructuralCausalModel.builder().discrete("x", 2, new double[] {1}, (p, u) -> 0).build();
        assertThatThrownBy(() -> constant.counterfactual(Map.of("x", 1.0), Map.of())).hasMessageContaining("impossible");
        assertThatThrownBy(() -> StructuralCausalModel.builder().linear("y", 0, new double[] {1}, 1, "x").build())
                .hasMessageContaining("has no equation");
        assertThatThrownBy(() -> ProbabilitiesOfCausation.bounds(new double[][] {{0.5, 0.5}, {0.5, 0.5}}, 0.5, 0.5))
                .hasMessageContaining("not to 2.0");
        assertThat(drug(true).intervene(Map.of("x", 1.0)).graph().edges()).containsExactly("x -> y");
        assertThat(drug(true).intervene(Map.of("y", 1.0)).graph().edges()).isEmpty();
        assertThat(drug(true).twinNetwork(Map.of("x", 0.0)).graph().separated("x", "y*")).isTrue();
    }
}
