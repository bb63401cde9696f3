package lyceum.learn.explain;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.data.Datasets;
import lyceum.learn.gbdt.GbdtRegressor;
import lyceum.learn.gbdt.GradientBoostedTrees;
import lyceum.learn.tree.DecisionTree;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class FeatureAttributionTest {
    private static final String TOPIC = "feature-attribution";

    private static double[] bells(Rng rng, int n) {
        var values = new double[n];
        for (int i = 0; i < n; i++) values[i] = rng.nextGaussian();
        return values;
    }

    private static CoalitionGame random(Rng rng, int n) { return table(n, bells(rng, 1 << n)); }

    private static CoalitionGame table(int n, double[] values) { return new CoalitionGame(n, s -> values[(int) s]); }

    /** By all orders, each player's marginal contributions: the definition that the unit does not use. */
    private static double[] byOrders(int n, IntToDoubleFunction value) {
        var sums = new double[n];
        long[] orders = {0};
        visit(n, 0, 0, value, new double[n], sums, orders);
        for (int j = 0; j < n; j++) sums[j] /= orders[0];
        return sums;
    }

    private static void visit(int n, int set, int size, IntToDoubleFunction value, double[] gains, double[] sums, long[] orders) {
        if (size == n) {
            orders[0]++;
            for (int j = 0; j < n; j++) sums[j] += gains[j];
            return;
        }
        for (int j = 0; j < n; j++) {
            if ((set >> j & 1) == 1) continue;
            gains[j] = value.applyAsDouble(set | 1 << j) - value.applyAsDouble(set);
            visit(n, set | 1 << j, size + 1, value, gains, sums, orders);
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void integratedGradientsAreCompleteOnSmoothNets() {
        Gap steps = Gap.absolute(), legendre = Gap.absolute(), own = Gap.absolute();
        for (int net = 0; net < 20; net++) {
            var rng = Rng.of(100 + net);
            Tensor first = Tensor.of(bells(rng, 5 * 16), 5, 16), second = Tensor.of(bells(rng, 16 * 8), 16, 8).mul(0.5),
                    last = Tensor.of(bells(rng, 8), 8, 1), shift = Tensor.of(bells(rng, 16));
            boolean softplus = net % 2 == 0;
            UnaryOperator<Tensor> f = rows -> {
                Tensor h = rows.matmul(first).add(shift);
                h = (softplus ? h.exp().add(1).log() : h.tanh()).matmul(second).tanh();
                return h.matmul(last).reshape(-1);
            };
            double[] x = bells(rng, 5), baseline = bells(rng, 5);
            double change = f.apply(Tensor.of(x, 1, 5)).item(0) - f.apply(Tensor.of(baseline, 1, 5)).item(0);
            var plain = FeatureAttribution.integratedGradients(f, x, baseline, 256);
            var exact = FeatureAttribution.gaussLegendreGradients(f, x, baseline, 64);
            steps.see("net " + net, Arrays.stream(plain.shares()).sum(), change);
            legendre.see("net " + net, Arrays.stream(exact.shares()).sum(), change);
            // Each share for itself: central differences at 2,000 middles of the way.
            var differences = new double[2000 * 5 * 2 * 5];
            for (int k = 0; k < 2000; k++)
                for (int j = 0; j < 5; j++)
                    for (int side = 0; side < 2; side++)
                        for (int c = 0; c < 5; c++)
                            differences[((k * 5 + j) * 2 + side) * 5 + c] = baseline[c] + (k + 0.5) / 2000 * (x[c] - baseline[c])
                                    + (c == j ? (side == 0 ? 1e-4 : -1e-4) : 0);
            double[] values = f.apply(Tensor.of(differences, 20_000, 5)).toDoubleArray();
            for (int j = 0; j < 5; j++) {
                double slope = 0;
                for (int k = 0; k < 2000; k++) slope += (values[(k * 5 + j) * 2] - values[(k * 5 + j) * 2 + 1]) / 2e-4 / 2000;
                own.see("net " + net + " column " + j, exact.shares()[j], slope * (x[j] - baseline[j]));
            }
        }
        var article = FeatureAttribution.gaussLegendreGradients(r -> r.select(1, 0).mul(r.select(1, 1).square()), new double[] {1, 1},
                new double[2], 3);
        assertThat(article.shares()).containsExactly(new double[] {1 / 3.0, 2 / 3.0}, within(1e-14));
        Evidence.of("nets", steps.seen(), exactly(20));
        Evidence.of("sum of shares less the change, 256 steps", steps, atMost(1e-3));
        Evidence.of("the same by Gauss-Legendre with 64 nodes", legendre, atMost(1e-6));
        Evidence.of("single shares against central differences", own, atMost(1e-4));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void kernelShapWithAllCoalitionsEqualsEnumeration() {
        var gap = Gap.absolute();
        var definition = Gap.absolute();
        for (int n = 1; n <= 12; n++) {
            for (int run = 0; run < 5; run++) {
                var game = random(Rng.of(1000 + 10 * n + run), n);
                double[] exact = FeatureAttribution.shapley(game).shares();
                gap.see(n + " players", FeatureAttribution.kernelShap(game, 1 << 12, Rng.of(1)).shares(), exact);
                if (n <= 7) definition.see(n + " players", exact, byOrders(n, s -> game.value().of(s)));
            }
        }
        Evidence.of("shares compared", gap.seen(), exactly(390));
        Evidence.of("least squares less enumeration", gap, atMost(1e-8));
        Evidence.of("enumeration less all orders", definition, atMost(1e-12));
    }

    /** v(S) by walking down the tree: both ways, by weight, where the column is off. */
    private static double walk(DecisionTree tree, double[] x, int set, int node) {
        if (tree.isLeaf(node)) return tree.value(node, 0);
        int f = tree.feature()[node], left = tree.left()[node], right = tree.right()[node];
        if ((set >> f & 1) == 1) return walk(tree, x, set, x[f] <= tree.threshold()[node] ? left : right);
        double[] w = tree.weight();
        return (w[left] * walk(tree, x, set, left) + w[right] * walk(tree, x, set, right)) / w[node];
    }

    /** Shapley values by subsets, in another order of sums than the unit's: over sizes, then sets. */
    private static double[] bySubsets(int n, IntToDoubleFunction v) {
        var value = new double[1 << n];
        for (int s = 0; s < value.length; s++) value[s] = v.applyAsDouble(s);
        var factorial = new double[n + 1];
        factorial[0] = 1;
        for (int k = 1; k <= n; k++) factorial[k] = k * factorial[k - 1];
        var shares = new double[n];
        for (int j = 0; j < n; j++)
            for (int s = 0; s < value.length; s++)
                if ((s >> j & 1) == 1) shares[j] += factorial[Integer.bitCount(s) - 1] * factorial[n - Integer.bitCount(s)] / factorial[n]
                        * (value[s] - value[s ^ 1 << j]);
        return shares;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void treeShapEqualsBruteForceOnTreesOfUpToTenColumns() {
        Gap dependent = Gap.absolute(), interventional = Gap.absolute(), complete = Gap.absolute();
        for (int p = 1; p <= 10; p++) {
            var rng = Rng.of(50 + p);
            int n = 120, columns = p;
            double[] cells = bells(rng, n * p), y = new double[n], weights = new double[n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < p; j++) y[i] += Math.sin((j + 1) * cells[i * p + j]) * (j > 0 ? cells[i * p + j - 1] : 1);
                weights[i] = 0.5 + rng.nextDouble();
            }
            Tensor x = Tensor.of(cells, n, p);
            var tree = new DecisionTreeRegressor().withMaxDepth(7).fit(x, Tensor.of(y), Tensor.of(weights)).tree();
            var shap = TreeShap.of(tree, 0);
            Tensor background = Tensor.of(bells(rng, 4 * p), 4, p);
            double[] behind = background.toDoubleArray();
            for (int row = 0; row < 3; row++) {
                double[] at = bells(rng, p);
                var found = shap.pathDependent(at);
                dependent.see(p + " columns", found.shares(), bySubsets(p, s -> walk(tree, at, s, 0)));
                complete.see(p + " columns", found.missing(), 0);
                complete.see(p + " columns, output", found.output(), walk(tree, at, (1 << p) - 1, 0));
                interventional.see(p + " columns", shap.interventional(at, background).shares(), bySubsets(p, s -> {
                    double sum = 0;
                    for (int b = 0; b < 4; b++) {
                        var mixed = new double[columns];
                        for (int j = 0; j < columns; j++) mixed[j] = (s >> j & 1) == 1 ? at[j] : behind[b * columns + j];
                        sum += walk(tree, mixed, (1 << columns) - 1, 0);
                    }
                    return sum / 4;
                }));
            }
        }
        Evidence.of("shares compared", dependent.seen() + interventional.seen(), exactly(330));
        Evidence.of("path-dependent less brute force", dependent, atMost(1e-8));
        Evidence.of("interventional less brute force", interventional, atMost(1e-8));
        Evidence.of("completeness", complete, atMost(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void treeShapEqualsXgboost() {
        var gap = Gap.absolute();
        for (var c : Golden.load("golden/feature-attribution.json").cases("")) {
            var shap = TreeShap.of(GradientBoostedTrees.fromXgboostJson(c.text("input.model")), 0);
            double[][] rows = c.matrix("input.rows"), expected = c.matrix("expected.contributions");
            double range = c.number("expected.range");
            for (int i = 0; i < rows.length; i++) {
                var found = shap.pathDependent(rows[i]);
                int p = rows[i].length;
                for (int j = 0; j < p; j++)
                    gap.see(c.text("name") + " row " + i + " column " + j, found.shares()[j] / range, expected[i][j] / range);
                gap.see(c.text("name") + " row " + i + " baseline", found.baseline() / range, expected[i][p] / range);
            }
        }
        Evidence.of("contributions compared", gap.seen(), exactly(2 * 20 * 11 + 10 * 31));
        Evidence.of("less XGBoost's, over the range of predictions", gap, atMost(1e-5));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void dummySymmetryAndAdditivityHoldInAHundredGames() {
        Gap dummy = Gap.absolute(), symmetry = Gap.absolute(), additivity = Gap.absolute();
        for (int run = 0; run < 100; run++) {
            var rng = Rng.of(7000 + run);
            int n = 3 + rng.nextInt(7);
            int[] who = rng.sample(n, 3);
            int idle = who[0], a = who[1], b = who[2];
            double alone = rng.nextGaussian();
            double[] v = bells(rng, 1 << n), w = bells(rng, 1 << n), both = new double[1 << n], special = new double[1 << n];
            for (int s = 0; s < v.length; s++) {
                both[s] = v[s] + w[s];
                // The idle player adds the same to everybody; a and b are told apart by nobody.
                int t = s & ~(1 << idle), swapped = t & ~(1 << a | 1 << b) | (t >> a & 1) << b | (t >> b & 1) << a;
                special[s] = v[Math.min(t, swapped)] + (s >> idle & 1) * alone;
            }
            for (int method = 0; method < 2; method++) {
                double[] odd = shares(method, n, special), left = shares(method, n, v), right = shares(method, n, w),
                        sum = shares(method, n, both);
                String where = "game " + run + (method == 0 ? " enumerated" : " by KernelSHAP");
                dummy.see(where, odd[idle], alone);
                symmetry.see(where, odd[a], odd[b]);
                for (int j = 0; j < n; j++) additivity.see(where, sum[j], left[j] + right[j]);
            }
        }
        Evidence.of("games, by two methods", dummy.seen(), exactly(200));
        Evidence.of("dummy", dummy, atMost(1e-8));
        Evidence.of("symmetry", symmetry, atMost(1e-8));
        Evidence.of("additivity", additivity, atMost(1e-8));
    }

    private static double[] shares(int method, int n, double[] values) {
        var game = table(n, values);
        return (method == 0 ? FeatureAttribution.shapley(game) : FeatureAttribution.kernelShap(game, 1 << 12, Rng.of(1))).shares();
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void samplingErrorFallsWithTheRootOfTheSample() {
        var game = random(Rng.of(8), 12);
        double[] exact = FeatureAttribution.shapley(game).shares();
        for (int method = 0; method < 2; method++) {
            int[] sizes = method == 0 ? new int[] {16, 32, 64, 128, 256, 512} : new int[] {128, 256, 512, 1024, 2048};
            double[] logSize = new double[sizes.length], logError = new double[sizes.length];
            for (int k = 0; k < sizes.length; k++) {
                double squares = 0;
                for (int run = 0; run < 100; run++) {
                    var rng = Rng.of(9).split(method).split(k).split(run);
                    double[] found = (method == 0 ? FeatureAttribution.permutationShapley(game, sizes[k], rng)
                            : FeatureAttribution.kernelShap(game, sizes[k], rng)).shares();
                    for (int j = 0; j < 12; j++) squares += (found[j] - exact[j]) * (found[j] - exact[j]);
                }
                logSize[k] = Math.log(sizes[k]);
                logError[k] = Math.log(squares) / 2;
            }
            Evidence.of(method == 0 ? "slope of permutation sampling" : "slope of sampled KernelSHAP", slope(logSize, logError),
                    between(-0.6, -0.4));
        }
    }

    private static double slope(double[] x, double[] y) {
        double mx = Arrays.stream(x).average().getAsDouble(), my = Arrays.stream(y).average().getAsDouble(), xy = 0, xx = 0;
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - mx) * (y[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
        }
        return xy / xx;
    }

    @Test void linearSharesAreTheInterventionalOnes() {
        var rng = Rng.of(11);
        double[] b = bells(rng, 6), x = bells(rng, 6);
        Tensor background = Tensor.of(bells(rng, 60), 10, 6), weights = Tensor.of(b);
        var game = CoalitionGame.interventional(rows -> rows.matmul(weights).add(2), x, background);
        var closed = FeatureAttribution.linear(b, 2, x, background.mean(0).toDoubleArray());
        assertThat(closed.shares()).containsExactly(FeatureAttribution.shapley(game).shares(), within(1e-12));
        assertThat(closed.baseline()).isCloseTo(game.value().of(0), within(1e-12));
        assertThat(Math.abs(closed.missing())).isLessThan(1e-12);
    }

    @Test void boostedTreesOfOurOwnAreExplainedToo() {
        var data = Datasets.diabetes();
        var model = new GbdtRegressor().withRounds(10).withMaxDepth(3).fit(data.x(), data.y());
        double[] x = data.x().select(0, 5).toDoubleArray();
        var found = TreeShap.of(model.trees(), 0).pathDependent(x);
        assertThat(found.output()).isCloseTo(model.predict(data.x()).item(5), within(1e-9));
        assertThat(Math.abs(found.missing())).isLessThan(1e-9);
        assertThat(found.figure("Diabetes", data.featureNames()).description()).contains("Arrows");
    }

    @Test void badInputIsRefusedByName() {
        assertThatThrownBy(() -> FeatureAttribution.shapley(new CoalitionGame(26, s -> 0))).hasMessageContaining("26 players");
        assertThatThrownBy(() -> FeatureAttribution.kernelShap(new CoalitionGame(5, s -> 0), 9, Rng.of(1)))
                .hasMessageContaining("9 samples");
        assertThatThrownBy(() -> CoalitionGame.baseline(r -> 0, new double[2], new double[3])).hasMessageContaining("2 columns");
        assertThat(FeatureAttribution.shapley(new CoalitionGame(1, s -> s == 0 ? 2 : 5)).shares()).containsExactly(3);
        assertThat(List.of(FeatureAttribution.kernelShap(new CoalitionGame(1, s -> s), 2, Rng.of(1)).shares()[0])).containsExactly(1.0);
    }
}
