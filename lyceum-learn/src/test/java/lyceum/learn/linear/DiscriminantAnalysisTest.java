package lyceum.learn.linear;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.linear.LinearDiscriminantAnalysis.Solver;
import lyceum.linalg.Linalg;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.stats.ShrunkCovariance;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class DiscriminantAnalysisTest {
    private static final String TOPIC = "lda-qda";
    private static final Golden GOLDEN = Golden.load("golden/lda-qda.json");

    @TestFactory Stream<DynamicTest> linearBySvdKeepsTheContract() { return LearnerContract.of(new LinearDiscriminantAnalysis()).tests(); }

    @TestFactory Stream<DynamicTest> linearByLeastSquaresKeepsTheContract() {
        return LearnerContract.of(new LinearDiscriminantAnalysis(new CovarianceShrinkage.Fixed(0.1))).tests();
    }

    @TestFactory Stream<DynamicTest> linearByEigenvectorsKeepsTheContract() {
        return LearnerContract.of(new LinearDiscriminantAnalysis(new CovarianceShrinkage.LedoitWolf()).withSolver(Solver.EIGEN)).tests();
    }

    @TestFactory Stream<DynamicTest> quadraticKeepsTheContract() { return LearnerContract.of(new QuadraticDiscriminantAnalysis()).tests(); }

    @TestFactory Stream<DynamicTest> shrunkQuadraticKeepsTheContract() {
        return LearnerContract.of(new QuadraticDiscriminantAnalysis(new CovarianceShrinkage.Fixed(0.2))).tests();
    }

    private static CovarianceShrinkage shrinkage(Golden c) {
        if (c.isOpen("input.shrinkage")) return new CovarianceShrinkage.None();
        return c.at("input.shrinkage").toString().contains("auto") ? new CovarianceShrinkage.LedoitWolf()
                : new CovarianceShrinkage.Fixed(c.number("input.shrinkage"));
    }

    private static List<Double> priors(Golden c) {
        return c.isOpen("input.priors") ? List.of() : Arrays.stream(c.doubles("input.priors")).boxed().toList();
    }

    private static Dataset data(Golden c) { return c.text("input.data").equals("iris") ? Datasets.iris() : Datasets.wine(); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void linearEqualsScikitLearn() {
        Gap coefficients = Gap.relativeBeyondOne(), probabilities = Gap.absolute(), projections = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : GOLDEN.cases("lda")) {
            var data = data(c);
            boolean pair = c.flag("input.pair");
            int[] kept = IntStream.range(0, data.size()).filter(i -> !pair || data.labels()[i] < 2).toArray();
            Tensor x = data.x().rows(kept), y = data.y().rows(kept);
            var solver = switch (c.text("input.solver")) {
                case "svd" -> Solver.SVD;
                case "lsqr" -> Solver.LEAST_SQUARES;
                default -> Solver.EIGEN;
            };
            var model = new LinearDiscriminantAnalysis(solver, shrinkage(c), priors(c), 0, 1e-4).fit(x, y);
            int[] some = Arrays.stream(c.ints("input.rows")).filter(i -> i < kept.length).toArray();
            Tensor w = model.coefficients(), b = model.intercepts();
            if (pair) {
                w = w.narrow(0, 1, 1).sub(w.narrow(0, 0, 1));
                b = b.narrow(0, 1, 1).sub(b.narrow(0, 0, 1));
                some = new int[0];
            }
            coefficients.see(c, "expected.coefficients", w.toDoubleArray());
            coefficients.see(c, "expected.intercepts", b.toDoubleArray());
            if (!pair) probabilities.see(c, "expected.probabilities", model.predictProba(data.x().rows(some)).toDoubleArray());
            if (!pair && c.has("expected.projection")) {
                seeUpToSign(projections, c, model.transform(data.x().rows(some)).toRows());
                projections.see(c, "expected.explained", model.explainedVarianceRatio());
            }
            cases++;
        }
        Evidence.of("cases", cases, exactly(18));
        Evidence.of("gap of coefficients and intercepts, relative beyond 1", coefficients, below(1e-10));
        Evidence.of("gap of probabilities", probabilities, below(1e-10));
        Evidence.of("gap of projections, up to sign", projections, below(1e-10));
    }

    private static void seeUpToSign(Gap gap, Golden c, double[][] ours) {
        double[][] theirs = c.matrix("expected.projection");
        for (int a = 0; a < theirs[0].length; a++) {
            double sign = Math.signum(ours[0][a] * theirs[0][a]);
            for (int i = 0; i < theirs.length; i++) gap.see(c.text("name") + " projection", sign * ours[i][a], theirs[i][a]);
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void quadraticEqualsScikitLearn() {
        Gap gap = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : GOLDEN.cases("qda")) {
            var data = data(c);
            var model = new QuadraticDiscriminantAnalysis().withPriors(priors(c)).fit(data.x(), data.y());
            var some = data.x().rows(c.ints("input.rows"));
            gap.see(c, "expected.probabilities", model.predictProba(some).toDoubleArray());
            gap.see(c, "expected.decision", model.decisionFunction(some).toDoubleArray());
            gap.see(c, "expected.covariance", model.covariance(1).toDoubleArray());
            cases++;
        }
        Evidence.of("cases", cases, exactly(4));
        Evidence.of("gap to scikit-learn", gap, below(1e-10));
    }

    private static Dataset dataset(double[][] x, long[] y) {
        var features = IntStream.range(0, x[0].length).mapToObj(j -> "x" + j).toList();
        var classes = IntStream.rangeClosed(0, (int) Arrays.stream(y).max().orElseThrow()).mapToObj(c -> "class " + c).toList();
        return new Dataset(Tensor.of(x), Tensor.of(y), features, classes, "drawn");
    }

    /** Normal classes with these means, factors of the covariances and priors. */
    private record World(double[][] means, double[][][] factors, double[] priors) {
        static World of(Rng rng, int k, int p, boolean shared) {
            var means = new double[k][p];
            var factors = new double[k][p][p];
            var priors = new double[k];
            double sum = 0;
            for (int c = 0; c < k; c++) {
                for (int j = 0; j < p; j++) means[c][j] = 0.8 * rng.nextGaussian();
                for (int a = 0; a < p; a++) {
                    for (int b = 0; b < a; b++) factors[c][a][b] = 0.5 * rng.nextGaussian();
                    factors[c][a][a] = 0.5 + rng.nextDouble();
                }
                priors[c] = 1 + rng.nextDouble();
                sum += priors[c];
            }
            for (int c = 0; c < k; c++) {
                priors[c] /= sum;
                if (shared) factors[c] = factors[0];
            }
            return new World(means, factors, priors);
        }

        Dataset draw(Rng rng, int n) {
            int p = means[0].length;
            var x = new double[n][p];
            var y = new long[n];
            var z = new double[p];
            for (int i = 0; i < n; i++) {
                double u = rng.nextDouble();
                int c = 0;
                while (c < priors.length - 1 && u >= priors[c]) u -= priors[c++];
                y[i] = c;
                for (int j = 0; j < p; j++) z[j] = rng.nextGaussian();
                for (int a = 0; a < p; a++) {
                    x[i][a] = means[c][a];
                    for (int b = 0; b <= a; b++) x[i][a] += factors[c][a][b] * z[b];
                }
            }
            return dataset(x, y);
        }

        /** Error of the rule that knows everything, on these rows. */
        double bayesError(Dataset test) {
            int p = means[0].length, wrong = 0;
            var laws = new MultivariateNormal[priors.length];
            for (int c = 0; c < laws.length; c++) {
                var covariance = new double[p][p];
                for (int a = 0; a < p; a++)
                    for (int b = 0; b < p; b++) for (int d = 0; d < p; d++) covariance[a][b] += factors[c][a][d] * factors[c][b][d];
                laws[c] = new MultivariateNormal(means[c], covariance);
            }
            double[][] rows = test.x().toRows();
            var labels = test.labels();
            for (int i = 0; i < rows.length; i++) {
                int best = 0;
                double most = Double.NEGATIVE_INFINITY;
                for (int c = 0; c < laws.length; c++) {
                    double score = laws[c].logDensity(rows[i]) + Math.log(priors[c]);
                    if (score > most) {
                        most = score;
                        best = c;
                    }
                }
                if (best != labels[i]) wrong++;
            }
            return (double) wrong / rows.length;
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void errorIsTheBayesErrorWhereTheModelFits() {
        double linear = 0, quadratic = 0, least = 1, mismatch = 0;
        for (int seed = 0; seed < 5; seed++) {
            var rng = Rng.of(seed);
            int k = 2 + seed % 3, p = 2 + seed % 4;
            World same = World.of(rng, k, p, true), own = World.of(rng, k, p, false);
            Dataset train = same.draw(rng, 20_000), test = same.draw(rng, 20_000), train2 = own.draw(rng, 20_000),
                    test2 = own.draw(rng, 20_000);
            double bayes = same.bayesError(test), bayes2 = own.bayesError(test2);
            linear = Math.max(linear, 1 - new LinearDiscriminantAnalysis().fit(train.x(), train.y()).score(test.x(), test.y()) - bayes);
            quadratic = Math.max(quadratic,
                    1 - new QuadraticDiscriminantAnalysis().fit(train2.x(), train2.y()).score(test2.x(), test2.y()) - bayes2);
            mismatch = Math.max(mismatch,
                    1 - new LinearDiscriminantAnalysis().fit(train2.x(), train2.y()).score(test2.x(), test2.y()) - bayes2);
            least = Math.min(least, Math.min(bayes, bayes2));
        }
        Evidence.of("largest excess of LDA over the Bayes error, shared covariance", linear, below(0.005));
        Evidence.of("largest excess of QDA, own covariances", quadratic, below(0.005));
        Evidence.of("least Bayes error", least, above(0.01));
        Evidence.of("largest excess of LDA, own covariances", mismatch, above(0.02));
    }

    /** Two normal classes at a distance d: the error is Phi(-d / 2), whatever the rule's author. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void errorOfTwoClassesIsTheClosedForm() {
        double worst = 0;
        for (double d : new double[] {0.5, 1, 2, 3}) {
            var world = new World(new double[][] {{0, 0}, {d, 0}}, new double[][][] {{{1, 0}, {0, 2}}, {{1, 0}, {0, 2}}},
                    new double[] {0.5, 0.5});
            var rng = Rng.of(Math.round(10 * d));
            Dataset train = world.draw(rng, 20_000), test = world.draw(rng, 200_000);
            double error = 1 - new LinearDiscriminantAnalysis().fit(train.x(), train.y()).score(test.x(), test.y());
            worst = Math.max(worst, Math.abs(error - new Normal(0, 1).cdf(-d / 2)));
        }
        Evidence.of("largest gap to Phi(-d / 2)", worst, below(0.005));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void quadraticWithEqualCovariancesIsLinear() {
        double worst = 0, spread = 0;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            int p = 1 + rng.nextInt(6), k = 2 + rng.nextInt(3), n = p + 5 + rng.nextInt(30);
            var shape = Tensor.randn(rng, DType.F64, n, p).matmul(Tensor.randn(rng, DType.F64, p, p).add(Tensor.eye(DType.F64, p)));
            var parts = new Tensor[k];
            var y = new long[n * k];
            for (int c = 0; c < k; c++) {
                parts[c] = shape.add(Tensor.randn(rng, DType.F64, p).mul(2));
                Arrays.fill(y, c * n, (c + 1) * n, c);
            }
            var x = Tensor.concat(0, parts);
            var priors = k == 2 ? List.of(0.3, 0.7) : List.<Double>of();
            var grid = Tensor.randn(rng, DType.F64, 200, p).mul(2);
            Tensor linear = new LinearDiscriminantAnalysis().withPriors(priors).withTolerance(1e-12).fit(x, Tensor.of(y))
                    .decisionFunction(grid),
                    quadratic = new QuadraticDiscriminantAnalysis().withPriors(priors).fit(x, Tensor.of(y)).decisionFunction(grid);
            if (k > 2) {
                linear = linear.sub(linear.narrow(1, 0, 1));
                quadratic = quadratic.sub(quadratic.narrow(1, 0, 1));
            }
            worst = Math.max(worst, linear.sub(quadratic).abs().max().item() / Math.max(1, linear.abs().max().item()));
            spread = Math.max(spread, linear.abs().max().item());
        }
        Evidence.of("gap of the differences of scores, relative beyond 1", worst, below(1e-11));
        Evidence.of("largest difference compared", spread, above(1));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void shrinkageBeatsNoneWhereColumnsAreMany() {
        int better = 0, betterThanLeastSquares = 0;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(seed);
            Dataset train = wide(rng, 60), test = wide(rng, 2000);
            var none = new LinearDiscriminantAnalysis();
            double shrunk = new LinearDiscriminantAnalysis(new CovarianceShrinkage.LedoitWolf()).fit(train.x(), train.y()).score(test.x(),
                    test.y());
            if (shrunk > none.fit(train.x(), train.y()).score(test.x(), test.y())) better++;
            if (shrunk > none.withSolver(Solver.LEAST_SQUARES).fit(train.x(), train.y()).score(test.x(), test.y()))
                betterThanLeastSquares++;
        }
        Evidence.of("seeds in which shrinkage beats singular values alone", better, atLeast(9));
        Evidence.of("seeds in which it beats least squares alone", betterThanLeastSquares, atLeast(9));
    }

    /** 100 correlated columns of different scales, of which 10 differ between the two classes. */
    private static Dataset wide(Rng rng, int n) {
        var x = new double[n][100];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            y[i] = i % 2;
            double before = 0;
            for (int j = 0; j < 100; j++) {
                before = 0.5 * before + rng.nextGaussian();
                x[i][j] = (before + (j % 10 == 0 ? 1.2 * y[i] : 0)) * (1 + j % 3);
            }
        }
        return dataset(x, y);
    }

    /** Shrunk covariances by their formulas, and the scores by a solve and a determinant. */
    @Test void shrunkQuadraticScoresAreThoseOfTheirDefinition() {
        var iris = Datasets.iris();
        for (var shrinkage : new CovarianceShrinkage[] {new CovarianceShrinkage.Fixed(0.3), new CovarianceShrinkage.LedoitWolf()}) {
            var model = new QuadraticDiscriminantAnalysis(shrinkage).fit(iris.x(), iris.y());
            var scores = model.decisionFunction(iris.x());
            for (int c = 0; c < 3; c++) {
                int kind = c;
                var rows = iris.x().rows(IntStream.range(0, 150).filter(i -> iris.labels()[i] == kind).toArray());
                Tensor mean = rows.mean(0), centred = rows.sub(mean).compute(), plain = centred.transpose().matmul(centred).div(50);
                var scale = centred.square().mean(0).sqrt();
                var expected = shrinkage instanceof CovarianceShrinkage.Fixed
                        ? plain.mul(0.7).add(Tensor.eye(DType.F64, 4).mul(0.3 * plain.diagonal().mean().item()))
                        : ShrunkCovariance.ledoitWolf(centred.div(scale)).covariance().mul(scale).mul(scale.unsqueeze(1));
                assertThat(model.covariance(c).sub(expected).abs().max().item()).isLessThan(1e-13);
                var all = iris.x().sub(mean);
                var squares = all.mul(Linalg.solve(expected, all.transpose()).transpose()).sum(1);
                var score = squares.add(Linalg.logDet(expected)).mul(-0.5).add(Math.log(1 / 3.0));
                assertThat(scores.select(1, c).sub(score).abs().max().item()).isLessThan(1e-10);
            }
        }
    }

    @Test void wrongChoicesAreRefusedInWords() {
        var iris = Datasets.iris();
        assertThatThrownBy(() -> new LinearDiscriminantAnalysis().withComponents(3).fit(iris.x(), iris.y()))
                .hasMessageContaining("span at most 2");
        assertThatThrownBy(() -> new LinearDiscriminantAnalysis().withShrinkage(new CovarianceShrinkage.LedoitWolf()))
                .hasMessageContaining("take LEAST_SQUARES or EIGEN");
        assertThatThrownBy(() -> new LinearDiscriminantAnalysis().withPriors(List.of(0.5, 0.2))).hasMessageContaining("sum to 0.7");
        assertThatThrownBy(() -> new QuadraticDiscriminantAnalysis().fit(iris.x().narrow(0, 0, 53), iris.y().narrow(0, 0, 53)))
                .hasMessageContaining("class 1 has 3 rows");
        var flat = Tensor.concat(1, iris.x(), iris.x().narrow(1, 0, 1));
        assertThatThrownBy(() -> new LinearDiscriminantAnalysis().withSolver(Solver.EIGEN).fit(flat, iris.y()))
                .hasMessageContaining("singular");
    }
}
