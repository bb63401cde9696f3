package lyceum.models.generative;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Datasets;
import lyceum.models.generative.GenerativeMetrics.Moments;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class GenerativeMetricsTest {

    private static Tensor normal(long seed, int n, int d) { return Tensor.randn(Rng.of(seed), DType.F64, n, d).compute(); }

    @Acceptance(topic = "generative-metrics", clause = 1)
    @Test void theFrechetDistanceIsTheClosedFormAndScipys() {
        // Covariances that commute: the roots are by coordinate. And two by two: tr sqrt(M) = sqrt(tr M + 2 sqrt(det M)).
        Gap closed = Gap.absolute(), scipy = Gap.absolute();
        for (int seed = 1; seed <= 20; seed++) {
            var rng = Rng.of(seed);
            int d = 1 + rng.nextInt(6);
            double[] m1 = new double[d], m2 = new double[d];
            double[][] s1 = new double[d][d], s2 = new double[d][d];
            double expected = 0;
            for (int i = 0; i < d; i++) {
                double a = rng.nextDouble() * 3, b = rng.nextDouble() * 3;
                m1[i] = rng.nextGaussian();
                m2[i] = rng.nextGaussian();
                s1[i][i] = a * a;
                s2[i][i] = b * b;
                expected += (m1[i] - m2[i]) * (m1[i] - m2[i]) + (a - b) * (a - b);
            }
            closed.see("diagonal", GenerativeMetrics.frechet(new Moments(m1, s1), new Moments(m2, s2)), expected);
            double[][] p = plane(rng), q = plane(rng);
            double trace = p[0][0] * q[0][0] + 2 * p[0][1] * q[0][1] + p[1][1] * q[1][1];
            double det = (p[0][0] * p[1][1] - p[0][1] * p[0][1]) * (q[0][0] * q[1][1] - q[0][1] * q[0][1]);
            double plain = p[0][0] + p[1][1] + q[0][0] + q[1][1] - 2 * Math.sqrt(trace + 2 * Math.sqrt(det));
            closed.see("plane", GenerativeMetrics.frechet(new Moments(new double[2], p), new Moments(new double[2], q)), plain);
        }
        for (var c : Golden.load("golden/generative-metrics.json").cases("frechet")) {
            var r = new Recipe((long) c.number("input.seed"));
            int d = c.integer("input.d"), n = c.integer("input.samples");
            Tensor a = Tensor.of(r.bells(n * d), n, d), b = Tensor.of(r.bells(n * d), n, d).mul(1.5);
            double[] m1 = r.bells(d), m2 = r.bells(d);
            double[][] s1 = a.transpose().matmul(a).div(n).toRows(), s2 = b.transpose().matmul(b).div(n).toRows();
            scipy.see(c.text("name"), GenerativeMetrics.frechet(new Moments(m1, s1), new Moments(m2, s2)), c.number("expected.value"));
        }
        Evidence.of("largest gap to closed forms", closed, below(1e-8));
        Evidence.of("scipy's cases", scipy.seen(), exactly(3));
        Evidence.of("largest gap to scipy's sqrtm in 64 dimensions", scipy, below(1e-6));
    }

    private static double[][] plane(Rng rng) {
        double a = rng.nextGaussian(), b = rng.nextGaussian(), c = rng.nextGaussian(), e = rng.nextGaussian();
        return new double[][] {{a * a + b * b + 0.1, a * c + b * e}, {a * c + b * e, c * c + e * e + 0.1}};
    }

    @Acceptance(topic = "generative-metrics", clause = 2)
    @Test void theInceptionScoreIsOneForConstantAndKForBalancedCertainPredictions() {
        double constant = 0, certain = 0;
        for (int k = 2; k <= 20; k += 3) {
            var flat = Tensor.randn(Rng.of(k), DType.F64, 1, k).softmax(1).expand(30, k).contiguous();
            constant = Math.max(constant, Math.abs(GenerativeMetrics.inceptionScore(flat, 1).mean() - 1));
            var sure = Tensor.eye(DType.F64, k).repeat(0, 5);
            certain = Math.max(certain, Math.abs(GenerativeMetrics.inceptionScore(sure, 1).mean() - k));
        }
        Evidence.of("constant predictions off 1", constant, below(1e-10));
        Evidence.of("certain balanced predictions off K", certain, below(1e-10));
        // Between both: half the classes.
        assertThat(GenerativeMetrics.inceptionScore(Tensor.eye(DType.F64, 10).narrow(0, 0, 5), 1).mean()).isCloseTo(5, offset(1e-9));
    }

    @Acceptance(topic = "generative-metrics", clause = 3)
    @Test void theDistanceOfEqualLawsFallsAsOneOverNAndIsExtrapolatedToNothing() {
        int d = 64;
        var exact = new Moments(new double[d], Tensor.eye(DType.F64, d).toRows());
        int[] sizes = {500, 625, 800, 1000, 1300, 1700, 2500, 4000};
        for (int seed = 1; seed <= 3; seed++) {
            var line = GenerativeMetrics.frechetExtrapolated(exact, normal(seed, 8_000, d), sizes, Rng.of(seed));
            // The line once more from its points.
            double[] y = line.distances();
            int n = y.length;
            double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
            for (int i = 0; i < n; i++) {
                mx += 1.0 / line.sizes()[i] / n;
                my += y[i] / n;
            }
            for (int i = 0; i < n; i++) {
                double dx = 1.0 / line.sizes()[i] - mx, dy = y[i] - my;
                xx += dx * dx;
                xy += dx * dy;
                yy += dy * dy;
            }
            double intercept = my - xy / xx * mx, rSquared = xy * xy / xx / yy;
            Evidence.that("the sizes are those asked for", Arrays.equals(line.sizes(), sizes));
            Evidence.of("R^2 of distance over 1/n", rSquared, above(0.95));
            Evidence.of("extrapolated over the distance at 500", Math.abs(intercept) / y[0], below(0.1));
            Evidence.of("distance at 500, by theory about 2.24", y[0], between(2.0, 2.5));
            Evidence.of("reported R^2 from it", Math.abs(line.rSquared() - rSquared), below(1e-9));
            Evidence.of("reported value from it", Math.abs(line.value() - intercept), below(1e-9));
        }
    }

    @Acceptance(topic = "generative-metrics", clause = 4)
    @Test void kidAveragesNothingForEqualLaws() {
        int draws = 200;
        double sum = 0, squares = 0;
        for (int i = 1; i <= draws; i++) {
            double v = GenerativeMetrics.kid(normal(i, 60, 8), normal(i + 10_000, 60, 8), 1, 60, Rng.of(i)).mean();
            sum += v;
            squares += v * v;
        }
        double mean = sum / draws, error = Math.sqrt((squares / draws - mean * mean) / draws);
        Evidence.of("mean in standard errors", Math.abs(mean) / error, atMost(3));
        double apart = GenerativeMetrics.kid(normal(1, 200, 8), normal(2, 200, 8).add(0.5), 10, 100, Rng.of(1)).mean();
        Evidence.of("of laws half a deviation apart, in the same standard errors", apart / error, above(30));
    }

    @Acceptance(topic = "generative-metrics", clause = 5)
    @Test void aMemoriserFoolsTheFrechetDistanceButNotTheNearestDistance() {
        // Curved data: a normal law through a nonlinear map.
        Tensor train = curved(1, 1_000), heldOut = curved(2, 1_000), good = curved(3, 1_000);
        var memorised = train.rows(Rng.of(4).permutation(1_000)).add(normal(5, 1_000, 16).mul(1e-3));
        double copied = GenerativeMetrics.frechet(train, memorised), honest = GenerativeMetrics.frechet(train, good);
        Evidence.of("memoriser's distance over the good generator's", copied / honest, below(1));
        var caught = GenerativeMetrics.memorisation(train, heldOut, memorised);
        var cleared = GenerativeMetrics.memorisation(train, heldOut, good);
        Evidence.of("memoriser's nearest distance over held-out data's", caught.fake() / caught.heldOut(), below(0.5));
        Evidence.that("the memoriser is flagged", caught.flagged());
        Evidence.that("the good generator is not", !cleared.flagged());
        assertThat(GenerativeMetrics.report(train, heldOut, memorised, Rng.of(1)).warnings()).anyMatch(w -> w.contains("copies"));
        assertThat(GenerativeMetrics.report(train, heldOut, good, Rng.of(1)).warnings()).noneMatch(w -> w.contains("copies"));
    }

    @Test void copiesAreCountedAmongHeldOutDataThatRepeatTheTrainingDataToo() {
        // Whole numbers, so that distances of nothing are 0.
        Tensor train = Tensor.randint(Rng.of(1), 0, 3, 50, 2).to(DType.F64).compute(), ten = train.narrow(0, 0, 10);
        Tensor fake = Tensor.concat(0, ten, ten.add(50));
        assertThat(GenerativeMetrics.memorisation(train, train, fake).copies()).isEqualTo(0.5);
        assertThat(GenerativeMetrics.memorisation(train, train.add(0.25), fake).copies()).isEqualTo(0.5);
    }

    private static Tensor curved(long seed, int n) {
        Tensor z = normal(seed, n, 6), mix = normal(99, 6, 16);
        return z.matmul(mix).tanh().add(normal(seed + 50, n, 16).mul(0.1)).compute();
    }

    @Acceptance(topic = "generative-metrics", clause = 6)
    @Test void levelsOfBlurAndNoiseAreOrdered() {
        var digits = Datasets.digits().x().to(DType.F64).div(16).compute();
        Tensor real = digits.narrow(0, 0, 900), other = digits.narrow(0, 900, 897);
        int rises = 0;
        double least = Double.POSITIVE_INFINITY;
        for (boolean blur : new boolean[] {true, false}) {
            double fid = GenerativeMetrics.frechet(real, other), kid = GenerativeMetrics.kid(real, other, 5, 500, Rng.of(1)).mean();
            for (int level = 1; level <= 4; level++) {
                var worse = blur ? blurred(other, level) : other.add(normal(7, 897, 64).mul(0.1 * level));
                double f = GenerativeMetrics.frechet(real, worse), k = GenerativeMetrics.kid(real, worse, 5, 500, Rng.of(1)).mean();
                if (f > fid && k > kid) rises++;
                least = Math.min(least, Math.min(f / fid, k / kid));
                fid = f;
                kid = k;
            }
        }
        Evidence.of("steps of 2 corruptions by 4 levels at which both distances rise", rises, exactly(8));
    }

    /** Each pixel with its four neighbours, so many times; the border repeats. */
    private static Tensor blurred(Tensor x, int times) {
        double[][] rows = x.toRows();
        for (int k = 0; k < times; k++) for (int i = 0; i < rows.length; i++) {
            var next = new double[64];
            for (int r = 0; r < 8; r++)
                for (int c = 0; c < 8; c++)
                    next[8 * r + c] = (2 * rows[i][8 * r + c] + rows[i][8 * Math.max(0, r - 1) + c] + rows[i][8 * Math.min(7, r + 1) + c]
                            + rows[i][8 * r + Math.max(0, c - 1)] + rows[i][8 * r + Math.min(7, c + 1)]) / 6;
            rows[i] = next;
        }
        return Tensor.of(rows);
    }

    @Test void precisionAndRecallTellFidelityFromCoverage() {
        var real = normal(1, 600, 2);
        var same = GenerativeMetrics.neighbourhoods(real, normal(2, 600, 2), 5);
        assertThat(same.precision()).isGreaterThan(0.9);
        assertThat(same.recall()).isGreaterThan(0.9);
        assertThat(same.coverage()).isGreaterThan(0.9);
        assertThat(same.density()).isBetween(0.8, 1.2);
        var narrow = GenerativeMetrics.neighbourhoods(real, normal(2, 600, 2).mul(0.2), 5);
        assertThat(narrow.precision()).isGreaterThan(0.95);
        assertThat(narrow.recall()).isLessThan(0.4);
        var wide = GenerativeMetrics.neighbourhoods(real, normal(2, 600, 2).mul(4), 5);
        assertThat(wide.precision()).isLessThan(0.5);
        // By definition, on five points of the line, with k = 1.
        Tensor x = Tensor.of(0.0, 1, 3).reshape(3, 1), y = Tensor.of(0.5, 10).reshape(2, 1);
        var small = GenerativeMetrics.neighbourhoods(x, y, 1);
        assertThat(small.precision()).isEqualTo(0.5); // 0.5 is within 1 of 0 and of 1, and within 2 of neither 3; 10 of none
        assertThat(small.density()).isEqualTo(1); // two hits of k = 1, two generated
        assertThat(small.coverage()).isCloseTo(2.0 / 3, offset(1e-12));
        assertThat(small.recall()).isEqualTo(1); // 10 and 0.5 reach 9.5
    }

    @Test void textsPromptsPreferencesAndBadInput() {
        Tensor images = Tensor.of(new double[][] {{1, 0}, {1, 1}, {-1, 0}}), texts = Tensor.of(new double[][] {{2, 0}, {1, 0}, {1, 0}});
        assertThat(GenerativeMetrics.clipScore(images, texts)).containsExactly(new double[] {100, 100 / Math.sqrt(2), 0}, offset(1e-9));
        assertThat(GenerativeMetrics.adherence(4, i -> i != 2)).isEqualTo(0.75);
        double[] ratings = GenerativeMetrics.preferences(3, 100, (a, b, prompt) -> a < b ? 1 : 0, Rng.of(1));
        assertThat(ratings[0]).isGreaterThan(ratings[1] + 100);
        assertThat(ratings[1]).isGreaterThan(ratings[2] + 100);
        assertThat(GenerativeMetrics.bitsPerDimension(Tensor.of(-2 * Math.log(2), -4 * Math.log(2)), 3)).isCloseTo(1, offset(1e-12));
        assertThatThrownBy(() -> GenerativeMetrics.frechet(Tensor.of(Double.NaN, 1, 1, 1).reshape(2, 2), normal(1, 3, 2)))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> GenerativeMetrics.frechet(normal(1, 1, 2), normal(1, 3, 2))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> GenerativeMetrics.kid(normal(1, 5, 2), normal(1, 5, 3), 1, 5, Rng.of(1)))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> GenerativeMetrics.inceptionScore(normal(1, 5, 3), 1)).hasMessageContaining("softmax");
        assertThatThrownBy(() -> GenerativeMetrics.neighbourhoods(normal(1, 5, 2), normal(2, 5, 2), 5)).hasMessageContaining("k is 5");
        assertThatThrownBy(
                () -> GenerativeMetrics.frechetExtrapolated(Moments.of(normal(1, 9, 2)), normal(2, 9, 2), new int[] {5}, Rng.of(1)))
                .hasMessageContaining("two different");
    }
}
