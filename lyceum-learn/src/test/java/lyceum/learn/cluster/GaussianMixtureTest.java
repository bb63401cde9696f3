package lyceum.learn.cluster;

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
import lyceum.learn.cluster.GaussianMixture.Covariance;
import lyceum.learn.cluster.GaussianMixture.Start;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class GaussianMixtureTest {
    private static final String TOPIC = "gmm";

    @TestFactory Stream<DynamicTest> fullKeepsTheContract() { return LearnerContract.of(new GaussianMixture(2)).tests(); }

    @TestFactory Stream<DynamicTest> tiedKeepsTheContract() {
        return LearnerContract.of(new GaussianMixture(3).withCovariance(Covariance.TIED).withStart(new Start.RandomRows())).tests();
    }

    @TestFactory Stream<DynamicTest> givenStartKeepsTheContract() {
        var start = new Start.Given(Tensor.of(new double[] {0.3, 0.7}), Tensor.of(new double[] {3, 0, 0, 3, 0, 3, 0, 0}, 2, 4),
                Tensor.of(new double[] {1, 2}));
        return LearnerContract.of(new GaussianMixture(2).withCovariance(Covariance.SPHERICAL).withStart(start))
                .knownFailure("a constant column does no harm", "the given means have four columns")
                .knownFailure("a column that stands twice does no harm", "the given means have four columns").tests();
    }

    private static Covariance type(String kind) {
        return switch (kind) {
            case "full" -> Covariance.FULL;
            case "tied" -> Covariance.TIED;
            case "diag" -> Covariance.DIAGONAL;
            default -> Covariance.SPHERICAL;
        };
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void irisEqualsScikitLearnFromTheSameStarts() {
        var x = Datasets.iris().x();
        Gap gap = Gap.relativeBeyondOne(), criteria = Gap.relative();
        int cases = 0;
        for (var c : Golden.load("golden/gmm.json").list("cases")) {
            var type = type(c.text("input.kind"));
            long[] shape = Arrays.stream(c.shape("input.covariances")).asLongStream().toArray();
            var start = new Start.Given(Tensor.of(c.doubles("input.weights")), Tensor.of(c.matrix("input.means")),
                    Tensor.of(c.flat("input.covariances")).reshape(shape));
            var model = new GaussianMixture(3, type, start, 1, c.number("input.reg"), c.integer("input.maxIterations"),
                    c.number("input.tol"), 0).fit(x);
            assertThat(Math.abs(model.iterations() - c.integer("expected.iterations"))).as(c.text("name")).isLessThanOrEqualTo(1);
            gap.see(c, "expected.weights", model.weights().toDoubleArray()).see(c, "expected.means", model.means().toDoubleArray())
                    .see(c, "expected.covariances", model.covariances().toDoubleArray()).see(c, "expected.score", model.score(x))
                    .see(c, "expected.score", model.logLikelihood());
            int[] some = {0, 20, 40, 60, 80, 100, 120, 140};
            gap.see(c, "expected.responsibilities", model.responsibilities(x.rows(some)).toDoubleArray());
            criteria.see(c, "expected.bic", model.bic()).see(c, "expected.aic", model.aic());
            cases++;
        }
        Evidence.of("fits compared", cases, exactly(8));
        Evidence.of("largest gap to scikit-learn", gap, below(1e-11));
        Evidence.of("relative gap of AIC and BIC", criteria, below(1e-12));
    }

    /** Three correlated normal clusters that overlap. */
    private static Tensor threeGaussians(Rng rng, int n, double distance) {
        double[][][] factors = {{{1, 0, 0}, {0.6, 0.8, 0}, {0.2, -0.3, 0.5}}, {{0.5, 0, 0}, {-0.4, 1, 0}, {0.1, 0.3, 1}},
                {{1.2, 0, 0}, {0.3, 0.4, 0}, {-0.6, 0.2, 0.7}}};
        double[][] means = {{0, 0, 0}, {distance, 0, 0.5}, {0, distance, -0.5}}, x = new double[n][3];
        for (int i = 0; i < n; i++) {
            double u = rng.nextDouble();
            int c = u < 0.5 ? 0 : u < 0.8 ? 1 : 2;
            double[] z = {rng.nextGaussian(), rng.nextGaussian(), rng.nextGaussian()};
            for (int a = 0; a < 3; a++) {
                x[i][a] = means[c][a];
                for (int b = 0; b <= a; b++) x[i][a] += factors[c][a][b] * z[b];
            }
        }
        return Tensor.of(x);
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void theLikelihoodNeverFallsWithoutRegularisation() {
        var x = threeGaussians(Rng.of(5), 2000, 2.5);
        double fall = 0;
        int finished = 0, singular = 0, steps = 0;
        for (int s = 0; s < 100; s++) {
            var learner = new GaussianMixture(2 + s % 4).withCovariance(Covariance.values()[s / 4 % 4]).withRegularisation(0)
                    .withStart(s % 2 == 0 ? new Start.RandomRows() : new Start.Clusters()).withSeed(s).withTolerance(0)
                    .withMaxIterations(40);
            try {
                double[] history = learner.fit(x).history();
                for (int t = 1; t < history.length; t++) fall = Math.max(fall, history[t - 1] - history[t]);
                steps += history.length - 1;
                finished++;
            } catch (SingularCovarianceException e) {
                singular++;
            }
        }
        Evidence.of("largest fall of the mean log-likelihood", fall, atMost(1e-13));
        Evidence.of("starts that finished or were named singular", finished + singular, exactly(100));
        Evidence.of("starts that finished", finished, atLeast(95));
        Evidence.of("iterations seen", steps, atLeast(3000));
    }

    /** A component that begins on one far row, or on two, keeps nothing else. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void aSingularCovarianceIsNamed() {
        int named = 0;
        for (var type : Covariance.values()) {
            for (int far = 1; far <= 2; far++) {
                if (far == 2 && type != Covariance.FULL || type == Covariance.TIED) continue;
                double[][] rows = threeGaussians(Rng.of(6), 200, 2.5).toRows();
                rows[0] = new double[] {1000, 1000, 1000};
                if (far == 2) rows[1] = new double[] {1001, 1000, 1003};
                var means = Tensor.of(new double[][] {{0, 0, 0}, rows[0]});
                var start = new Start.Given(Tensor.of(new double[] {0.5, 0.5}), means, switch (type) {
                    case FULL -> Tensor.stack(0, Tensor.eye(DType.F64, 3), Tensor.eye(DType.F64, 3));
                    case DIAGONAL -> Tensor.ones(DType.F64, 2, 3);
                    default -> Tensor.ones(DType.F64, 2);
                });
                var learner = new GaussianMixture(2).withCovariance(type).withStart(start).withRegularisation(0).withTolerance(0);
                try {
                    learner.fit(Tensor.of(rows));
                } catch (SingularCovarianceException e) {
                    if (e.getMessage().contains("component 1") && e.getMessage().contains("raise the regularisation of 0.0")) named++;
                }
                assertThat(learner.withRegularisation(1e-3).fit(Tensor.of(rows)).logLikelihood()).isFinite();
            }
        }
        Evidence.of("collapses that are named", named, exactly(4));
        // Rows in a plane have no ellipsoid, one for all or one for each.
        int flat = 0;
        for (int seed = 0; seed < 10; seed++) {
            var plane = threeGaussians(Rng.of(seed), 200, 2.5).matmul(Tensor.of(new double[] {1, 0, 0.3, 0, 1, -0.7, 0, 0, 0}, 3, 3));
            for (var type : new Covariance[] {Covariance.FULL, Covariance.TIED}) {
                try {
                    new GaussianMixture(2).withCovariance(type).withRegularisation(0).fit(plane);
                } catch (SingularCovarianceException e) {
                    flat++;
                }
            }
        }
        Evidence.of("fits to rows in a plane that are named", flat, exactly(20));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void bicFindsThreeComponents() {
        int right = 0;
        for (int s = 0; s < 100; s++) {
            var x = threeGaussians(Rng.of(1000 + s), 300, 8);
            if (new GaussianMixture(1).withSeed(s).withRestarts(2).countByBic(x, 5) == 3) right++;
        }
        Evidence.of("samples of 100 in which BIC takes 3", right, atLeast(95));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void withoutVarianceResponsibilitiesAreKMeans() {
        double worst = 0, soft = 0, centres = 0;
        int rows = 0, differing = 0;
        for (int s = 0; s < 20; s++) {
            var rng = Rng.of(s);
            int k = 2 + rng.nextInt(4), p = 1 + rng.nextInt(4);
            var x = Tensor.randn(rng, DType.F64, 300, p);
            var kmeans = new KMeans(k).withSeed(s).fit(x);
            var weights = Tensor.rand(rng, DType.F64, k).add(0.2);
            weights = weights.div(weights.sum()).compute();
            var sharp = GaussianMixtureModel.of(Covariance.SPHERICAL, weights, kmeans.centres(), Tensor.full(DType.F64, 1e-9, k));
            double[][] r = sharp.responsibilities(x).toRows();
            long[] nearest = kmeans.predict(x).toLongArray(), labels = sharp.predict(x).toLongArray();
            for (int i = 0; i < r.length; i++) {
                worst = Math.max(worst, 1 - r[i][(int) nearest[i]]);
                if (labels[i] != nearest[i]) differing++;
                rows++;
            }
            soft = Math.max(soft, 1 - GaussianMixtureModel.of(Covariance.SPHERICAL, weights, kmeans.centres(), Tensor.full(DType.F64, 1, k))
                    .responsibilities(x).max(1).min().item());
            // One step of EM from there is one step of Lloyd.
            var start = kmeans.centres().add(Tensor.randn(rng, DType.F64, k, p).mul(0.3)).compute();
            var lloyd = KMeans.from(start).withMaxIterations(1).fit(x);
            var em = new GaussianMixture(k, Covariance.SPHERICAL, new Start.Given(weights, start, Tensor.full(DType.F64, 1e-9, k)), 1, 1e-6,
                    1, 0, 0).fit(x);
            if (Arrays.stream(lloyd.masses()).min().orElse(0) > 0)
                centres = Math.max(centres, em.means().sub(lloyd.centres()).abs().max().item());
        }
        Evidence.of("largest share outside the nearest centre", worst, below(1e-9));
        Evidence.of("labels that differ", differing, exactly(0));
        Evidence.of("rows", rows, exactly(6000));
        Evidence.of("gap of means after one step to Lloyd's", centres, below(1e-9));
        Evidence.of("largest shared row at variance 1", soft, atLeast(0.3));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void samplesHaveTheMixturesMoments() {
        double worst = 0;
        int moments = 0, n = 50_000;
        for (var type : Covariance.values()) {
            var model = new GaussianMixture(3).withCovariance(type).fit(threeGaussians(Rng.of(9), 500, 3));
            double[] w = model.weights().toDoubleArray();
            double[][] m = model.means().toRows(), x = model.sample(Rng.of(10 + type.ordinal()), n).toRows();
            double[] mean = new double[3];
            for (int c = 0; c < 3; c++) for (int j = 0; j < 3; j++) mean[j] += w[c] * m[c][j];
            for (int a = 0; a < 3; a++) {
                double[] first = new double[n];
                for (int i = 0; i < n; i++) first[i] = x[i][a] - mean[a];
                worst = Math.max(worst, deviations(first, 0));
                moments++;
                for (int b = 0; b <= a; b++) {
                    double expected = 0;
                    for (int c = 0; c < 3; c++)
                        expected += w[c] * (model.covariance(c).item(a, b) + (m[c][a] - mean[a]) * (m[c][b] - mean[b]));
                    double[] product = new double[n];
                    for (int i = 0; i < n; i++) product[i] = (x[i][a] - mean[a]) * (x[i][b] - mean[b]);
                    worst = Math.max(worst, deviations(product, expected));
                    moments++;
                }
            }
        }
        Evidence.of("moments", moments, exactly(36));
        Evidence.of("largest distance in standard errors", worst, below(4));
    }

    /** How many standard errors the mean is from what is expected. */
    private static double deviations(double[] v, double expected) {
        double mean = Arrays.stream(v).average().orElseThrow(), square = 0;
        for (double one : v) square += (one - mean) * (one - mean) / v.length;
        return Math.abs(mean - expected) / Math.sqrt(square / v.length);
    }

    @Test void parametersAreCountedAsTheArticleSays() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 400, 10);
        int[] expected = {197, 87, 62, 35};
        for (var type : Covariance.values())
            assertThat(new GaussianMixture(3).withCovariance(type).fit(x).parameters()).isEqualTo(expected[type.ordinal()]);
    }

    @Test void weightsCountRows() {
        var x = threeGaussians(Rng.of(3), 60, 3);
        var start = new Start.Given(Tensor.of(new double[] {0.5, 0.5}), x.narrow(0, 0, 2).contiguous(), Tensor.eye(DType.F64, 3));
        var learner = new GaussianMixture(2).withCovariance(Covariance.TIED).withStart(start);
        var weighted = learner.fit(x, Tensor.full(DType.F64, 2, 60));
        var once = learner.fit(x);
        assertThat(weighted.means().sub(once.means()).abs().max().item()).isLessThan(1e-12);
        assertThat(weighted.bic()).isCloseTo(2 * (once.bic() - once.parameters() * Math.log(60)) + once.parameters() * Math.log(120),
                within(1e-8));
    }

    @Test void wrongChoicesAreRefusedInWords() {
        assertThatThrownBy(() -> new GaussianMixture(0)).hasMessageContaining("components is 0");
        assertThatThrownBy(() -> new GaussianMixture(5).fit(Tensor.ones(DType.F64, 3, 2))).hasMessageContaining("x has 3 rows");
        var two = Tensor.of(new double[] {0.5, 0.5});
        assertThatThrownBy(() -> GaussianMixtureModel.of(Covariance.FULL, two, Tensor.ones(DType.F64, 2, 3), Tensor.eye(DType.F64, 3)))
                .hasMessageContaining("[2, 3, 3]");
        assertThatThrownBy(() -> GaussianMixtureModel.of(Covariance.TIED, two, Tensor.ones(DType.F64, 2, 2), Tensor.ones(DType.F64, 2, 2)))
                .hasMessageContaining("not positive definite");
    }
}
