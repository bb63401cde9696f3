package lyceum.learn.decomposition;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.linalg.Linalg;
import lyceum.linalg.Qr;
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

class CanonicalCorrelationTest {
    private static final String TOPIC = "cca";
    private static final Golden GOLDEN = Golden.load("golden/cca.json");

    @TestFactory Stream<DynamicTest> plainKeepsTheContract() { return LearnerContract.of(new CanonicalCorrelation()).tests(); }

    @TestFactory Stream<DynamicTest> ridgeKeepsTheContract() { return LearnerContract.of(new CanonicalCorrelation(1, 0.3)).tests(); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void lifeCycleSavingsEqualR() {
        var c = GOLDEN.named("LifeCycleSavings");
        var data = Tensor.of(c.doubles("input.data"), 50, 5);
        var x = data.narrow(1, 1, 2);
        var y = Tensor.concat(1, data.narrow(1, 0, 1), data.narrow(1, 3, 2));
        var model = new CanonicalCorrelation().fit(x, y);
        var gap = Gap.absolute().see("correlations", model.correlations(), new double[] {0.8247966, 0.3652762});
        Evidence.of("gap to the clause's numbers", gap, below(1e-7));
        var exact = Gap.relative().see(c, "expected.correlations", model.correlations());
        // R's scores have length 1 instead of variance 1.
        double[] a = model.xWeights().div(7).toDoubleArray(), b = model.yWeights().div(7).toDoubleArray();
        seeUpToSign(exact, "x", a, c.doubles("expected.x"));
        seeUpToSign(exact, "y", b, c.doubles("expected.y"));
        Evidence.of("relative gap of correlations and weights to cancor", exact, below(1e-11));
    }

    private static void seeUpToSign(Gap gap, String name, double[] ours, double[] theirs) {
        for (int c = 0; c < 2; c++) {
            double sign = Math.signum(ours[c] * theirs[c]);
            for (int i = c; i < ours.length; i += 2) gap.see(name, sign * ours[i], theirs[i]);
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void randomRowsEqualStatsmodels() {
        var r = new Recipe(74400);
        Gap gap = Gap.absolute(), tests = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases("recipe")) {
            int n = c.integer("input.n"), p = c.integer("input.p"), q = c.integer("input.q");
            double[][] z = r.matrix(n, 2), a = r.matrix(2, p), b = r.matrix(2, q), e = r.matrix(n, p), f = r.matrix(n, q);
            double[][] x = new double[n][p], y = new double[n][q];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < p; j++) x[i][j] = (z[i][0] * a[0][j] + z[i][1] * a[1][j] + e[i][j]) * (1 + j) - 4;
                for (int j = 0; j < q; j++) y[i][j] = z[i][0] * b[0][j] + z[i][1] * b[1][j] + 2 * f[i][j] + 3;
            }
            var model = new CanonicalCorrelation().fit(Tensor.of(x), Tensor.of(y));
            gap.see(c, "expected.correlations", model.correlations());
            double[] first = c.doubles("expected.manova");
            var all = model.wilksLambda(0);
            tests.see("F", all.statistic(), first[1]).see("p", all.pValue(), first[3]).see("df", all.degreesOfFreedom(), first[2]);
            if (!c.has("expected.f")) continue;
            double[] stat = c.doubles("expected.f"), pValue = c.doubles("expected.pValue"), df = c.doubles("expected.residualDf");
            for (int j = 0; j < stat.length; j++) {
                var test = model.wilksLambda(j);
                tests.see("F", test.statistic(), stat[j]).see("p", test.pValue(), pValue[j]).see("df", test.degreesOfFreedom(), df[j]);
            }
        }
        Evidence.of("gap of correlations to CanCorr", gap, below(1e-12));
        Evidence.of("gap of Wilks' tests", tests, below(1e-10));
    }

    private record Pair(Tensor x, Tensor y) {}

    private static Pair planted(Rng rng, int n, int p, int q, int shared, double signal) {
        var z = Tensor.randn(rng, DType.F64, n, shared);
        var x = z.matmul(Tensor.randn(rng, DType.F64, shared, p).mul(signal)).add(Tensor.randn(rng, DType.F64, n, p)).compute();
        var y = z.matmul(Tensor.randn(rng, DType.F64, shared, q).mul(signal)).add(Tensor.randn(rng, DType.F64, n, q)).compute();
        return new Pair(x, y);
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void invertibleMapsChangeNothing() {
        double worst = 0, ridged = -1;
        for (int run = 0; run < 50; run++) {
            var rng = Rng.of(run);
            int p = 1 + rng.nextInt(6), q = 1 + rng.nextInt(6);
            var v = planted(rng, 30 + rng.nextInt(50), p, q, 2, 1);
            Tensor mx = Tensor.randn(rng, DType.F64, p, p).add(Tensor.eye(DType.F64, p).mul(0.5)),
                    my = Tensor.randn(rng, DType.F64, q, q).mul(1000);
            double[] before = new CanonicalCorrelation().fit(v.x, v.y).correlations(),
                    after = new CanonicalCorrelation().fit(v.x.matmul(mx).add(5), v.y.matmul(my).sub(100)).correlations(),
                    half = new CanonicalCorrelation().fit(v.x, v.y.matmul(my)).correlations();
            for (int c = 0; c < before.length; c++)
                worst = Math.max(worst, Math.max(Math.abs(after[c] - before[c]), Math.abs(half[c] - before[c])));
            double shrunk = new CanonicalCorrelation(0, 1).fit(v.x, v.y).correlations()[0];
            ridged = Math.max(ridged, shrunk - before[0] * (1 - 1e-6));
        }
        Evidence.of("largest change of a correlation", worst, below(1e-8));
        Evidence.of("largest rise by a ridge", ridged, below(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void variatesAreUncorrelatedExceptPairs() {
        double worst = 0;
        int cases = 0;
        for (int run = 0; run < 50; run++) {
            var rng = Rng.of(100 + run);
            int n = 25 + rng.nextInt(60), p = 1 + rng.nextInt(7), q = 1 + rng.nextInt(7);
            var v = planted(rng, n, p, q, 2, 1);
            // Scales and a mean far from 0.
            var x = v.x.mul(Tensor.rand(rng, DType.F64, p).mul(100).add(1)).add(30).compute();
            var model = new CanonicalCorrelation().fit(x, v.y);
            double[][] both = Tensor.concat(1, model.transform(x), model.yScores(v.y)).toRows();
            int k = model.nOutputs();
            double[] r = model.correlations();
            for (int a = 0; a < 2 * k; a++) {
                for (int b = 0; b <= a; b++) {
                    double covariance = 0;
                    for (double[] row : both) covariance += row[a] * row[b] / (n - 1);
                    double expected = a == b ? 1 : a - b == k ? r[b] : 0;
                    worst = Math.max(worst, Math.abs(covariance - expected));
                    cases++;
                }
            }
        }
        Evidence.of("largest gap of the scores' covariance", worst, below(1e-10));
        Evidence.of("entries compared", cases, atLeast(1000));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void plantedDimensionsAreSelected() {
        int right = 0, more = 0;
        double chance = 0;
        for (int run = 0; run < 100; run++) {
            var v = planted(Rng.of(run), 200, 10, 10, 2, 1);
            var model = new CanonicalCorrelation().fit(v.x, v.y);
            int found = model.significant(0.05);
            chance += model.bartlett(2).pValue() / 100;
            if (found == 2) right++;
            if (found > 2) more++;
        }
        Evidence.of("runs in which 2 dimensions are selected", right, atLeast(90));
        Evidence.of("runs in which more are", more, atMost(10));
        Evidence.of("mean p-value of the test that there are no more", chance, between(0.4, 0.6));
    }

    /** At 60 rows the two laws differ in the fourth digit; another factor or other degrees of freedom would differ in the second. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void bartlettsTestAgreesWithRaos() {
        double worst = 0;
        int tests = 0;
        for (int run = 0; run < 40; run++) {
            var rng = Rng.of(run);
            int p = 1 + rng.nextInt(5), q = 1 + rng.nextInt(5);
            var v = planted(rng, 60, p, q, 1, 0.4);
            var model = new CanonicalCorrelation().fit(v.x, v.y);
            for (int j = 0; j < Math.min(p, q); j++, tests++)
                worst = Math.max(worst, Math.abs(model.bartlett(j).pValue() - model.wilksLambda(j).pValue()));
        }
        Evidence.of("largest gap of the p-values", worst, below(2e-3));
        Evidence.of("tests", tests, atLeast(80));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void tooFewRowsAreWarnedOfAndShuffledOnesShowNoSignal() {
        int warned = 0, ones = 0, refused = 0, quiet = 0;
        double least = 1, ridged = 0, heldOut = 0, small = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(run);
            Tensor x = Tensor.randn(rng, DType.F64, 30, 20), y = Tensor.randn(rng, DType.F64, 30, 20);
            var model = new CanonicalCorrelation().fit(x, y);
            if (model.warning().contains("11 correlations of 1")) warned++;
            for (int c = 0; c < 11; c++) if (model.correlations()[c] > 1 - 1e-10) ones++;
            try {
                model.bartlett(0);
            } catch (IllegalStateException e) {
                refused++;
            }
            least = Math.min(least, new CanonicalCorrelation().permutationPValues(x, y, 99, rng)[0]);
            var ridge = new CanonicalCorrelation(0, 1);
            if (ridge.permutationPValues(x, y, 99, rng)[0] < 0.05) small++;
            ridged = Math.max(ridged, ridge.fit(x, y).correlations()[0]);
            Tensor newX = Tensor.randn(rng, DType.F64, 200, 20), newY = Tensor.randn(rng, DType.F64, 200, 20);
            heldOut += Math.abs(ridge.fit(x, y).heldOut(newX, newY)[0]) / 20;
            if (new CanonicalCorrelation().fit(newX, newY).warning().isEmpty()) quiet++;
        }
        Evidence.of("fits that are warned of", warned, exactly(20));
        Evidence.of("correlations of 1 among unrelated views", ones, exactly(220));
        Evidence.of("tests refused", refused, exactly(20));
        Evidence.of("fits with enough rows that are not", quiet, exactly(20));
        Evidence.of("least p-value by shuffling", least, exactly(1));
        Evidence.of("p-values below 0.05 with a ridge, of 20", small, atMost(4));
        Evidence.of("largest first correlation with a ridge", ridged, below(0.9));
        Evidence.of("mean first correlation in other rows", heldOut, below(0.15));
    }

    @Test void aRealSignalIsFoundByShuffling() {
        var v = planted(Rng.of(3), 40, 6, 5, 1, 1.5);
        assertThat(new CanonicalCorrelation(0, 0.5).permutationPValues(v.x, v.y, 99, Rng.of(1))[0]).isEqualTo(0.01);
    }

    /** With all pairs the prediction is least squares; loadings are correlations. */
    @Test void predictionsAndLoadingsAreThoseOfTheirDefinitions() {
        var v = planted(Rng.of(5), 60, 5, 3, 2, 1);
        var x = v.x.add(7);
        var model = new CanonicalCorrelation().fit(x, v.y);
        var design = Tensor.concat(1, Tensor.ones(DType.F64, 60, 1), x);
        var expected = design.matmul(Qr.of(design).solve(v.y));
        assertThat(model.predict(x).sub(expected).abs().max().item()).isLessThan(1e-10);
        double[][] s = model.transform(x).toRows(), rows = x.toRows();
        double cross = 0, square = 0, mean = 0;
        for (double[] row : rows) mean += row[4] / 60;
        for (int i = 0; i < 60; i++) {
            cross += s[i][1] * (rows[i][4] - mean);
            square += (rows[i][4] - mean) * (rows[i][4] - mean);
        }
        assertThat(model.xLoadings().item(4, 1)).isCloseTo(cross / Math.sqrt(square * 59), within(1e-12));
        assertThat(new CanonicalCorrelation(1, 0).fit(x, v.y).transform(x).shape().toArray()).containsExactly(60, 1);
    }

    /** Ridge correlations are the roots of the shrunk covariances' problem, solved here by a square root. */
    @Test void theRidgeIsThatOfItsDefinition() {
        var v = planted(Rng.of(6), 50, 4, 3, 2, 1);
        double ridge = 0.7;
        Tensor x = v.x.sub(v.x.mean(0)), y = v.y.sub(v.y.mean(0));
        Tensor sxx = x.transpose().matmul(x).div(49).add(Tensor.eye(DType.F64, 4).mul(ridge)),
                syy = y.transpose().matmul(y).div(49).add(Tensor.eye(DType.F64, 3).mul(ridge)), sxy = x.transpose().matmul(y).div(49);
        var product = Linalg.solve(syy, sxy.transpose()).matmul(Linalg.solve(sxx, sxy));
        double squares = 0;
        var model = new CanonicalCorrelation(0, ridge).fit(v.x, v.y);
        for (double r : model.correlations()) squares += r * r;
        assertThat(squares).isCloseTo(product.diagonal().sum().item(), within(1e-12));
        var held = model.xWeights().transpose().matmul(sxx).matmul(model.xWeights());
        assertThat(held.sub(Tensor.eye(DType.F64, 3)).abs().max().item()).isLessThan(1e-10);
    }

    @Test void linearKernelsGiveTheLinearAnswer() {
        var v = planted(Rng.of(7), 40, 5, 4, 2, 1);
        Tensor x = v.x.add(3), fresh = Tensor.randn(Rng.of(8), DType.F64, 6, 5);
        var linear = new CanonicalCorrelation(2, 0.4).fit(x, v.y);
        var kernel = new KernelCanonicalCorrelation(2, 0.4).fit(x.matmul(x.transpose()), v.y.matmul(v.y.transpose()));
        for (int c = 0; c < 2; c++) assertThat(kernel.correlations()[c]).isCloseTo(linear.correlations()[c], within(1e-10));
        Tensor ours = kernel.xScores(fresh.matmul(x.transpose())), expected = linear.transform(fresh);
        assertThat(ours.abs().sub(expected.abs()).abs().max().item()).isLessThan(1e-9);
    }

    @Test void aKernelSeesWhatNoLineDoes() {
        var rng = Rng.of(9);
        var x = Tensor.rand(rng, DType.F64, 100, 1).mul(4).sub(2).compute();
        var y = x.square().add(Tensor.randn(rng, DType.F64, 100, 1).mul(0.1)).compute();
        Tensor kx = x.sub(x.transpose()).square().neg().exp(), ky = y.sub(y.transpose()).square().neg().exp();
        double linear = new CanonicalCorrelation().fit(x, y).correlations()[0];
        double kernel = new KernelCanonicalCorrelation(1, 0.01).fit(kx, ky).correlations()[0];
        assertThat(linear).isLessThan(0.3);
        assertThat(kernel).isGreaterThan(0.9);
    }

    @Test void twoViewsAgreeByOnePlusTheirCorrelation() {
        var v = planted(Rng.of(10), 50, 4, 6, 2, 1);
        double[] r = new CanonicalCorrelation().fit(v.x, v.y).correlations();
        var both = MaximumVariance.fit(List.of(v.x, v.y), 4, 0);
        for (int c = 0; c < 4; c++) assertThat(both.agreements()[c]).isCloseTo(1 + r[c], within(1e-10));
        var third = v.x.narrow(1, 0, 2).add(v.y.narrow(1, 0, 2));
        var three = MaximumVariance.fit(List.of(v.x, v.y, third), 1, 0);
        double sum = 0;
        Tensor[] views = {v.x, v.y, third};
        for (int i = 0; i < 3; i++) sum += three.scores(i, views[i]).square().sum().item();
        assertThat(sum).isCloseTo(three.agreements()[0], within(1e-10));
        assertThat(three.agreements()[0]).isBetween(1.0, 3.0);
    }

    @Test void wrongChoicesAreRefusedInWords() {
        var v = planted(Rng.of(1), 30, 3, 2, 1, 1);
        assertThatThrownBy(() -> new CanonicalCorrelation(3, 0).fit(v.x, v.y)).hasMessageContaining("ranks 3 and 2");
        assertThatThrownBy(() -> new CanonicalCorrelation(0, -1)).hasMessageContaining("ridge is -1.0");
        assertThatThrownBy(() -> new CanonicalCorrelation(0, 1).fit(v.x, v.y).bartlett(0)).hasMessageContaining("permutationPValues");
        assertThatThrownBy(() -> new KernelCanonicalCorrelation(1, 0)).hasMessageContaining("a kernel needs one");
    }
}
