package lyceum.learn.calibration;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.neural.MlpClassifier;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.MlpFit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TemperatureScalingTest {
    private static final String TOPIC = "temperature-scaling";

    /** A class drawn from softmax(z). */
    private static int draw(Rng rng, double[] z) {
        double sum = 0;
        for (double v : z) sum += Math.exp(v);
        double u = rng.nextDouble() * sum, below = Math.exp(z[0]);
        int y = 0;
        while (below < u && y < z.length - 1) below += Math.exp(z[++y]);
        return y;
    }

    private record Drawn(Tensor logits, Tensor truth) {
        static Drawn of(Rng rng, int n, int k, double spread, double factor) {
            var z = new double[n][k];
            var truth = new int[n];
            for (int i = 0; i < n; i++) {
                for (int c = 0; c < k; c++) z[i][c] = spread * rng.nextGaussian();
                truth[i] = draw(rng, z[i]);
                for (int c = 0; c < k; c++) z[i][c] *= factor;
            }
            return new Drawn(Tensor.of(z), Tensor.of(truth));
        }
    }

    /** With logits spread by 2 over 50 classes the standard error of T is 0.7% of it. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void recoversTheFactorOfTheLogits() {
        var gap = Gap.relative();
        double mean = 0;
        for (int seed = 0; seed < 10; seed++) {
            var d = Drawn.of(Rng.of(314 + seed), 5000, 50, 2, 2.5);
            double t = Calibrator.temperature().fit(d.logits, d.truth).temperature();
            gap.see("seed " + seed, t, 2.5);
            mean += t / 10;
        }
        Evidence.of("T over ten seeds, largest distance from 2.5", gap, atMost(0.03));
        Evidence.of("mean T", mean, between(2.485, 2.515));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void temperatureEqualsScipysMinimum() {
        var golden = Golden.load("golden/temperature-scaling.json").named("random");
        double[] expected = golden.doubles("expected.temperatures");
        Gap gap = Gap.relative(), slope = Gap.absolute();
        for (int i = 0; i < expected.length; i++) {
            var r = new Recipe(31400 + i);
            int k = 2 + i % 5, n = 20 + r.below(200);
            int[] truth = r.belows(k, n);
            double scale = 0.3 + 4 * r.uniform();
            var z = new double[n][k];
            for (int row = 0; row < n; row++) for (int c = 0; c < k; c++) z[row][c] = scale * (r.bell() + (truth[row] == c ? 1.2 : 0));
            var w = new double[n];
            for (int row = 0; row < n; row++) w[row] = i % 2 == 1 ? 0.25 + r.uniform() : 1;
            Tensor logits = Tensor.of(z), y = Tensor.of(truth);
            var map = Calibrator.temperature().fit(logits, y, i % 2 == 1 ? Tensor.of(w) : null);
            gap.see("set " + i, map.temperature(), expected[i]);
            // At the optimum the mean logit of the true class is the one that the model expects.
            double[] p = map.apply(logits).toDoubleArray();
            double difference = 0, total = 0;
            for (int row = 0; row < n; row++) {
                difference -= w[row] * z[row][truth[row]];
                total += w[row];
                for (int c = 0; c < k; c++) difference += w[row] * p[row * k + c] * z[row][c];
            }
            slope.see("set " + i, difference / total, 0);
            if (k > 2) continue;
            double[] one = logits.select(1, 1).sub(logits.select(1, 0)).toDoubleArray();
            var single = Calibrator.temperature().fit(Tensor.of(one), y, i % 2 == 1 ? Tensor.of(w) : null);
            gap.see("set " + i + ", one column", single.temperature(), expected[i]);
            assertThat(single.apply(Tensor.of(one)).toDoubleArray()).containsExactly(p, within(1e-12));
        }
        Evidence.of("temperatures of 60 sets less scipy's", gap, atMost(1e-6));
        Evidence.of("expected less true mean logit", slope, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void mostProbableClassStaysOnEveryRow() {
        int rows = 0, changed = 0;
        for (int seed = 0; seed < 40; seed++) {
            int k = 2 + seed % 9;
            var d = Drawn.of(Rng.of(seed), 500, k, 0.1 + seed % 4, Math.pow(2, seed % 7 - 3));
            var map = Calibrator.temperature().fit(d.logits, d.truth);
            double[] p = map.apply(d.logits).toDoubleArray(), z = d.logits.toDoubleArray();
            for (int i = 0; i < 500; i++, rows++) {
                int before = 0, after = 0;
                for (int c = 1; c < k; c++) {
                    if (z[i * k + c] > z[i * k + before]) before = c;
                    if (p[i * k + c] > p[i * k + after]) after = c;
                }
                if (before != after) changed++;
            }
        }
        Evidence.of("rows", rows, exactly(20_000));
        Evidence.of("rows whose most probable class changed", changed, exactly(0));
        // Between rows confidence may change places: the article's A and B.
        double[] a = new double[10], b = new double[10];
        Arrays.fill(a, -20);
        a[0] = 2;
        a[1] = 0;
        b[0] = 4.4;
        double[] one = new TemperatureMap(1, 10).apply(Tensor.of(new double[][] {a, b})).max(1).toDoubleArray();
        double[] two = new TemperatureMap(2, 10).apply(Tensor.of(new double[][] {a, b})).max(1).toDoubleArray();
        assertThat(one).containsExactly(new double[] {0.881, 0.900}, within(5e-4));
        assertThat(two).containsExactly(new double[] {0.731, 0.501}, within(5e-4));
    }

    /** Trained long on 2,000 pictures; T from 2,000 others, errors on 8,000. */
    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void halvesTheErrorOfAnOverfittedNetwork() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var data = Datasets.fashionMnist();
        Tensor x = data.train().flat().x().narrow(0, 0, 2000).to(DType.F32).div(255), y = data.train().y().narrow(0, 0, 2000);
        Tensor other = data.test().flat().x().to(DType.F32).div(255), labels = data.test().y();
        var model = new MlpClassifier(200).withFit(new MlpFit().withRule(new Adam(0.001)).withEpochs(60)).fit(x, y);
        var logits = model.predictProba(other).to(DType.F64).log().clamp(-100, 0);
        Tensor test = logits.narrow(0, 2000, 8000), truth = labels.narrow(0, 2000, 8000);
        var map = Calibrator.temperature().fit(logits.narrow(0, 0, 2000), labels.narrow(0, 0, 2000));
        double before = CalibrationReport.ofTopClass(truth, test.softmax(1)).ece(),
                after = CalibrationReport.ofTopClass(truth, map.apply(test)).ece();
        Evidence.of("accuracy on the training pictures", model.score(x, y), above(0.99));
        Evidence.of("accuracy on others", model.score(other, labels), between(0.78, 0.9));
        Evidence.of("temperature", map.temperature(), above(1.2));
        Evidence.of("expected calibration error before", before, above(0.05));
        Evidence.of("share by which it falls", 1 - after / before, atLeast(0.5));
    }

    @Test void endsAreTakenWhereThereIsNoMinimum() {
        Tensor right = Tensor.of(new double[][] {{2, 0}, {0, 1}}), y = Tensor.of(new int[] {0, 1});
        assertThat(Calibrator.temperature().fit(right, y).temperature()).isEqualTo(1e-3);
        assertThat(Calibrator.temperature().fit(right.neg(), y).temperature()).isEqualTo(1e3);
        assertThat(Calibrator.temperature().fit(Tensor.zeros(DType.F64, 2, 3), y).temperature()).isEqualTo(1e3);
        assertThatThrownBy(() -> new TemperatureMap(0, 2)).hasMessageContaining("temperature is 0.0");
        assertThatThrownBy(() -> new TemperatureMap(1, 2).apply(Tensor.zeros(DType.F64, 2, 3)))
                .hasMessageContaining("scores have 3 columns; the map was fitted to 2");
    }

    /** Logits of each class bent by a factor and a shift of its own are bent back, which one temperature cannot. */
    @Test void vectorScalingMendsEachClass() {
        var d = Drawn.of(Rng.of(8), 20_000, 3, 2, 1);
        var factor = Tensor.of(0.5, 2.0, 1.0);
        var bent = d.logits.sub(Tensor.of(1.0, -1.0, 0.0)).div(factor);
        var map = Calibrator.vector().fit(bent, d.truth);
        assertThat(map.scale()).containsExactly(factor.toDoubleArray(), within(0.12));
        // Shifts less that of class 0: -1 - 1 and 0 - 1.
        assertThat(map.shift()).containsExactly(new double[] {0, -2, -1}, within(0.1));
        var p = map.apply(bent).sub(Calibrator.temperature().fit(d.logits, d.truth).apply(d.logits)).abs().max().item();
        assertThat(p).isLessThan(0.1);
        double[] each = map.apply(bent).toDoubleArray();
        for (int c = 0; c < 3; c++) {
            double plain = 0, scored = 0;
            for (int i = 0; i < 20_000; i++) {
                double residual = each[3 * i + c] - (d.truth.item(i) == c ? 1 : 0);
                plain += residual / 20_000;
                scored += residual * bent.item(i, c) / 20_000;
            }
            assertThat(plain).isCloseTo(0, within(1e-8));
            assertThat(scored).isCloseTo(0, within(1e-8));
        }
        assertThatThrownBy(() -> Calibrator.vector().fit(Tensor.of(1.0, 2.0), Tensor.of(new int[] {0, 1}))).hasMessageContaining("Platt");
    }
}
