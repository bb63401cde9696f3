package lyceum.learn.explain;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.ensemble.RandomForestClassifier;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ExplainerTest {
    private static final String TOPIC = "explainability";
    private static final Golden GOLDEN = Golden.load("golden/explainability.json");

    private static UnaryOperator<Tensor> byRow(ToDoubleFunction<double[]> f) {
        return rows -> {
            int n = (int) rows.size(0), p = (int) rows.size(1);
            double[] values = rows.toDoubleArray(), out = new double[n];
            for (int i = 0; i < n; i++) out[i] = f.applyAsDouble(Arrays.copyOfRange(values, i * p, (i + 1) * p));
            return Tensor.of(out);
        };
    }

    private static double formula(double[] x) { return 3 * x[0] + x[1] * x[2] + Math.abs(x[3]) + (x[4] > 0.2 ? 1 : 0); }

    private static Tensor normal(Rng rng, int n, int p) {
        var values = new double[n * p];
        for (int i = 0; i < values.length; i++) values[i] = rng.nextGaussian();
        return Tensor.of(values, n, p);
    }

    private static Explainer golden(int seed) {
        return new Explainer(byRow(ExplainerTest::formula), Tensor.of(GOLDEN.named("importance " + seed + " r2").matrix("input.x")));
    }

    private static double lossOfR2(double[] y, double[] f) {
        double mean = Arrays.stream(y).average().getAsDouble(), spread = 0;
        for (double v : y) spread += (v - mean) * (v - mean);
        return Explainer.squaredError(y, f) * y.length / spread;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void permutationImportanceEqualsScikitLearn() {
        var gap = Gap.absolute();
        for (var c : GOLDEN.cases("importance")) {
            var explainer = new Explainer(byRow(ExplainerTest::formula), Tensor.of(c.matrix("input.x")));
            Explainer.Loss loss = c.text("name").endsWith("r2") ? ExplainerTest::lossOfR2 : Explainer::squaredError;
            double[][] found = explainer.permutationImportance(c.doubles("input.y"), loss, new int[][] {{0}, {1}, {2}, {3}, {4}},
                    c.intMatrix("input.orders")), expected = c.matrix("expected.importances");
            for (int j = 0; j < 5; j++) gap.see(c.text("name") + " column " + j, found[j], expected[j]);
        }
        Evidence.of("importances compared", gap.seen(), exactly(3 * 2 * 5 * 4));
        Evidence.of("less scikit-learn's", gap, atMost(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void partialDependenceEqualsScikitLearn() {
        Gap average = Gap.absolute(), individual = Gap.absolute();
        for (int seed = 1; seed <= 3; seed++) {
            for (var c : GOLDEN.cases("dependence " + seed)) {
                var found = golden(seed).partialDependence(c.integer("input.column"), c.doubles("input.grid"));
                average.see(c.text("name"), found.average(), c.doubles("expected.average"));
                double[][] curves = c.matrix("expected.individual");
                for (int k = 0; k < curves.length; k++) individual.see(c.text("name"), found.individual()[10 * k], curves[k]);
            }
        }
        Evidence.of("values compared", average.seen(), exactly(3 * 5 * 9));
        Evidence.of("average less scikit-learn's", average, atMost(1e-8));
        Evidence.of("single rows less scikit-learn's", individual, atMost(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void limeRecoversLinearModels() {
        var gap = Gap.relative();
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(300 + run);
            int p = 2 + run % 7;
            double[] b = new double[p], scale = new double[p];
            for (int j = 0; j < p; j++) {
                b[j] = (rng.nextDouble() < 0.5 ? -1 : 1) * (0.2 + 3 * rng.nextDouble());
                scale[j] = Math.exp(2 * rng.nextGaussian());
            }
            double level = 1 + rng.nextDouble();
            var data = normal(rng, 100, p).mul(Tensor.of(scale)).add(2);
            var found = new Explainer(rows -> rows.matmul(Tensor.of(b)).add(level), data).lime(data.select(0, 7).toDoubleArray(), 500,
                    rng.split(1));
            gap.see("run " + run, found.coefficients(), b);
            gap.see("run " + run + " intercept", found.intercept(), level);
            gap.see("run " + run + " fidelity", found.fidelity(), 1);
        }
        // Where the function bends the slope is that at the row, and a wider kernel sees further.
        var data = normal(Rng.of(3), 200, 2);
        var bent = new Explainer(byRow(x -> Math.exp(x[0])), data);
        assertThat(bent.lime(new double[] {1, 0}, 20_000, 0.1, Rng.of(4)).coefficients()[0]).isCloseTo(Math.E, within(0.05));
        assertThat(bent.lime(new double[] {1, 0}, 20_000, 3, Rng.of(4)).coefficients()[0]).isGreaterThan(3);
        Evidence.of("largest relative gap of a coefficient", gap, atMost(0.01));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void counterfactualsOfLinearModelsAreTheNearest() {
        Gap distance = Gap.relative(), place = Gap.absolute();
        int other = 0;
        for (int run = 0; run < 50; run++) {
            var rng = Rng.of(500 + run);
            int p = 1 + run % 8;
            double[] w = normal(rng, 1, p).toDoubleArray(), x = normal(rng, 1, p).toDoubleArray();
            double level = rng.nextGaussian(), f = level, square = 0;
            for (int j = 0; j < p; j++) {
                f += w[j] * x[j];
                square += w[j] * w[j];
            }
            var explainer = new Explainer(rows -> rows.matmul(Tensor.of(w)).add(level), normal(rng, 30, p).mul(1 + run % 3));
            double[] found = explainer.counterfactual(x);
            double moved = 0, after = level;
            for (int j = 0; j < p; j++) {
                moved += (found[j] - x[j]) * (found[j] - x[j]);
                after += w[j] * found[j];
                place.see("run " + run, found[j] - x[j], -f * w[j] / square);
            }
            distance.see("run " + run, Math.sqrt(moved), Math.abs(f) / Math.sqrt(square));
            if (after > 0 != f > 0) other++;
        }
        var article = new Explainer(byRow(v -> 3 * v[0] + 4 * v[1] - 10), normal(Rng.of(1), 10, 2));
        assertThat(article.counterfactual(new double[] {1, 1})).containsExactly(new double[] {1.36, 1.48}, within(1e-6));
        Evidence.of("rows", distance.seen(), exactly(50));
        Evidence.of("distance against |f| / |w|, relative", distance, atMost(0.01));
        Evidence.of("step against the projection", place, atMost(1e-4));
        Evidence.of("decisions that changed", other, exactly(50));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void anchorsKeepTheirPromise() {
        int reached = 0, count = 0, shorter = 0;
        double sum = 0;
        var data = normal(Rng.of(700), 500, 5);
        var explainer = new Explainer(byRow(x -> x[0] + 0.7 * x[1] * x[2] - (x[3] > 0 ? 0.5 : -0.2) + 0.1 * x[4]), data);
        double[] rows = data.toDoubleArray();
        for (int run = 0; run < 100; run++) {
            double[] x = Arrays.copyOfRange(rows, 5 * run, 5 * run + 5);
            var anchor = explainer.anchor(x, 0.95, 0.05, Rng.of(701).split(run));
            boolean positive = explainer.predict().apply(Tensor.of(x, 1, 5)).item(0) > 0;
            // Neighbours by the test itself: each column from data values within the bounds, or x's own where there are none.
            var rng = Rng.of(702).split(run);
            var fresh = new double[10_000 * 5];
            for (int j = 0; j < 5; j++) {
                int column = j;
                double[] inside = IntStream.range(0, 500).mapToDouble(i -> rows[5 * i + column])
                        .filter(v -> anchor.bounds().stream().noneMatch(b -> b.feature() == column && (v < b.low() || v > b.high())))
                        .toArray();
                for (int i = 0; i < 10_000; i++) fresh[5 * i + j] = inside.length == 0 ? x[j] : inside[rng.nextInt(inside.length)];
            }
            double same = Arrays.stream(explainer.predict().apply(Tensor.of(fresh, 10_000, 5)).toDoubleArray())
                    .filter(v -> v > 0 == positive).count() / 1e4;
            assertThat(anchor.appliesTo(x)).isTrue();
            assertThat(anchor.precision()).isCloseTo(same, within(0.03));
            if (same >= 0.95) reached++;
            if (anchor.bounds().size() < 5) shorter++;
            sum += same;
            count++;
        }
        Evidence.of("anchors", count, exactly(100));
        Evidence.of("anchors that reach 0.95 on fresh neighbours", reached, atLeast(90));
        Evidence.of("mean precision", sum / count, atLeast(0.95));
        Evidence.of("rules that leave a column free", shorter, atLeast(50));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void deletionByAttributionBeatsRandomOrder() {
        var data = Datasets.breastCancer();
        var forest = new RandomForestClassifier().withTrees(20).fit(data.x(), data.y());
        var explainer = new Explainer(rows -> forest.predictProba(rows).select(1, 1), data.x());
        double[] means = data.x().mean(0).toDoubleArray();
        int p = means.length, rows = 40, better = 0, ties = 0;
        double by = 0, chance = 0;
        for (int run = 0; run < rows; run++) {
            double[] x = data.x().select(0, 13 * run).toDoubleArray();
            double[] shares = FeatureAttribution.permutationShapley(
                    CoalitionGame.baseline(r -> explainer.predict().apply(Tensor.of(r, 1, p)).item(0), x, means), 10, Rng.of(run)).shares();
            int[] order = IntStream.range(0, p).boxed().sorted((a, b) -> Double.compare(shares[b], shares[a])).mapToInt(j -> j).toArray();
            double mine = explainer.deletion(x, means, order).area(), random = 0;
            for (int k = 0; k < 10; k++) random += explainer.deletion(x, means, Rng.of(800 + run).split(k).permutation(p)).area() / 10;
            by += mine / rows;
            chance += random / rows;
            if (mine < random) better++;
            if (mine == random) ties++;
        }
        // Sign test: the chance of so many heads of a fair coin.
        int n = rows - ties;
        double tail = 0, term = Math.pow(0.5, n);
        for (int k = 0; k <= n; k++) {
            if (k >= better) tail += term;
            term *= (double) (n - k) / (k + 1);
        }
        Evidence.of("rows that tell", n, above(20));
        Evidence.of("p of the sign test", tail, below(0.01));
        Evidence.of("mean area over that of random orders", by / chance, below(0.9));
    }

    @Test void groupsOfColumnsAreShuffledTogether() {
        // The article's example: y = x stored twice, half the slope on each.
        var x = normal(Rng.of(20), 4_000, 1);
        var twice = Tensor.concat(1, x, x);
        var explainer = new Explainer(byRow(r -> 0.5 * r[0] + 0.5 * r[1]), twice);
        int[][] order = {Rng.of(21).permutation(4_000)};
        double[] y = x.reshape(-1).toDoubleArray();
        double[][] rise = explainer.permutationImportance(y, Explainer::squaredError, new int[][] {{0}, {1}, {0, 1}}, order);
        assertThat(rise[0][0]).isCloseTo(0.5, within(0.03));
        assertThat(rise[1][0]).isCloseTo(rise[0][0], within(1e-12));
        assertThat(rise[2][0]).isCloseTo(2, within(0.1));
        assertThat(explainer.permutationImportance(y, Explainer::squaredError, 3, Rng.of(1))[0]).hasSize(3);
    }

    @Test void treesHaveCounterfactualsToo() {
        var data = normal(Rng.of(30), 300, 2);
        var tree = new DecisionTreeRegressor().withMaxDepth(3).fit(data, data.select(1, 0).sub(0.3));
        var explainer = new Explainer(tree::predict, data);
        double[] found = explainer.counterfactual(new double[] {-1, 0});
        assertThat(tree.predict(Tensor.of(found, 1, 2)).item(0)).isPositive();
        double border = -1;
        while (tree.predict(Tensor.of(new double[] {border, 0}, 1, 2)).item(0) <= 0) border += 1e-4;
        assertThat(found[0]).isCloseTo(border, within(2e-4));
        assertThatThrownBy(() -> new Explainer(byRow(_ -> 1), data).counterfactual(new double[2]))
                .hasMessageContaining("no row of the data");
    }

    @Test void surrogatePrototypesAndInfluence() {
        var data = normal(Rng.of(40), 300, 2);
        var steps = new Explainer(byRow(r -> r[0] > 0 ? 1 : r[1] > 0 ? 2 : 3), data);
        assertThat(steps.surrogate(2).score(data, steps.predict().apply(data))).isCloseTo(1, within(1e-12));
        var blobs = Datasets.blobs(Rng.of(41), 90, new double[][] {{0, 0}, {10, 0}, {0, 10}}, 0.5);
        int[] chosen = new Explainer(byRow(r -> r[0]), blobs.x()).prototypes(3, 2);
        assertThat(Arrays.stream(chosen).mapToLong(i -> blobs.y().toLongArray()[i]).distinct().count()).isEqualTo(3);
        // Leave-one-out of least squares in closed form: x'(X'X)^-1 x_i e_i / (1 - h_i), here for a mean: e_i / (n - 1).
        double[] y = {1, 2, 6, 3}, influence = Explainer.influence(new LinearRegression(), Tensor.of(new double[] {-1, 1, -1, 1}, 4, 1),
                Tensor.of(y), new double[] {-1});
        assertThat(influence).containsExactly(new double[] {-2.5, 0, 2.5, 0}, within(1e-9));
        double[] x = {1, 2}, nothing = {0, 0};
        var sum = new Explainer(byRow(r -> r[0] + r[1]), data);
        assertThat(sum.deletion(x, nothing, new int[] {1, 0}).outputs()).containsExactly(3, 1, 0);
        assertThat(sum.deletion(x, nothing, new int[] {1, 0}).area()).isEqualTo(1.25);
        assertThat(sum.insertion(x, nothing, new int[] {1, 0}).outputs()).containsExactly(0, 2, 3);
    }

    /** Weighted least squares by hand, with the root of exp(-d^2 / width^2) as weights: one column, the rows that the explainer asked for. */
    @Test void limeWeighsAsItsPackageDoes() {
        var asked = new double[1][];
        var data = normal(Rng.of(50), 100, 1).mul(2).compute();
        var explainer = new Explainer(rows -> {
            asked[0] = rows.toDoubleArray();
            return byRow(r -> r[0] * r[0] * r[0]).apply(rows);
        }, data);
        var found = explainer.lime(new double[] {1}, 50, 0.75, Rng.of(51));
        double s = data.std(0).item(), all = 0, mx = 0, my = 0, xy = 0, xx = 0;
        for (int pass = 0; pass < 2; pass++) for (double v : asked[0]) {
            double d = (v - 1) / s, w = Math.sqrt(Math.exp(-d * d / (0.75 * 0.75))), y = v * v * v;
            if (pass == 0) {
                all += w;
                mx += w * v;
                my += w * y;
            } else {
                xy += w * (v - mx / all) * (y - my / all);
                xx += w * (v - mx / all) * (v - mx / all);
            }
        }
        assertThat(found.coefficients()[0]).isCloseTo(xy / xx, within(1e-9));
    }

    @Test void anAnchorThatFixesEveryColumnEnds() {
        var data = Tensor.ones(DType.F64, 20, 2);
        var anchor = new Explainer(byRow(r -> r[0]), data).anchor(new double[] {1, 1}, 0.9999, 0.05, Rng.of(1));
        assertThat(anchor.precision()).isEqualTo(1);
        assertThat(anchor.bounds()).hasSize(2);
    }
}
