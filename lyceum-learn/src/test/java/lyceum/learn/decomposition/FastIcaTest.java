package lyceum.learn.decomposition;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.learn.decomposition.FastIca.Algorithm;
import lyceum.learn.decomposition.FastIca.Contrast;
import lyceum.prob.Normal;
import lyceum.prob.Quadrature;
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

class FastIcaTest {
    private static final String TOPIC = "ica";

    @TestFactory Stream<DynamicTest> parallelKeepsTheContract() { return LearnerContract.of(new FastIca(2)).tests(); }

    @TestFactory Stream<DynamicTest> deflationKeepsTheContract() {
        return LearnerContract.of(new FastIca(2).withAlgorithm(Algorithm.DEFLATION).withContrast(Contrast.EXP)
                .withStart(new FastIca.Start.Given(Tensor.of(new double[] {1, 0.5, -0.3, 1}, 2, 2)))).tests();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void componentsEqualScikitLearnFromTheSameStart() {
        var r = new Recipe(57000);
        int n = 500;
        double[][] columns = {r.uniforms(n), r.uniforms(n), r.bells(n), r.uniforms(n), r.bells(n)}, sources = new double[n][5];
        for (int i = 0; i < n; i++) {
            double bell = columns[2][i], u = columns[3][i];
            sources[i] = new double[] {columns[0][i] - 0.5, Math.floor(3 * columns[1][i]) - 1, bell * bell * bell / 4, u * u * u,
                    columns[4][i]};
        }
        double[][] mixing = r.matrix(5, 5), start = r.matrix(5, 5);
        var x = Tensor.of(sources).matmul(Tensor.of(mixing).transpose()).add(Tensor.arange(5).to(DType.F64).mul(10)).compute();
        var gap = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : Golden.load("golden/ica.json").list("cases")) {
            int k = c.integer("input.k");
            var model = new FastIca(k).withAlgorithm(Algorithm.valueOf(c.text("input.algorithm").toUpperCase(Locale.ROOT)))
                    .withContrast(Contrast.valueOf(c.text("input.fun").toUpperCase(Locale.ROOT)))
                    .withStart(new FastIca.Start.Given(Tensor.of(start).narrow(0, 0, k).narrow(1, 0, k))).fit(x);
            assertThat(model.iterations()).as(c.text("name")).isEqualTo(c.integer("expected.iterations"));
            double[][] ours = model.unmixing().toRows(), theirs = c.matrix("expected.components"), back = model.mixing().toRows(),
                    expectedBack = c.matrix("expected.mixing"), s = model.transform(x).toRows(), expectedS = c.matrix("expected.sources");
            for (int a = 0; a < k; a++) {
                double sign = 0;
                for (int j = 0; j < 5; j++) sign += ours[a][j] * theirs[a][j];
                sign = Math.signum(sign);
                for (int j = 0; j < 5; j++) {
                    gap.see(c.text("name") + " component", sign * ours[a][j], theirs[a][j]);
                    gap.see(c.text("name") + " mixing", sign * back[j][a], expectedBack[j][a]);
                }
                for (int i = 0; i < 5; i++) gap.see(c.text("name") + " source", sign * s[100 * i][a], expectedS[i][a]);
            }
            gap.see(c, "expected.mean", model.mean().toDoubleArray());
            cases++;
        }
        Evidence.of("cases", cases, atLeast(12));
        Evidence.of("largest gap to scikit-learn, up to sign", gap, below(1e-8));
    }

    /** Of the whitened scores, which have unit variance as the sources of FastICA have. */
    private static double amariOfPca(Tensor x, Tensor mixing) {
        var pca = new Pca(3).fit(x);
        return AmariDistance.of(pca.components().div(pca.explainedVariance().sqrt().unsqueeze(1)), mixing);
    }

    /** Sine, square and sawtooth over 5, 7 and 11 whole periods, each of unit variance. */
    private static Tensor waves(int n) {
        var s = new double[n][3];
        for (int i = 0; i < n; i++) {
            double t = (double) i / n, saw = 11 * t;
            s[i] = new double[] {Math.sin(2 * Math.PI * 5 * t), Math.signum(Math.sin(2 * Math.PI * (7 * t + 1e-9))),
                    2 * (saw - Math.floor(saw)) - 1};
        }
        return Tensor.of(standardised(Tensor.of(s)));
    }

    /** For each wave the largest absolute correlation with a source, each source taken once; the least of them. */
    private static double matched(Tensor waves, Tensor sources) {
        double[][] w = standardised(waves), s = standardised(sources);
        double least = 1;
        var taken = new boolean[3];
        for (int a = 0; a < 3; a++) {
            int best = -1;
            double most = -1;
            for (int b = 0; b < 3; b++) {
                double r = 0;
                for (int i = 0; i < w.length; i++) r += w[i][a] * s[i][b] / w.length;
                if (!taken[b] && Math.abs(r) > most) {
                    most = Math.abs(r);
                    best = b;
                }
            }
            taken[best] = true;
            least = Math.min(least, most);
        }
        return least;
    }

    private static double[][] standardised(Tensor x) {
        var centred = x.sub(x.mean(0));
        return centred.div(centred.square().mean(0).sqrt()).toRows();
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void mixedWavesComeApartWherePrincipalComponentsStayMixed() {
        var waves = waves(2000);
        double correlation = 1, distance = 0, ratio = Double.POSITIVE_INFINITY;
        var pca = new double[20];
        for (int seed = 0; seed < 20; seed++) {
            var mixing = Tensor.randn(Rng.of(seed), DType.F64, 3, 3);
            var x = waves.matmul(mixing.transpose()).compute();
            var model = new FastIca(3).withSeed(100 + seed).fit(x);
            correlation = Math.min(correlation, matched(waves, model.transform(x)));
            double ica = AmariDistance.of(model.unmixing(), mixing);
            pca[seed] = amariOfPca(x, mixing);
            distance = Math.max(distance, ica);
            ratio = Math.min(ratio, pca[seed] / ica);
        }
        Arrays.sort(pca);
        Evidence.of("least matched correlation", correlation, atLeast(0.999));
        Evidence.of("largest Amari distance", distance, below(0.01));
        Evidence.of("median Amari distance of principal components", (pca[9] + pca[10]) / 2, above(0.4));
        Evidence.of("least Amari distance of principal components over that of FastICA", ratio, above(10));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void gaussianSourcesHaveNoOneUnmixing() {
        var mixing = Tensor.randn(Rng.of(77), DType.F64, 3, 3);
        double gaussian = 0, uniform = 0, worst = 0;
        for (int pair = 0; pair < 20; pair++) {
            gaussian += between(mixing, pair, false) / 20;
            double d = between(mixing, pair, true);
            uniform += d / 20;
            worst = Math.max(worst, d);
        }
        Evidence.of("mean Amari distance of two estimates, Gaussian sources", gaussian, above(0.3));
        Evidence.of("the same, uniform sources", uniform, below(0.05));
        Evidence.of("the largest of them", worst, below(0.1));
    }

    private static double between(Tensor mixing, int pair, boolean uniform) {
        var models = new FastIcaModel[2];
        for (int m = 0; m < 2; m++) {
            var rng = Rng.of(1000 + 2 * pair + m);
            var s = uniform ? Tensor.rand(rng, DType.F64, 2000, 3) : Tensor.randn(rng, DType.F64, 2000, 3);
            models[m] = new FastIca(3).withMaxIterations(500).withSeed(2 * pair + m).fit(s.matmul(mixing.transpose()));
        }
        return AmariDistance.of(models[0].unmixing(), models[1].mixing());
    }

    /** A permutation with signs and scales is no distance; equal entries are the largest one; in between a value by hand. */
    @Test void theAmariDistanceIsThatOfItsDefinition() {
        var eye = Tensor.eye(DType.F64, 3);
        assertThat(AmariDistance.of(Tensor.of(new double[] {0, -2, 0, 0, 0, 5, 0.1, 0, 0}, 3, 3), eye)).isZero();
        assertThat(AmariDistance.of(Tensor.ones(DType.F64, 3, 3), eye)).isCloseTo(1, within(1e-15));
        // Rows: 1/2 + 1/4, columns: 1/4 + 1/2; over 4.
        assertThat(AmariDistance.of(Tensor.of(new double[] {2, 1, -1, 4}, 2, 2), Tensor.eye(DType.F64, 2))).isCloseTo(0.375, within(1e-15));
        assertThatThrownBy(() -> AmariDistance.of(Tensor.ones(DType.F64, 2, 3), eye)).hasMessageContaining("(2, 3)");
    }

    @Test void kurtosisAndNegentropyAreThoseOfTheSources() {
        var rng = Rng.of(4);
        var s = Tensor.concat(1, Tensor.rand(rng, DType.F64, 100_000, 1), Tensor.randn(rng, DType.F64, 100_000, 1));
        var x = s.matmul(Tensor.of(new double[] {1, 0.4, -0.7, 1}, 2, 2));
        for (var contrast : Contrast.values()) {
            var model = new FastIca().withContrast(contrast).fit(x);
            int flat = model.kurtosis()[0] < model.kurtosis()[1] ? 0 : 1;
            assertThat(model.kurtosis()[flat]).isCloseTo(-1.2, within(0.02));
            assertThat(model.kurtosis()[1 - flat]).isCloseTo(0, within(0.05));
            assertThat(model.negentropy()[1 - flat]).isLessThan(1e-5);
            assertThat(model.negentropy()[flat]).isGreaterThan(3e-4);
            double[] one = new double[1];
            double mean = Quadrature.expectation(new Normal(0, 1), v -> {
                one[0] = v;
                return contrast.value(Tensor.of(one)).item(0);
            });
            assertThat(contrast.ofNormal()).as(contrast.name()).isCloseTo(mean, within(1e-9));
        }
    }

    @Test void wrongChoicesAreRefusedInWords() {
        var flat = Tensor.rand(Rng.of(1), DType.F64, 30, 2).matmul(Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3));
        assertThatThrownBy(() -> new FastIca(3).fit(flat)).hasMessageContaining("variance in 2 directions");
        assertThat(new FastIca().fit(flat).nOutputs()).isEqualTo(2);
        assertThatThrownBy(() -> new FastIca(-1)).hasMessageContaining("components is -1");
        assertThatThrownBy(() -> new FastIca(3).withStart(new FastIca.Start.Given(Tensor.ones(DType.F64, 2, 2))))
                .hasMessageContaining("the start has shape (2, 2)");
    }
}
