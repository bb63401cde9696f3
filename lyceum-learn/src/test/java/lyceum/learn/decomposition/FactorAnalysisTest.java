package lyceum.learn.decomposition;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.decomposition.FactorAnalysis.Method;
import lyceum.linalg.Eigen;
import lyceum.linalg.Linalg;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class FactorAnalysisTest {
    private static final String TOPIC = "factor-analysis";
    private static final Golden GOLDEN = Golden.load("golden/factor-analysis.json");

    @TestFactory Stream<DynamicTest> quasiNewtonKeepsTheContract() {
        return LearnerContract.of(new FactorAnalysis(1)).withTolerance(1e-5).tests();
    }

    @TestFactory Stream<DynamicTest> emKeepsTheContract() {
        return LearnerContract.of(new FactorAnalysis(1).withMethod(Method.EM).withTolerance(1e-10)).withTolerance(1e-3).tests();
    }

    /** The rows of the golden file's three cases. */
    private static Tensor[] recipeRows() {
        var r = new Recipe(74100);
        int[][] sizes = {{200, 8, 1}, {200, 8, 2}, {300, 12, 3}};
        var out = new Tensor[3];
        for (int c = 0; c < 3; c++) {
            int n = sizes[c][0], p = sizes[c][1], k = sizes[c][2];
            double[][] f = r.matrix(n, k), w = r.matrix(k, p);
            double[] s = r.uniforms(p);
            double[][] e = r.matrix(n, p), x = new double[n][p];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < p; j++) {
                    for (int a = 0; a < k; a++) x[i][j] += f[i][a] * (w[a][j] + Math.signum(w[a][j]));
                    x[i][j] = (x[i][j] + e[i][j] * (s[j] + 0.5)) * (1 + 3 * j) + 7;
                }
            }
            out[c] = Tensor.of(x);
        }
        return out;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void likelihoodEqualsScikitLearn() {
        Gap gap = Gap.relativeBeyondOne(), covariance = Gap.relative(), byEm = Gap.relativeBeyondOne();
        var rows = recipeRows();
        int at = 0;
        for (var c : GOLDEN.cases("recipe")) {
            var learner = new FactorAnalysis(c.integer("input.k"));
            var model = learner.fit(rows[at]);
            gap.see(c, "expected.logLikelihood", model.logLikelihood());
            gap.see(c, "expected.logLikelihood", model.score(rows[at]));
            covariance.see(c, "expected.covariance", model.covariance().toDoubleArray());
            byEm.see(c, "expected.logLikelihood",
                    learner.withMethod(Method.EM).withTolerance(1e-11).withMaxIterations(5000).fit(rows[at]).score(rows[at]));
            at++;
        }
        Evidence.of("gap of the mean log-likelihood per row", gap, below(1e-11));
        Evidence.of("relative gap of the covariance", covariance, below(1e-4));
        Evidence.of("gap of EM's log-likelihood", byEm, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void uniquenessesAndChiSquareEqualFactanal() {
        Gap uniquenesses = Gap.absolute(), statistic = Gap.absolute(), loadings = Gap.absolute();
        for (var c : GOLDEN.cases("ability")) {
            var covariance = Tensor.of(c.doubles("input.covariance"), 6, 6);
            var model = new FactorAnalysis(c.integer("input.k")).fitCovariance(covariance, c.number("input.rows"));
            double[] deviations = covariance.diagonal().sqrt().toDoubleArray();
            uniquenesses.see(c, "expected.uniquenesses", model.uniquenesses().div(covariance.diagonal()).toDoubleArray());
            uniquenesses.see(c, "expected.uniquenesses", model.communalities().neg().add(1).toDoubleArray());
            var fit = model.goodnessOfFit();
            statistic.see(c, "expected.statistic", fit.statistic());
            statistic.see(c, "expected.pValue", fit.pValue());
            assertThat(fit.degreesOfFreedom()).isEqualTo(c.number("expected.dof"));
            var standard = model.loadings().div(Tensor.of(deviations).unsqueeze(1)).compute();
            see(loadings, standard, c, "expected.loadings");
            if (c.integer("input.k") == 1) continue;
            assertThat(fit.statistic()).isBetween(6.09, 6.13);
            see(loadings, FactorRotation.varimax(standard).loadings(), c, "expected.varimax");
            see(loadings, FactorRotation.varimax(standard, false).loadings(), c, "expected.raw");
            see(loadings, FactorRotation.promax(standard).loadings(), c, "expected.promax");
        }
        Evidence.of("gap of uniquenesses to factanal", uniquenesses, below(1e-6));
        Evidence.of("gap of the chi-square and its p-value", statistic, below(1e-10));
        Evidence.of("gap of loadings, varimax and promax", loadings, below(1e-5));
    }

    /** Columns up to order and sign. */
    private static void see(Gap gap, Tensor loadings, Golden c, String path) {
        double[] flat = c.doubles(path);
        int p = (int) loadings.size(0), k = (int) loadings.size(1);
        double[][] ours = loadings.toRows();
        for (int a = 0; a < k; a++) {
            double least = Double.POSITIVE_INFINITY;
            for (int b = 0; b < k; b++) {
                for (int sign = -1; sign <= 1; sign += 2) {
                    double worst = 0;
                    for (int j = 0; j < p; j++) worst = Math.max(worst, Math.abs(sign * ours[j][b] - flat[j * k + a]));
                    least = Math.min(least, worst);
                }
            }
            gap.see(path, least, 0);
        }
    }

    private static Tensor planted(Rng rng, int n, int p, int k, double low, double high) {
        var noise = Tensor.rand(rng, DType.F64, p).mul(high - low).add(low);
        return Tensor.randn(rng, DType.F64, n, k).matmul(Tensor.randn(rng, DType.F64, k, p))
                .add(Tensor.randn(rng, DType.F64, n, p).mul(noise)).compute();
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void emNeverLowersTheLikelihood() {
        double fall = 0;
        int steps = 0, missing = 0;
        for (int run = 0; run < 60; run++) {
            var rng = Rng.of(run);
            int n = 20 + rng.nextInt(60), p = 3 + rng.nextInt(6), k = 1 + rng.nextInt(p - 1);
            double[] x = planted(rng, n, p, k, 0.1, 2).toDoubleArray();
            if (run % 2 == 1) for (int i = 0; i < x.length; i++) if (rng.nextDouble() < 0.2) x[i] = Double.NaN;
            for (double v : x) if (Double.isNaN(v)) missing++;
            var weights = run % 3 == 0 ? Tensor.rand(rng, DType.F64, n) : null;
            double[] history = new FactorAnalysis(k).withMethod(Method.EM).withTied(run % 5 == 0).withMaxIterations(100).withTolerance(0)
                    .fit(Tensor.of(x, n, p), weights).history();
            for (int t = 1; t < history.length; t++) fall = Math.max(fall, history[t - 1] - history[t]);
            steps += history.length;
        }
        Evidence.of("largest fall of the mean log-likelihood", fall, atMost(1e-12));
        Evidence.of("steps seen", steps, atLeast(4000));
        Evidence.of("missing values", missing, atLeast(1000));
    }

    /** The largest angle between the column spaces, in radians. */
    private static double angle(Tensor a, Tensor b) {
        var s = Svd.values(Qr.of(a).q().transpose().matmul(Qr.of(b).q())).toDoubleArray();
        return Math.acos(Math.min(1, s[s.length - 1]));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void plantedCovarianceIsRecoveredWherePcaIsFooled() {
        double worst = 0, ratio = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            int p = 8 + rng.nextInt(5), k = 1 + rng.nextInt(3);
            var w = Tensor.randn(rng, DType.F64, p, k);
            var noise = Tensor.rand(rng, DType.F64, p).mul(2.5).add(0.5);
            var x = Tensor.randn(rng, DType.F64, 5000, k).matmul(w.transpose()).add(Tensor.randn(rng, DType.F64, 5000, p).mul(noise));
            var model = new FactorAnalysis(k).fit(x);
            var truth = w.matmul(w.transpose()).add(Tensor.eye(DType.F64, p).mul(noise.square()));
            worst = Math.max(worst, model.covariance().sub(truth).square().sum().sqrt().item() / truth.square().sum().sqrt().item());
            ratio = Math.min(ratio, angle(new Pca(k).fit(x).components().transpose(), w) / angle(model.loadings(), w));
        }
        Evidence.of("largest relative error of the covariance", worst, below(0.05));
        Evidence.of("least ratio of PCA's angle to factor analysis's", ratio, atLeast(2));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void rotationLeavesTheCovariance() {
        double worst = 0, moved = Double.POSITIVE_INFINITY;
        int cases = 0;
        for (int seed = 0; seed < 20; seed++) {
            var x = planted(Rng.of(seed), 100, 8, 3, 0.3, 1.5);
            var model = new FactorAnalysis(2 + seed % 2).fit(x);
            var before = model.covariance();
            double scale = before.abs().max().item();
            FactorRotation[] rotations = {FactorRotation.varimax(model.loadings()), FactorRotation.varimax(model.loadings(), false),
                    FactorRotation.promax(model.loadings()), FactorRotation.promax(model.loadings(), 2)};
            for (var rotation : rotations) {
                var rotated = model.rotate(rotation);
                worst = Math.max(worst, rotated.covariance().sub(before).abs().max().item() / scale);
                worst = Math.max(worst, Math.abs(rotated.score(x) - model.score(x)));
                var back = rotation.rotation().matmul(rotation.factorCorrelation()).matmul(rotation.rotation().transpose());
                worst = Math.max(worst, back.sub(Tensor.eye(DType.F64, 2 + seed % 2)).abs().max().item());
                moved = Math.min(moved, rotated.loadings().sub(model.loadings()).abs().max().item());
                cases++;
            }
        }
        Evidence.of("largest change of the covariance", worst, below(1e-12));
        Evidence.of("least change of the loadings", moved, atLeast(1e-3));
        Evidence.of("rotations", cases, exactly(80));
    }

    /** Tipping and Bishop (1999): the noise is the mean of the left-out eigenvalues. */
    private static Tensor closedForm(Tensor covariance, int k) {
        var eigen = Eigen.symmetric(covariance);
        double[] values = eigen.values().toDoubleArray();
        double noise = Arrays.stream(values, 0, values.length - k).average().orElseThrow(), limit = values[values.length - k] * (1 - 1e-12);
        return eigen.function(v -> v >= limit ? v : noise);
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void anExactCovarianceGivesProbabilisticPcaBack() {
        double loadings = 0, noise = 0;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(seed);
            int p = 6 + rng.nextInt(5), k = 1 + rng.nextInt(2);
            double s2 = 0.3 + rng.nextDouble();
            var w = Tensor.randn(rng, DType.F64, p, k);
            var ww = w.matmul(w.transpose()).compute();
            var model = new FactorAnalysis(k).fitCovariance(ww.add(Tensor.eye(DType.F64, p).mul(s2)), 1000);
            loadings = Math.max(loadings, model.loadings().matmul(model.loadings().transpose()).sub(ww).abs().max().item());
            noise = Math.max(noise, model.uniquenesses().sub(s2).abs().max().item());
        }
        Evidence.of("gap of W W'", loadings, below(1e-6));
        Evidence.of("gap of the noise", noise, below(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theTiedFitIsProbabilisticPca() {
        double worst = 0, em = 0;
        Tensor[] data = {Datasets.iris().x(), Datasets.wine().x(), planted(Rng.of(3), 80, 6, 2, 0.2, 2),
                planted(Rng.of(4), 60, 9, 3, 1, 3)};
        for (var x : data) {
            var centred = x.sub(x.mean(0));
            var covariance = centred.transpose().matmul(centred).div(x.size(0)).compute();
            double scale = covariance.abs().max().item();
            for (int k = 1; k < Math.min(4, x.size(1)); k++) {
                var expected = closedForm(covariance, k);
                var learner = new FactorAnalysis(k).withTied(true);
                worst = Math.max(worst, learner.fit(x).covariance().sub(expected).abs().max().item() / scale);
                var byEm = learner.withMethod(Method.EM).withTolerance(0).withMaxIterations(3000).fit(x);
                em = Math.max(em, byEm.covariance().sub(expected).abs().max().item() / scale);
            }
        }
        Evidence.of("gap of the covariance over its largest entry", worst, below(1e-8));
        Evidence.of("the same by EM", em, below(1e-8));
    }

    /** Two columns that nearly copy each other claim to be measured without error; their uniquenesses stop at the bound. */
    @Test void aHeywoodCaseSitsOnItsBound() {
        var rng = Rng.of(12);
        var factor = Tensor.randn(rng, DType.F64, 300, 1);
        var noise = Tensor.randn(rng, DType.F64, 300, 4).mul(Tensor.of(new double[] {0.01, 0.01, 1, 1}));
        var x = factor.add(noise).compute();
        var variance = x.sub(x.mean(0)).square().mean(0);
        for (double least : new double[] {0.005, 0.02}) {
            var shares = new FactorAnalysis(1).withLeastUniqueness(least).fit(x).uniquenesses().div(variance).toDoubleArray();
            assertThat(Arrays.copyOf(shares, 2)).containsExactly(new double[] {least, least}, within(1e-12));
            for (int j = 2; j < 4; j++) assertThat(shares[j]).isBetween(0.4, 0.6);
        }
        assertThat(new FactorAnalysis(1).leastUniqueness()).isEqualTo(0.005);
    }

    @Test void scoresAreThoseOfTheirDefinitions() {
        var x = planted(Rng.of(8), 50, 7, 2, 0.3, 1);
        for (var model : new FactorModel[] {new FactorAnalysis(2).fit(x), oblique(new FactorAnalysis(2).fit(x))}) {
            var centred = x.sub(model.mean()).transpose();
            var cross = model.factorCorrelation().matmul(model.loadings().transpose());
            var expected = cross.matmul(Linalg.solve(model.covariance(), centred)).transpose();
            assertThat(model.transform(x).sub(expected).abs().max().item()).isLessThan(1e-10);
            var precision = model.loadings().div(model.uniquenesses().unsqueeze(1)).transpose();
            var residual = precision.matmul(centred.sub(model.loadings().matmul(model.bartlettScores(x).transpose())));
            assertThat(residual.abs().max().item()).isLessThan(1e-9);
            double two = 2 * Math.PI, logDet = Linalg.logDet(model.covariance()).item();
            double quadratic = centred.mul(Linalg.solve(model.covariance(), centred)).sum().item() / 50;
            assertThat(model.score(x)).isCloseTo(-0.5 * (7 * Math.log(two) + logDet + quadratic), within(1e-9));
        }
    }

    /** Where all columns are as noisy as each other, the model that says so wins, by what it has fewer. */
    @Test void bicCountsTheNoiseOfATiedFitOnce() {
        var x = planted(Rng.of(2), 2000, 7, 2, 1, 1);
        FactorModel tied = new FactorAnalysis(2).withTied(true).fit(x), own = new FactorAnalysis(2).fit(x),
                byEm = new FactorAnalysis(2).withTied(true).withMethod(Method.EM).fit(x);
        assertThat(tied.parameters()).isEqualTo(byEm.parameters()).isEqualTo(7 + 13 + 1);
        assertThat(own.parameters()).isEqualTo(7 + 13 + 7);
        assertThat(own.bic() - tied.bic()).isBetween(0.0, 6 * Math.log(2000));
        double mean = 0;
        for (int run = 0; run < 100; run++) {
            var fit = new FactorAnalysis(2).withTied(true).fit(planted(Rng.of(run), 400, 7, 2, 1, 1)).goodnessOfFit();
            assertThat(fit.degreesOfFreedom()).isEqualTo(28 - 13 - 1);
            mean += fit.pValue() / 100;
        }
        assertThat(mean).isBetween(0.4, 0.6);
        assertThat(tied.bic()).isCloseTo(-4000 * tied.score(x) + 21 * Math.log(2000), within(1e-6));
    }

    @Test void samplesHaveTheImpliedCovariance() {
        var model = new FactorAnalysis(2).fit(planted(Rng.of(8), 50, 7, 2, 0.3, 2).add(5));
        for (var each : new FactorModel[] {model, oblique(model)}) {
            var x = each.sample(Rng.of(1), 50_000);
            var centred = x.sub(each.mean());
            var deviations = each.covariance().diagonal().sqrt();
            var gap = centred.transpose().matmul(centred).div(50_000).sub(each.covariance()).div(deviations).div(deviations.unsqueeze(1));
            // Five standard errors of a variance.
            assertThat(gap.abs().max().item()).isLessThan(5 * Math.sqrt(2 / 50_000.0));
            assertThat(centred.mean(0).div(deviations).abs().max().item()).isLessThan(5 / Math.sqrt(50_000));
        }
    }

    private static FactorModel oblique(FactorModel model) { return model.rotate(FactorRotation.promax(model.loadings())); }

    @Test void theNumberOfFactorsIsFound() {
        int bic = 0, parallel = 0;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(seed);
            var w = Tensor.rand(rng, DType.F64, 3, 12).add(0.5).mul(Tensor.randn(rng, DType.F64, 3, 12).sign());
            var x = Tensor.randn(rng, DType.F64, 400, 3).matmul(w).add(Tensor.randn(rng, DType.F64, 400, 12)).compute();
            if (new FactorAnalysis(1).countByBic(x, 6) == 3) bic++;
            if (FactorAnalysis.countByParallelAnalysis(x, 30, 0.95, Rng.of(seed)) == 3) parallel++;
        }
        assertThat(bic).isGreaterThanOrEqualTo(9);
        assertThat(parallel).isGreaterThanOrEqualTo(9);
        var noise = Tensor.randn(Rng.of(9), DType.F64, 200, 8);
        assertThat(FactorAnalysis.countByParallelAnalysis(noise, 50, 0.95, Rng.of(1))).isLessThanOrEqualTo(1);
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new FactorAnalysis(3).fit(Tensor.ones(DType.F64, 9, 3))).hasMessageContaining("x has 3 columns");
        assertThatThrownBy(() -> new FactorAnalysis(0)).hasMessageContaining("factors is 0");
        assertThatThrownBy(() -> new FactorAnalysis(1).countByBic(Tensor.ones(DType.F64, 9, 3), 0)).hasMessageContaining("most is 0");
        var x = planted(Rng.of(1), 30, 4, 1, 0.5, 1);
        assertThatThrownBy(() -> new FactorAnalysis(2).fit(x).goodnessOfFit()).hasMessageContaining("leave -1 degrees");
        assertThatThrownBy(() -> new FactorAnalysis(1).withMethod(Method.EM).fit(x).goodnessOfFit()).hasMessageContaining("QUASI_NEWTON");
    }
}
