package lyceum.bayes;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class FactorGraphTest {
    /** Sums, maxima and the best assignment by a loop over every assignment. */
    private record Enumeration(Map<String, double[]> sums, Map<String, double[]> maxima, Map<String, Integer> best, double z, double max) {
        static Enumeration of(List<Factor> factors) {
            var sizes = new LinkedHashMap<String, Integer>();
            for (var factor : factors) for (String v : factor.variables()) sizes.put(v, factor.size(v));
            var sums = new HashMap<String, double[]>();
            var maxima = new HashMap<String, double[]>();
            sizes.forEach((v, size) -> {
                sums.put(v, new double[size]);
                maxima.put(v, new double[size]);
            });
            long cells = 1;
            for (int size : sizes.values()) cells *= size;
            double z = 0, max = -1;
            Map<String, Integer> best = null;
            for (long cell = 0; cell < cells; cell++) {
                var at = new HashMap<String, Integer>();
                long c = cell;
                for (var v : sizes.entrySet()) {
                    at.put(v.getKey(), (int) (c % v.getValue()));
                    c /= v.getValue();
                }
                double p = 1;
                for (var factor : factors) p *= factor.value(at);
                z += p;
                for (var v : at.entrySet()) {
                    sums.get(v.getKey())[v.getValue()] += p;
                    double[] most = maxima.get(v.getKey());
                    most[v.getValue()] = Math.max(most[v.getValue()], p);
                }
                if (p > max) {
                    max = p;
                    best = at;
                }
            }
            return new Enumeration(sums, maxima, best, z, max);
        }
    }

    /** Each factor takes one variable that is there already and up to two new ones; now and then a factor stands alone or begins a new part. */
    private static List<Factor> randomTree(Rng rng) {
        var sizes = new ArrayList<Integer>();
        sizes.add(2 + rng.nextInt(3));
        var factors = new ArrayList<Factor>();
        int wanted = 3 + rng.nextInt(6);
        while (sizes.size() < wanted) {
            var scope = new ArrayList<Integer>();
            if (rng.nextDouble() < 0.9) scope.add(rng.nextInt(sizes.size()));
            for (int fresh = 1 + rng.nextInt(2); fresh > 0; fresh--) {
                scope.add(rng.nextInt(scope.size() + 1), sizes.size());
                sizes.add(2 + rng.nextInt(3));
            }
            factors.add(factor(rng, scope, sizes));
        }
        for (int v = 0; v < sizes.size(); v++) if (v == 0 || rng.nextDouble() < 0.5) factors.add(factor(rng, List.of(v), sizes));
        return factors;
    }

    private static Factor factor(Rng rng, List<Integer> scope, List<Integer> sizes) {
        int cells = 1;
        for (int v : scope) cells *= sizes.get(v);
        var values = new double[cells];
        for (int i = 0; i < cells; i++) values[i] = rng.nextDouble() < 0.1 && cells > 4 ? 0 : 3 * rng.nextDoublePositive();
        return new Factor(scope.stream().map(v -> "v" + v).toList(), scope.stream().mapToInt(sizes::get).toArray(), values);
    }

    @Test
    @Acceptance(topic = "belief-propagation", clause = 1) void exactOnTrees() {
        var rng = Rng.of(575);
        double marginals = 0, maxima = 0, partition = 0, joint = 0;
        int trees = 0, wrongMap = 0, wrongCount = 0, parts = 0;
        for (; trees < 200; trees++) {
            var factors = randomTree(rng);
            var truth = Enumeration.of(factors);
            var graph = new FactorGraph(factors);
            Beliefs sum = graph.sumProduct(), max = graph.maxProduct();
            for (String v : graph.variables()) {
                double[] b = sum.of(v), m = max.of(v), most = truth.maxima.get(v);
                double all = 0;
                for (double p : most) all += p;
                for (int x = 0; x < b.length; x++) {
                    marginals = Math.max(marginals, Math.abs(b[x] - truth.sums.get(v)[x] / truth.z));
                    maxima = Math.max(maxima, Math.abs(m[x] - most[x] / all));
                }
            }
            for (int f = 0; f < factors.size(); f++) joint = Math.max(joint, beliefGap(sum.ofFactor(f), factors, truth.z));
            partition = Math.max(partition, Math.abs(sum.logPartition() - Math.log(truth.z)));
            partition = Math.max(partition, Math.abs(max.logPartition() - Math.log(truth.max)));
            if (!max.assignment().equals(truth.best)) wrongMap++;
            int edges = factors.stream().mapToInt(f -> f.variables().size()).sum();
            if (sum.messages() != 2 * edges || max.messages() != 2 * edges) wrongCount++;
            if (graph.variables().size() + factors.size() - edges > 1) parts++;
        }
        Evidence.of("trees", trees, exactly(200));
        Evidence.of("of these in several parts", parts, above(5));
        Evidence.of("marginals against enumeration", marginals, below(1e-12));
        Evidence.of("factors' beliefs against enumeration", joint, below(1e-12));
        Evidence.of("max-marginals against enumeration", maxima, below(1e-12));
        Evidence.of("log Z and log of the largest product", partition, below(1e-12));
        Evidence.of("most probable assignments that differ", wrongMap, exactly(0));
        Evidence.of("runs with other than 2 |E| messages", wrongCount, exactly(0));
    }

    private static double beliefGap(Factor belief, List<Factor> factors, double z) {
        double worst = 0;
        var values = new int[belief.sizes().length];
        for (int cell = 0; cell < belief.values().length; cell++) {
            for (int k = values.length - 1, c = cell; k >= 0; c /= belief.sizes()[k--]) values[k] = c % belief.sizes()[k];
            var at = new HashMap<String, Integer>();
            for (int k = 0; k < values.length; k++) at.put(belief.variables().get(k), values[k]);
            var left = factors.stream().map(f -> f.given(at)).toList();
            worst = Math.max(worst, Math.abs(belief.values()[cell] - Enumeration.of(left).z / z));
        }
        return worst;
    }

    @Test
    @Acceptance(topic = "belief-propagation", clause = 2) void chainsAreForwardBackward() {
        var rng = Rng.of(576);
        double worst = 0, likelihood = 0;
        int chains = 0, steps = 0;
        for (int length : new int[] {1, 2, 7, 50, 200, 2_000}) for (int states = 2; states <= 5; states++, chains++) {
            var initial = simplex(rng, states);
            var transition = new double[states][];
            for (int i = 0; i < states; i++) transition[i] = simplex(rng, states);
            var likelihoods = new double[length][states];
            for (var row : likelihoods) for (int i = 0; i < states; i++) row[i] = 1e-3 + rng.nextDouble() * rng.nextDouble();
            // scaled forward-backward (Rabiner 1989)
            double[][] alpha = new double[length][states], beta = new double[length][states];
            double log = 0;
            for (int t = 0; t < length; t++) {
                double scale = 0;
                for (int j = 0; j < states; j++) {
                    double p = t == 0 ? initial[j] : 0;
                    if (t > 0) for (int i = 0; i < states; i++) p += alpha[t - 1][i] * transition[i][j];
                    scale += alpha[t][j] = p * likelihoods[t][j];
                }
                for (int j = 0; j < states; j++) alpha[t][j] /= scale;
                log += Math.log(scale);
            }
            for (int t = length - 1; t >= 0; t--) {
                double scale = 0;
                for (int i = 0; i < states; i++) {
                    if (t == length - 1) beta[t][i] = 1;
                    else for (int j = 0; j < states; j++) beta[t][i] += transition[i][j] * likelihoods[t + 1][j] * beta[t + 1][j];
                    scale += beta[t][i];
                }
                for (int i = 0; i < states; i++) beta[t][i] /= scale;
            }
            var beliefs = FactorGraph.chain(initial, transition, likelihoods).sumProduct();
            for (int t = 0; t < length; t++, steps++) {
                double sum = 0;
                for (int i = 0; i < states; i++) sum += alpha[t][i] * beta[t][i];
                double[] b = beliefs.of("x" + t);
                for (int i = 0; i < states; i++) worst = Math.max(worst, Math.abs(b[i] - alpha[t][i] * beta[t][i] / sum));
            }
            likelihood = Math.max(likelihood, Math.abs(beliefs.logPartition() - log) / Math.max(1, Math.abs(log)));
        }
        Evidence.of("chains", chains, exactly(24));
        Evidence.of("smoothed probabilities against forward-backward, " + steps + " steps", worst, below(1e-12));
        Evidence.of("log-likelihood, relative", likelihood, below(1e-12));
    }

    @Test void hiddenMarkovModelsBecomeChains() {
        var model = new HiddenMarkovModel(new double[] {0.3, 0.7}, new double[][] {{0.9, 0.1}, {0.4, 0.6}},
                Emissions.of(new Normal(0, 1), new Normal(2, 0.5)));
        double[][] x = model.sample(Rng.of(4), 100).observations();
        x[40][0] = Double.NaN;
        var graph = FactorGraph.of(model, x);
        Beliefs beliefs = graph.sumProduct(), best = graph.maxProduct();
        var posterior = model.posterior(x);
        int[] path = model.viterbi(x).states();
        for (int t = 0; t < 100; t++) {
            assertThat(beliefs.of("x" + t)).containsExactly(posterior.states()[t], within(1e-12));
            assertThat(best.assignment().get("x" + t)).isEqualTo(path[t]);
        }
        assertThat(beliefs.logPartition()).isCloseTo(posterior.logLikelihood(), within(1e-10));
        assertThat(best.logPartition()).isCloseTo(model.viterbi(x).logProbability(), within(1e-10));
    }

    private static double[] simplex(Rng rng, int n) {
        var p = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++) sum += p[i] = rng.nextDoublePositive();
        for (int i = 0; i < n; i++) p[i] /= sum;
        return p;
    }

    @Test
    @Acceptance(topic = "belief-propagation", clause = 4) void loopyBeliefsOnTheIsingGrid() {
        var rng = Rng.of(578);
        double weak = 0, strong = 0, leastRatio = Double.POSITIVE_INFINITY;
        int draws = 0, settled = 0;
        for (; draws < 20; draws++) {
            var h = new double[9];
            for (int i = 0; i < 9; i++) h[i] = 0.2 * rng.nextDouble() - 0.1;
            double small = error(0.2, h), large = error(1.5, h);
            weak = Math.max(weak, Math.abs(small));
            strong = Math.max(strong, Math.abs(large));
            leastRatio = Math.min(leastRatio, Math.abs(large / small));
            if (small > 0) settled++;
        }
        Evidence.of("draws", draws, exactly(20));
        Evidence.of("draws that settled at J = 0.2", settled, exactly(20));
        Evidence.of("largest error at J = 0.2", weak, below(0.01));
        Evidence.of("largest error at J = 1.5 over that at J = 0.2", strong / weak, above(5));
        Evidence.of("the same, draw by draw, the least", leastRatio, atLeast(5));
    }

    /** Largest error of a marginal; negative if the messages did not settle. */
    private static double error(double j, double[] h) {
        var factors = new ArrayList<Factor>();
        for (int i = 0; i < 9; i++) factors.add(Factor.of(List.of("s" + i), Tensor.of(Math.exp(-h[i]), Math.exp(h[i]))));
        var pair = Tensor.of(new double[][] {{Math.exp(j), Math.exp(-j)}, {Math.exp(-j), Math.exp(j)}});
        for (int i = 0; i < 9; i++) {
            if (i % 3 < 2) factors.add(Factor.of(List.of("s" + i, "s" + (i + 1)), pair));
            if (i < 6) factors.add(Factor.of(List.of("s" + i, "s" + (i + 3)), pair));
        }
        var graph = new FactorGraph(factors);
        assertThat(graph.isTree()).isFalse();
        var beliefs = graph.loopySumProduct(0.5, 1e-12, 5_000);
        double[] up = new double[9];
        double z = 0, worst = 0;
        for (int state = 0; state < 512; state++) {
            double energy = 0;
            for (int i = 0; i < 9; i++) {
                int s = 2 * (state >> i & 1) - 1;
                energy += h[i] * s;
                if (i % 3 < 2) energy += j * s * (2 * (state >> i + 1 & 1) - 1);
                if (i < 6) energy += j * s * (2 * (state >> i + 3 & 1) - 1);
            }
            double p = Math.exp(energy);
            z += p;
            for (int i = 0; i < 9; i++) if ((state >> i & 1) == 1) up[i] += p;
        }
        for (int i = 0; i < 9; i++) worst = Math.max(worst, Math.abs(beliefs.of("s" + i)[1] - up[i] / z));
        return beliefs.converged() ? worst : -worst;
    }

    @Test void networksBecomeGraphs() {
        var rng = Rng.of(8);
        int trees = 0;
        for (int k = 0; k < 40; k++) {
            var dense = DenseNet.random(rng, 5, 0.3, 3, 0.1, 0.9);
            var net = dense.network();
            var graph = FactorGraph.of(net, Map.of("v2", 1));
            var beliefs = graph.isTree() ? graph.sumProduct() : graph.loopySumProduct(0, 1e-12, 1_000);
            if (!graph.isTree()) continue;
            trees++;
            for (String v : graph.variables())
                assertThat(beliefs.of(v)[0]).isCloseTo(net.query(List.of(v), Map.of("v2", 1)).probability(0), within(1e-12));
            assertThat(beliefs.logPartition()).isCloseTo(net.logProbability(Map.of("v2", 1)), within(1e-12));
        }
        assertThat(trees).isGreaterThan(10);
    }

    /** The article's three spins in a ring, a field of 0.1 on the first: loopy beliefs, and the true 0.55 for every J. */
    @Test void theRingOfTheArticle() {
        double[] couplings = {0.2, 0.5, 1, 1.5}, told = {0.551, 0.561, 0.625, 0.780};
        for (int k = 0; k < 4; k++) {
            double j = couplings[k];
            var pair = Tensor.of(new double[][] {{Math.exp(j), Math.exp(-j)}, {Math.exp(-j), Math.exp(j)}});
            var factors = List.of(Factor.of(List.of("a"), Tensor.of(Math.exp(-0.1), Math.exp(0.1))), Factor.of(List.of("a", "b"), pair),
                    Factor.of(List.of("b", "c"), pair), Factor.of(List.of("c", "a"), pair));
            var graph = new FactorGraph(factors);
            assertThat(graph.loopySumProduct(0.5, 1e-12, 10_000).of("a")[1]).isCloseTo(told[k], within(6e-4));
            assertThat(Enumeration.of(factors).sums.get("a")[1] / Enumeration.of(factors).z).isCloseTo(0.550, within(5e-4));
            assertThat(graph.loopyMaxProduct(0.5, 1e-12, 10_000).assignment()).isEqualTo(Map.of("a", 1, "b", 1, "c", 1));
            assertThatThrownBy(graph::sumProduct).hasMessageContaining("has a cycle");
        }
    }

    /** Four spins that all push each other apart: every message overshoots and turns round, until old ones are mixed in. The fixed point is the same. */
    @Test void dampingEndsTheOscillation() {
        double j = -0.8;
        var pair = Tensor.of(new double[][] {{Math.exp(j), Math.exp(-j)}, {Math.exp(-j), Math.exp(j)}});
        var factors = new ArrayList<Factor>();
        for (int i = 0; i < 4; i++) factors.add(Factor.of(List.of("s" + i), Tensor.of(Math.exp(-0.1), Math.exp(0.1))));
        for (int i = 0; i < 4; i++) for (int k = 0; k < i; k++) factors.add(Factor.of(List.of("s" + i, "s" + k), pair));
        var graph = new FactorGraph(factors);
        Beliefs wild = graph.loopySumProduct(0, 1e-10, 2_000), calm = graph.loopySumProduct(0.5, 1e-10, 2_000),
                slow = graph.loopySumProduct(0.8, 1e-12, 2_000);
        assertThat(wild.converged()).isFalse();
        assertThat(wild.rounds()).isEqualTo(2_000);
        assertThat(calm.converged()).isTrue();
        assertThat(calm.rounds()).isLessThan(slow.rounds());
        var truth = Enumeration.of(factors);
        assertThat(calm.of("s0")[1]).isCloseTo(slow.of("s0")[1], within(1e-8)).isCloseTo(truth.sums.get("s0")[1] / truth.z, within(0.02));
        assertThat(Math.abs(wild.of("s0")[1] - calm.of("s0")[1])).isGreaterThan(0.1);
    }

    @Test void tiesAndContradictions() {
        var agree = Tensor.of(new double[][] {{0, 1}, {1, 0}});
        var graph = new FactorGraph(List.of(Factor.of(List.of("a", "b"), agree), Factor.of(List.of("b", "c"), agree)));
        var best = graph.maxProduct().assignment();
        assertThat(best.get("a")).isEqualTo(best.get("c")).isNotEqualTo(best.get("b"));
        assertThatThrownBy(
                () -> new FactorGraph(List.of(Factor.of(List.of("a"), Tensor.of(1, 0)), Factor.of(List.of("a"), Tensor.of(0, 1))))
                        .sumProduct())
                .hasMessageContaining("Z is 0");
        assertThatThrownBy(
                () -> new FactorGraph(List.of(Factor.of(List.of("a"), Tensor.of(1, 0)), Factor.of(List.of("a"), Tensor.of(0, 1, 1)))))
                .hasMessageContaining("2 values in one factor and 3 in another");
        assertThatThrownBy(() -> Factor.of(List.of("a"), Tensor.of(1, -1))).hasMessageContaining("a value of [a] is -1.0");
        assertThatThrownBy(() -> Factor.of(List.of("a"), Tensor.of(1, 1)).times(Factor.of(List.of("a"), Tensor.of(1, 1, 1))))
                .hasMessageContaining("a has 2");
    }
}
