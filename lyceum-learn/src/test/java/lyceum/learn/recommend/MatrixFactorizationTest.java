package lyceum.learn.recommend;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.learn.linear.Ridge;
import lyceum.linalg.Svd;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.Model;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MatrixFactorizationTest {
    private static final String TOPIC = "matrix-factorization";

    /** Known cells of a table, each with this probability. */
    private static Csr some(double[][] table, double share, Rng rng, boolean rest) {
        List<Integer> rows = new ArrayList<>(), columns = new ArrayList<>();
        var values = new ArrayList<Double>();
        for (int i = 0; i < table.length; i++) for (int j = 0; j < table[0].length; j++) if (rng.nextDouble() < share != rest) {
            rows.add(i);
            columns.add(j);
            values.add(table[i][j]);
        }
        return Csr.fromEntries(table.length, table[0].length, rows.stream().mapToInt(v -> v).toArray(),
                columns.stream().mapToInt(v -> v).toArray(), values.stream().mapToDouble(v -> v).toArray());
    }

    private static double[][] normals(Rng rng, int n, int p) { return Tensor.randn(rng, DType.F64, n, p).toRows(); }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    /** The objective by its definition, cell by cell. */
    private static double objective(MatrixFactorization learner, double mean, double[][] table, boolean[][] known, double[][] one,
            double[][] other) {
        int k = learner.factors();
        double sum = 0;
        var counts = new int[2][Math.max(one.length, other.length)];
        for (int i = 0; i < one.length; i++) for (int j = 0; j < other.length; j++) if (known[i][j]) {
            double e = table[i][j] - mean - one[i][k] - other[j][k] - dot(Arrays.copyOf(one[i], k), Arrays.copyOf(other[j], k));
            sum += e * e;
            counts[0][i]++;
            counts[1][j]++;
        }
        for (int i = 0; i < one.length; i++) sum += learner.regularization() * (learner.scaled() ? counts[0][i] : 1) * dot(one[i], one[i]);
        for (int j = 0; j < other.length; j++)
            sum += learner.regularization() * (learner.scaled() ? counts[1][j] : 1) * dot(other[j], other[j]);
        return sum;
    }

    /** Solves as the local engine does and holds every row against {@link Ridge}, every half-step against the one before. */
    private static final class Watched implements AlsEngine {
        final MatrixFactorization learner;
        final Gap gap = Gap.relativeBeyondOne();
        double last = Double.POSITIVE_INFINITY, rise = Double.NEGATIVE_INFINITY;
        int rows, steps;

        Watched(MatrixFactorization learner) { this.learner = learner; }

        @Override public double[][] solve(Csr ratings, AlsStep step) {
            var solved = AlsEngine.LOCAL.solve(ratings, step);
            var s = (AlsStep.Explicit) step;
            int k = learner.factors(), m = (int) ratings.rows();
            var known = new boolean[m][(int) ratings.columns()];
            double[][] table = ratings.toDense().toRows();
            for (int i = 0; i < m; i++) {
                int from = ratings.rowStart(i), n = ratings.rowStart(i + 1) - from;
                if (n == 0) continue;
                var x = new double[n][k + (learner.biased() ? 1 : 0)];
                var y = new double[n];
                for (int e = 0; e < n; e++) {
                    int j = ratings.column(from + e);
                    known[i][j] = true;
                    System.arraycopy(s.fixed()[j], 0, x[e], 0, k);
                    if (learner.biased()) x[e][k] = 1;
                    y[e] = table[i][j] - s.mean() - s.fixed()[j][k];
                }
                double lambda = learner.regularization() * (learner.scaled() ? n : 1);
                var ridge = new Ridge(lambda).withIntercept(false).fit(Tensor.of(x), Tensor.of(y)).coefficients().toDoubleArray();
                gap.see("row " + i + " of half-step " + steps, Arrays.copyOf(solved[i], ridge.length), ridge);
                rows++;
            }
            double now = objective(learner, s.mean(), table, known, solved, s.fixed());
            if (last < Double.POSITIVE_INFINITY) rise = Math.max(rise, (now - last) / last);
            last = now;
            steps++;
            return solved;
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void everyHalfStepIsRidgeAndTheObjectiveNeverRises() {
        double gap = 0, rise = Double.NEGATIVE_INFINITY, drift = 0;
        int rows = 0, steps = 0;
        for (int run = 0; run < 12; run++) {
            var rng = Rng.of(100 + run);
            int m = 15 + rng.nextInt(20), n = 12 + rng.nextInt(15), k = run == 0 ? 0 : 1 + rng.nextInt(6);
            var table = normals(rng, m, n);
            for (var row : table) for (int j = 0; j < n; j++) row[j] = 3 + 2 * row[j];
            var learner = new MatrixFactorization(k).withRegularization(0.05 + rng.nextDouble()).withScaled(run % 3 == 1)
                    .withBiased(k == 0 || run % 4 != 3).withIterations(12).withTolerance(0).withSeed(run);
            var watched = new Watched(learner);
            var model = learner.fit(some(table, 0.5, rng, false), watched, Progress.SILENT);
            gap = Math.max(gap, watched.gap.worst());
            rise = Math.max(rise, watched.rise);
            drift = Math.max(drift, Math.abs(model.history()[24] - watched.last) / watched.last);
            rows += watched.rows;
            steps += watched.steps;
        }
        Evidence.of("rows solved", rows, atLeast(5_000));
        Evidence.of("half-steps", steps, exactly(12 * 24));
        Evidence.of("gap of a row to ridge", gap, below(1e-10));
        Evidence.of("largest relative rise of the objective", rise, atMost(1e-13));
        Evidence.of("gap of the reported objective to its definition", drift, below(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void withoutPenaltyAFullTableLosesWhatTheTruncatedSvdLoses() {
        var gap = Gap.relative();
        for (int k : new int[] {1, 2, 5}) for (int seed = 0; seed < 3; seed++) {
            var table = Tensor.randn(Rng.of(seed), DType.F64, 30, 20);
            var model = new MatrixFactorization(k).withBiased(false).withRegularization(0).withIterations(3000).withTolerance(1e-12)
                    .withSeed(seed).fit(Csr.fromDense(table));
            double[] s = Svd.values(table).toDoubleArray();
            double left = 0, loss = table.sub(model.userFactors().matmul(model.itemFactors().transpose())).square().sum().item();
            for (int i = k; i < s.length; i++) left += s[i] * s[i];
            gap.see("rank " + k + ", table " + seed, loss, left);
        }
        Evidence.of("relative gap of the loss", gap, below(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void plantedFactorsAreFound() {
        var rng = Rng.of(3);
        double[][] p = normals(rng, 500, 5), q = normals(rng, 400, 5), table = new double[500][400];
        for (int u = 0; u < 500; u++)
            for (int i = 0; i < 400; i++) table[u][i] = 3 + dot(p[u], q[i]) / Math.sqrt(5) + 0.1 * rng.nextGaussian();
        Csr seen = some(table, 0.2, Rng.of(4), false), rest = some(table, 0.2, Rng.of(4), true);
        assertThat(seen.entries() + rest.entries()).isEqualTo(200_000);
        Evidence.of("share seen", seen.entries() / 200_000.0, atMost(0.202));
        Evidence.of("test RMSE of ALS", new MatrixFactorization(5).fit(seen).rmse(rest), atMost(0.13));
        Evidence.of("test RMSE of descent", new MatrixFactorization(5).withSolver(MatrixFactorization.Solver.SGD).withRegularization(0.002)
                .withLearningRate(0.03).withIterations(60).fit(seen).rmse(rest), atMost(0.13));
        Evidence.of("test RMSE of the biases alone", new MatrixFactorization(0).fit(seen).rmse(rest), atLeast(0.8));
    }

    @Test void neighboursStandBetweenBiasesAndFactors() {
        var rng = Rng.of(3);
        double[][] p = normals(rng, 120, 2), q = normals(rng, 80, 2), table = new double[120][80];
        for (int u = 0; u < 120; u++) for (int i = 0; i < 80; i++) table[u][i] = 3 + dot(p[u], q[i]) + 0.1 * rng.nextGaussian();
        Csr seen = some(table, 0.4, Rng.of(4), false), rest = some(table, 0.4, Rng.of(4), true);
        double factors = new MatrixFactorization(2).fit(seen).rmse(rest), biases = new MatrixFactorization(0).fit(seen).rmse(rest);
        for (var side : Neighborhood.Side.values())
            assertThat(new Neighborhood(side).fit(seen).rmse(rest)).as(side.name()).isBetween(factors, 0.8 * biases);
    }

    /** Three users: by hand, the second is the first one's only neighbour with a rating of the last item. */
    @Test void aForecastFromOneNeighbourIsItsDeviation() {
        var ratings = Csr.fromEntries(3, 4, new int[] {0, 0, 0, 1, 1, 1, 1, 2}, new int[] {0, 1, 2, 0, 1, 2, 3, 3},
                new double[] {1, 2, 3, 2, 3, 4, 5, 1});
        var model = new Neighborhood(Neighborhood.Side.USERS).withShrinkage(0).fit(ratings);
        assertThat(model.predict(0, 3)).isCloseTo(2 + (5 - 3.5), offset(1e-12));
        var clicks = new Neighborhood(Neighborhood.Side.USERS).withCentred(false).withShrinkage(1).fit(ratings);
        double cosine = (1 * 2 + 2 * 3 + 3 * 4) / Math.sqrt(14.0 * (4 + 9 + 16 + 25));
        assertThat(clicks.predict(0, 3)).isCloseTo(cosine * 3 / 4 * 5, offset(1e-12));
    }

    /** Counts of what was seen by users of four tastes, and what they see later. */
    private record Tastes(Csr train, Csr later) {
        static Tastes drawn(int users, int items, int each, int hidden, Rng rng) {
            List<int[]> now = new ArrayList<>(), then = new ArrayList<>();
            for (int u = 0; u < users; u++) {
                int taste = rng.nextInt(4), got = 0;
                var has = new boolean[items];
                while (got < each) {
                    // Popular items come first in each taste, and some picks are against the grain.
                    int t = rng.nextDouble() < 0.85 ? taste : rng.nextInt(4);
                    int i = t * (items / 4) + (int) (items / 4 * Math.pow(rng.nextDouble(), 1.3));
                    if (has[i]) continue;
                    has[i] = true;
                    (got++ < hidden ? then : now).add(new int[] {u, i, 1 + rng.nextInt(3)});
                }
            }
            return new Tastes(csr(now, users, items), csr(then, users, items));
        }

        private static Csr csr(List<int[]> cells, int users, int items) {
            return Csr.fromEntries(users, items, cells.stream().mapToInt(c -> c[0]).toArray(), cells.stream().mapToInt(c -> c[1]).toArray(),
                    cells.stream().mapToDouble(c -> c[2]).toArray());
        }
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theImplicitObjectiveIsStationary() {
        double worst = 0, drift = 0, move = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 3; seed++) {
            var train = Tastes.drawn(40, 32, 8, 2, Rng.of(seed)).train();
            double alpha = 2 + 3 * seed, lambda = 1 + seed;
            var model = new ImplicitFactorization(4 - seed).withAlpha(alpha).withRegularization(lambda).withTolerance(0)
                    .withIterations(3000).withSeed(seed).fit(train);
            double[][] r = train.toDense().toRows(), p = model.userFactors().toRows(), q = model.itemFactors().toRows();
            double[][] dp = new double[p.length][p[0].length], dq = new double[q.length][q[0].length];
            double sum = 0, norm = 0;
            for (int u = 0; u < p.length; u++) for (int i = 0; i < q.length; i++) {
                double c = 1 + alpha * r[u][i], e = (r[u][i] > 0 ? 1 : 0) - dot(p[u], q[i]);
                sum += c * e * e;
                for (int a = 0; a < p[0].length; a++) {
                    dp[u][a] -= 2 * c * e * q[i][a];
                    dq[i][a] -= 2 * c * e * p[u][a];
                }
            }
            for (double[][][] side : new double[][][][] {{p, dp}, {q, dq}})
                for (int i = 0; i < side[0].length; i++) for (int a = 0; a < p[0].length; a++) {
                    worst = Math.max(worst, Math.abs(side[1][i][a] + 2 * lambda * side[0][i][a]));
                    sum += lambda * side[0][i][a] * side[0][i][a];
                    norm += side[0][i][a] * side[0][i][a];
                }
            drift = Math.max(drift, Math.abs(sum - model.history()[model.history().length - 1]) / sum);
            move = Math.min(move, norm);
        }
        Evidence.of("least squared norm of the factors", move, above(5));
        Evidence.of("largest entry of the gradient, by its definition over all cells", worst, below(1e-8));
        Evidence.of("gap of the reported objective to its definition", drift, below(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void tasteBeatsPopularity() {
        var tastes = Tastes.drawn(300, 200, 25, 5, Rng.of(9));
        double popular = new ItemPopularity().fit(tastes.train).evaluate(tastes.train, tastes.later).recallAt(10);
        double weighted = new ImplicitFactorization(8).withAlpha(5).withRegularization(1).fit(tastes.train)
                .evaluate(tastes.train, tastes.later).recallAt(10);
        double ranked = new BayesianPersonalizedRanking(8).fit(tastes.train).evaluate(tastes.train, tastes.later).recallAt(10);
        double near = new Neighborhood(Neighborhood.Side.ITEMS).withCentred(false).fit(tastes.train).evaluate(tastes.train, tastes.later)
                .recallAt(10);
        Evidence.of("recall@10 of popularity", popular, above(0.03));
        Evidence.of("weighted least squares over popularity", weighted / popular, atLeast(2));
        Evidence.of("Bayesian personalised ranking over popularity", ranked / popular, atLeast(2));
        assertThat(near / popular).isGreaterThan(1.5);
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void foldingInIsRefittingThatUser() {
        Gap explicit = Gap.relativeBeyondOne(), implicit = Gap.relativeBeyondOne(), ridge = Gap.relativeBeyondOne();
        var rng = Rng.of(6);
        var ratings = some(normals(rng, 40, 25), 0.4, rng, false);
        for (boolean scaled : new boolean[] {false, true}) {
            var model = new MatrixFactorization(4).withScaled(scaled).withRegularization(0.3).fit(ratings);
            double[][] q = model.itemRows().toRows();
            for (int u = 0; u < 40; u++) {
                var r = SparseRows.of(ratings);
                double[] folded = model.foldIn(r.columns(u), r.values(u));
                explicit.see("user " + u, folded, model.userRows().select(0, u).toDoubleArray());
                int n = r.columns(u).length;
                var x = new double[n][];
                var y = new double[n];
                for (int e = 0; e < n; e++) {
                    x[e] = q[r.columns(u)[e]].clone();
                    x[e][4] = 1;
                    y[e] = r.values(u)[e] - model.mean() - q[r.columns(u)[e]][4];
                }
                ridge.see("user " + u, folded, new Ridge(0.3 * (scaled ? n : 1)).withIntercept(false).fit(Tensor.of(x), Tensor.of(y))
                        .coefficients().toDoubleArray());
            }
        }
        var seen = Tastes.drawn(30, 24, 8, 2, Rng.of(7)).train();
        var clicks = new ImplicitFactorization(3).withAlpha(4).withRegularization(0.5).fit(seen);
        double[][] q = clicks.itemFactors().toRows();
        for (int u = 0; u < 30; u++) {
            var row = seen.toDense().toRows()[u];
            var r = SparseRows.of(seen);
            double[] folded = clicks.foldIn(r.columns(u), r.values(u));
            implicit.see("user " + u, folded, clicks.userRows().select(0, u).toDoubleArray());
            double[] c = new double[24], s = new double[24];
            for (int i = 0; i < 24; i++) {
                c[i] = 1 + 4 * row[i];
                s[i] = row[i] > 0 ? 1 : 0;
            }
            ridge.see("clicks " + u, Arrays.copyOf(folded, 3),
                    new Ridge(0.5).withIntercept(false).fit(Tensor.of(q), Tensor.of(s), Tensor.of(c)).coefficients().toDoubleArray());
        }
        Evidence.of("gap of a folded user to the fitted one, ratings", explicit, below(1e-10));
        Evidence.of("gap of a folded user to the fitted one, clicks", implicit, below(1e-10));
        Evidence.of("gap of a folded user to ridge on the items", ridge, below(1e-10));
    }

    @Test void aNewItemIsFoldedInAsAUserOfTheTurnedTable() {
        var rng = Rng.of(16);
        var ratings = some(normals(rng, 30, 20), 0.5, rng, false);
        var model = new MatrixFactorization(3).fit(ratings);
        var turned = new MatrixFactorizationModel(model.itemRows(), model.userRows(), model.mean(), model.history(), 1, true,
                model.learner());
        var row = SparseRows.of(ratings.transpose());
        assertThat(model.foldInItem(row.columns(4), row.values(4))).isEqualTo(turned.foldIn(row.columns(4), row.values(4)));
        assertThatThrownBy(() -> model.foldInItem(new int[] {30}, new double[1])).hasMessageContaining("user 30");
    }

    @Test void explanationsSumToTheForecast() {
        var rng = Rng.of(8);
        var ratings = some(normals(rng, 30, 20), 0.5, rng, false);
        var model = new MatrixFactorization(3).fit(ratings);
        var rows = SparseRows.of(ratings);
        double[] parts = model.explain(rows.columns(2), rows.values(2), 7);
        assertThat(Arrays.stream(parts).sum()).isCloseTo(model.predict(2, 7), offset(1e-12));
        // A part is what the value adds, so twice the deviation adds it once more.
        var more = rows.values(2).clone();
        int item = rows.columns(2)[0];
        more[0] += more[0] - model.mean() - model.itemBiases().item(item);
        assertThat(MatrixFactorizationModel.rating(model.mean(), model.foldIn(rows.columns(2), more),
                model.itemRows().select(0, 7).toDoubleArray())).isCloseTo(model.predict(2, 7) + parts[0], offset(1e-12));
        var clicks = new ImplicitFactorization(3).fit(Tastes.drawn(20, 16, 6, 1, rng).train());
        double[] why = clicks.explain(new int[] {1, 5}, new double[] {2, 1}, 3);
        assertThat(why[2]).isCloseTo(0, offset(1e-14));
        assertThat(Arrays.stream(why).sum()).isCloseTo(clicks.scores(clicks.foldIn(new int[] {1, 5}, new double[] {2, 1}))[3],
                offset(1e-12));
    }

    @Test void recommendationsLeaveOutWhatIsKnown() {
        var tastes = Tastes.drawn(30, 24, 8, 2, Rng.of(1));
        var model = new ItemPopularity().fit(tastes.train);
        int[] all = model.recommend(3, 100, tastes.train);
        assertThat(all).hasSize(24 - tastes.train.rows(3).entries()).doesNotHaveDuplicates();
        for (int i : all) assertThat(SparseRows.of(tastes.train).has(3, i)).isFalse();
        for (int i = 1; i < all.length; i++) assertThat(model.counts()[all[i]]).isLessThanOrEqualTo(model.counts()[all[i - 1]]);
        assertThat(model.recommend(3, 2, null)).hasSize(2);
    }

    @Test void modelsAreSaved(@TempDir Path folder) {
        var tastes = Tastes.drawn(30, 24, 8, 2, Rng.of(1));
        var models = new Recommender[] {new MatrixFactorization(2).fit(tastes.train), new ImplicitFactorization(2).fit(tastes.train),
                new BayesianPersonalizedRanking(2).fit(tastes.train), new Neighborhood(Neighborhood.Side.USERS).fit(tastes.train),
                new ItemPopularity().fit(tastes.train)};
        for (var model : models) {
            model.save(folder.resolve("model"));
            assertThat(Model.load(folder.resolve("model"), model.getClass()).scores(5)).isEqualTo(model.scores(5));
        }
    }

    @Test void descentTellsTheObjectiveThatItLowers() {
        // one user, three items: before the first pass by hand, the penalty once a rating
        var ratings = Csr.fromDense(Tensor.of(new double[][] {{5, 3, 4}}));
        var learner = new MatrixFactorization(2).withBiased(false).withSolver(MatrixFactorization.Solver.SGD).withRegularization(0.5)
                .withIterations(1).withLearningRate(1e-300).withSeed(3);
        var model = learner.fit(ratings);
        double[] user = model.userRows().toRows()[0];
        double expected = 0;
        for (int i = 0; i < 3; i++) {
            double[] item = model.itemRows().toRows()[i];
            double error = new double[] {5, 3, 4}[i] - dot(user, item);
            expected += error * error + 0.5 * (dot(user, user) + dot(item, item));
        }
        assertThat(model.history()[0]).isCloseTo(expected, offset(1e-12));
    }

    @Test void badInputIsRefused() {
        var ratings = Csr.fromDense(Tensor.of(new double[][] {{5, 3, 0}, {0, 1, 4}}));
        var bad = Csr.fromDense(Tensor.of(new double[][] {{Double.NaN, 1}}));
        assertThatThrownBy(() -> new MatrixFactorization(2).fit(bad)).hasMessageContaining("a rating is NaN");
        assertThatThrownBy(() -> new ImplicitFactorization(2).fit(Csr.fromDense(Tensor.of(new double[][] {{-1, 1}}))))
                .hasMessageContaining("-1");
        assertThatThrownBy(() -> new MatrixFactorization(-1)).hasMessageContaining("factors is -1");
        assertThatThrownBy(() -> new MatrixFactorization(0).withBiased(false)).hasMessageContaining("neither");
        assertThatThrownBy(() -> new ImplicitFactorization(1).withAlpha(0)).hasMessageContaining("alpha");
        assertThatThrownBy(() -> new MatrixFactorization(3).withRegularization(0).fit(ratings)).hasMessageContaining("make it positive");
        assertThatThrownBy(() -> new MatrixFactorization(1).withSolver(MatrixFactorization.Solver.SGD).withLearningRate(100).fit(ratings))
                .hasMessageContaining("diverged");
        var model = new MatrixFactorization(1).fit(ratings);
        assertThatThrownBy(() -> model.predict(2, 0)).isInstanceOf(IndexOutOfBoundsException.class).hasMessageContaining("user 2");
        assertThatThrownBy(() -> model.foldIn(new int[] {0}, new double[2])).hasMessageContaining("1 items but 2 values");
        assertThatThrownBy(() -> model.evaluate(ratings, bad)).hasMessageContaining("2 users and 3 items");
        var ranked = new BayesianPersonalizedRanking(1).fit(ratings);
        assertThatThrownBy(() -> ranked.foldIn(new int[] {0}, new double[1])).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> new MatrixFactorization(1).fit(ratings, AlsEngine.LOCAL, Progress.SILENT.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
    }
}
