package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.random.Rng;
import lyceum.stats.Alternative;
import lyceum.stats.HypothesisTest;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class MultivariateNormalTest {
    /** {@code W W' + diag(v)}, or {@code W W'} of fewer columns than rows. */
    private record Drawn(double[] mean, double[][] w, double[] v, double[][] covariance) {
        static Drawn of(Recipe r, boolean singular) {
            int d = singular ? 2 + r.below(6) : 1 + r.below(7), k = singular ? 1 + r.below(d - 1) : d + 1;
            double[] scales = Arrays.stream(r.belows(7, d)).mapToDouble(s -> Math.scalb(1.0, s - 3)).toArray();
            double[][] w = r.matrix(d, k), transposed = new double[k][d];
            for (int i = 0; i < d; i++) for (int j = 0; j < k; j++) transposed[j][i] = w[i][j] *= scales[i];
            double[] mean = Arrays.stream(r.bells(d)).map(m -> 3 * m).toArray(), v = r.uniforms(d);
            double[][] covariance = Recipe.product(w, transposed);
            for (int i = 0; i < d; i++) {
                v[i] = (v[i] + 0.1) * (scales[i] * scales[i]);
                if (!singular) covariance[i][i] += v[i];
                else mean[i] = Math.rint(mean[i]);
            }
            return new Drawn(mean, w, v, covariance);
        }

        double[] point(Recipe r) { return plus(mean, Recipe.product(w, r.matrix(w[0].length, 1))); }

        /** Of a positive definite one: given as covariance, precision, factor, and low rank plus diagonal. */
        List<MultivariateNormal> forms() {
            var c = Tensor.of(covariance);
            return List.of(new MultivariateNormal(mean, covariance), MultivariateNormal.singular(mean, covariance),
                    MultivariateNormal.ofPrecision(mean, symmetric(Linalg.inverse(c).toRows())),
                    MultivariateNormal.ofCholesky(mean, Linalg.cholesky(c).toRows()), MultivariateNormal.lowRank(mean, w, v));
        }
    }

    private static double[] plus(double[] a, double[][] column) {
        var sum = a.clone();
        for (int i = 0; i < sum.length; i++) sum[i] += column[i][0];
        return sum;
    }

    private static double[][] symmetric(double[][] a) { return Tensor.of(a).add(Tensor.of(a).transpose()).mul(0.5).toRows(); }

    private static double[] matvec(double[][] a, double[] x, double[] b) {
        var y = b.clone();
        for (int i = 0; i < y.length; i++) for (int j = 0; j < x.length; j++) y[i] += a[i][j] * x[j];
        return y;
    }

    @Test
    @Acceptance(topic = "multivariate-normal", clause = 1) void logDensitiesEqualSciPys() {
        Gap densities = Gap.absolute(), singular = Gap.absolute(), forms = Gap.absolute(), entropies = Gap.absolute();
        int cases = 0, off = 0;
        for (var c : Golden.load("golden/multivariate-normal.json").list("cases")) {
            var r = new Recipe(c.integer("input.seed"));
            boolean isSingular = cases++ % 4 == 0;
            var drawn = Drawn.of(r, isSingular);
            double[] expected = c.doubles("expected.logPdf");
            double[][] x = {drawn.point(r), drawn.point(r), drawn.point(r)};
            if (isSingular) {
                var normal = MultivariateNormal.singular(drawn.mean, drawn.covariance);
                assertThat(normal.rank()).isEqualTo(drawn.w[0].length);
                for (int i = 0; i < 3; i++) singular.see(c.text("name"), normal.logDensity(x[i]), expected[i]);
                double[] beside = r.bells(drawn.mean.length);
                for (int i = 0; i < beside.length; i++) beside[i] = x[0][i] + (Math.abs(beside[i]) + 0.1);
                assertThat(normal.logDensity(beside)).isEqualTo(expected[3]).isEqualTo(Double.NEGATIVE_INFINITY);
                entropies.see(c.text("name"), normal.entropy(), c.number("expected.entropy"));
                off++;
                continue;
            }
            for (var normal : drawn.forms()) {
                var gap = normal == drawn.forms().getFirst() ? densities : forms;
                for (int i = 0; i < 3; i++) gap.see(c.text("name"), normal.logDensity(x[i]), expected[i]);
                entropies.see(c.text("name"), normal.entropy(), c.number("expected.entropy"));
            }
            densities.see(c.text("name"), new MultivariateNormal(drawn.mean, drawn.covariance).logDensity(Tensor.of(x)).toDoubleArray(),
                    Arrays.copyOf(expected, 3));
        }
        Evidence.of("cases", cases, exactly(200));
        Evidence.of("points off a support", off, exactly(50));
        Evidence.of("log density", densities, below(1e-10));
        Evidence.of("singular covariances, allow_singular", singular, below(1e-10));
        Evidence.of("by precision, factor, eigenvectors and low rank", forms, below(1e-10));
        Evidence.of("entropies", entropies, below(1e-10));
    }

    @Test
    @Acceptance(topic = "multivariate-normal", clause = 2) void jointsAreMarginalTimesConditional() {
        double worst = 0, singular = 0;
        Gap blocks = Gap.relativeBeyondOne();
        int splits = 0, flat = 0;
        for (int i = 0; i < 200; i++) {
            var r = new Recipe(2_000 + i);
            var drawn = Drawn.of(r, i % 4 == 0);
            int d = drawn.mean.length;
            if (d == 1) continue;
            int[] order = r.shuffle(d), known = Arrays.copyOf(order, 1 + r.below(d - 1));
            int[] rest = IntStream.range(0, d).filter(j -> Arrays.stream(known).noneMatch(k -> k == j)).toArray();
            double[] x = drawn.point(r), a = Arrays.stream(rest).mapToDouble(j -> x[j]).toArray(),
                    b = Arrays.stream(known).mapToDouble(j -> x[j]).toArray();
            for (var joint : i % 4 == 0 ? List.of(MultivariateNormal.singular(drawn.mean, drawn.covariance)) : drawn.forms()) {
                var conditional = joint.conditional(known, b);
                if (joint.rank() < d) {
                    // Per length on three supports: the densities have different units, the exponents do not
                    singular = Math.max(singular, Math.abs(
                            joint.marginal(known).squaredMahalanobis(b) + conditional.squaredMahalanobis(a) - joint.squaredMahalanobis(x)));
                    flat++;
                    continue;
                }
                worst = Math.max(worst, Math.abs(joint.marginal(known).logDensity(b) + conditional.logDensity(a) - joint.logDensity(x)));
                splits++;
                // The precision's block is the conditional's precision, and moves its mean
                double[][] p = Linalg.inverse(Tensor.of(drawn.covariance)).toRows(), inner = new double[a.length][a.length];
                var pull = new double[a.length];
                for (int k = 0; k < a.length; k++) {
                    for (int l = 0; l < a.length; l++) inner[k][l] = p[rest[k]][rest[l]];
                    for (int l = 0; l < b.length; l++) pull[k] -= p[rest[k]][known[l]] * (b[l] - drawn.mean[known[l]]);
                }
                double[][] spread = Linalg.inverse(Tensor.of(inner)).toRows();
                double[] mean = matvec(spread, pull, Arrays.stream(rest).mapToDouble(j -> drawn.mean[j]).toArray());
                blocks.see("mean " + i, conditional.mean(), mean);
                for (int k = 0; k < a.length; k++) blocks.see("covariance " + i, conditional.covariance()[k], spread[k]);
            }
        }
        Evidence.of("splits", splits, above(500));
        Evidence.of("log p(b) + log p(a|b) - log p(a, b)", worst, below(1e-10));
        Evidence.of("splits of singular ones", flat, exactly(50));
        Evidence.of("there, squared distances of the parts less the whole's", singular, below(1e-10));
        Evidence.of("conditional against the precision's blocks", blocks, below(1e-10));
    }

    @Test
    @Acceptance(topic = "multivariate-normal", clause = 3) void affineImagesAreNormal() {
        double worst = 0, deviations = 0;
        for (int i = 0; i < 100; i++) {
            var r = new Recipe(3_000 + i);
            var drawn = Drawn.of(r, false);
            int d = drawn.mean.length;
            double[][] a = r.matrix(d, d);
            for (int j = 0; j < d; j++) a[j][j] += 2;
            double[] b = r.bells(d), x = drawn.point(r);
            double logDet = Linalg.logAbsDet(Tensor.of(a)).item();
            for (var normal : drawn.forms())
                worst = Math.max(worst, Math.abs(normal.affine(a, b).logDensity(matvec(a, x, b)) - normal.logDensity(x) + logDet));
        }
        Evidence.of("log p(Ax+b) - log p(x) + log|det A| over 100 maps", worst, below(1e-10));
        int maps = 0;
        for (int[] shape : new int[][] {{2, 4}, {4, 2}, {1, 3}, {3, 1}, {5, 3}, {2, 5}}) {
            var r = new Recipe(3_500 + maps);
            int m = shape[0], d = shape[1];
            double[][] a = r.matrix(m, d);
            var normal = MultivariateNormal.lowRank(r.bells(d), r.matrix(d, 2), r.uniforms(d));
            double[] b = r.bells(m);
            var image = normal.affine(a, b);
            assertThat(image.rank()).isEqualTo(Math.min(m, d));
            var rng = Rng.of(35 + maps++);
            deviations = Math.max(deviations, deviations(image, i -> matvec(a, normal.sample(rng), b)));
            assertThat(image.logDensity(matvec(a, normal.sample(rng), b))).isFinite();
        }
        Evidence.of("maps of other shapes", maps, exactly(6));
        Evidence.of("their mean and covariance against mapped draws, in standard errors", deviations, atMost(4));
    }

    /** Of the mean and covariance of 100,000 draws, in standard errors. */
    private static double deviations(MultivariateNormal normal, IntFunction<double[]> draw) {
        int n = 100_000, d = normal.dimensions();
        double[] sum = new double[d], mean = normal.mean();
        double[][] products = new double[d][d], s = normal.covariance();
        for (int t = 0; t < n; t++) {
            double[] x = draw.apply(t);
            for (int i = 0; i < d; i++) {
                sum[i] += x[i] - mean[i];
                for (int j = 0; j <= i; j++) products[i][j] += (x[i] - mean[i]) * (x[j] - mean[j]);
            }
        }
        double worst = 0;
        for (int i = 0; i < d; i++) {
            worst = Math.max(worst, Math.abs(sum[i] / n) / Math.sqrt(s[i][i] / n));
            for (int j = 0; j <= i; j++)
                worst = Math.max(worst, Math.abs((products[i][j] - sum[i] * sum[j] / n) / (n - 1) - s[i][j])
                        / Math.sqrt((s[i][i] * s[j][j] + s[i][j] * s[i][j]) / n));
        }
        return worst;
    }

    /** One in each form, in four dimensions, and a singular one of rank 2. */
    private static List<MultivariateNormal> sampled() {
        var drawn = Drawn.of(new Recipe(405_001), false);
        var recipe = new Recipe(7);
        while (drawn.mean.length != 4) drawn = Drawn.of(recipe, false);
        var flat = Drawn.of(recipe, true);
        while (flat.mean.length != 4 || flat.w[0].length != 2) flat = Drawn.of(recipe, true);
        return Stream.concat(drawn.forms().stream(), Stream.of(MultivariateNormal.singular(flat.mean, flat.covariance))).toList();
    }

    @Test
    @Acceptance(topic = "multivariate-normal", clause = 4)
    @Acceptance(topic = "multivariate-normal", clause = 5) void drawsHaveTheirMomentsAndDistances() {
        double worst = 0, least = 1, other = 1;
        int forms = 0;
        for (var normal : sampled()) {
            var rng = Rng.of(405 + forms++);
            worst = Math.max(worst, deviations(normal, i -> normal.sample(rng)));
            var law = new ChiSquare(normal.rank());
            double[] squared = new double[20_000], by = new double[20_000];
            double[][] inverse = normal.rank() < 4 ? null : Linalg.inverse(Tensor.of(normal.covariance())).toRows();
            for (int i = 0; i < squared.length; i++) {
                double[] x = normal.sample(rng), z = new double[4];
                squared[i] = normal.squaredMahalanobis(x);
                for (int j = 0; j < 4; j++) z[j] = x[j] - normal.mean()[j];
                if (inverse != null) for (int j = 0; j < 4; j++) for (int k = 0; k < 4; k++) by[i] += z[j] * inverse[j][k] * z[k];
            }
            least = Math.min(least, HypothesisTest.kolmogorovSmirnov(squared, law, Alternative.TWO_SIDED).pValue());
            if (inverse != null) other = Math.min(other, HypothesisTest.kolmogorovSmirnov(by, law, Alternative.TWO_SIDED).pValue());
        }
        Evidence.of("forms", forms, exactly(6));
        Evidence.of("mean and covariance of 100,000 draws, in standard errors", worst, atMost(4));
        Evidence.of("least p of squared distances against chi-square", least, above(0.01));
        Evidence.of("the same by the inverse covariance", other, above(0.01));
    }

    @Test
    @Acceptance(topic = "multivariate-normal", clause = 6) void woodburyIsTheDenseForm() {
        Gap gap = Gap.relativeBeyondOne();
        for (int i = 0; i < 100; i++) {
            var r = new Recipe(6_000 + i);
            int d = 2 + r.below(60), k = 1 + r.below(5);
            double[][] w = r.matrix(d, k);
            double[] mean = r.bells(d), v = Arrays.stream(r.uniforms(d)).map(u -> Math.pow(10, 2 * u - 2)).toArray();
            var low = MultivariateNormal.lowRank(mean, w, v);
            var covariance = new double[d][d];
            for (int a = 0; a < d; a++) for (int b = 0; b < d; b++) {
                covariance[a][b] = a == b ? v[a] : 0;
                for (int j = 0; j < k; j++) covariance[a][b] += w[a][j] * w[b][j];
            }
            var dense = new MultivariateNormal(mean, symmetric(covariance));
            double[] x = plus(mean, Recipe.product(w, r.matrix(k, 1)));
            for (int j = 0; j < d; j++) x[j] += 0.3 * r.bell();
            gap.see("log density " + i, low.logDensity(x), dense.logDensity(x));
            gap.see("log determinant " + i, low.logDeterminant(), dense.logDeterminant());
            gap.see("entropy " + i, low.entropy(), dense.entropy());
            for (int j = 0; j < d; j++) gap.see("precision " + i, low.precision()[j], dense.precision()[j]);
            int[] odd = IntStream.range(0, d / 2).map(j -> 2 * j + 1).toArray();
            double[] part = Arrays.stream(odd).mapToDouble(j -> x[j]).toArray();
            gap.see("marginal " + i, low.marginal(odd).logDensity(part), dense.marginal(odd).logDensity(part));
            var other = MultivariateNormal.lowRank(r.bells(d), r.matrix(d, k), v);
            gap.see("divergence " + i, low.klDivergence(other),
                    dense.klDivergence(new MultivariateNormal(other.mean(), other.covariance())));
        }
        Evidence.of("comparisons", gap.seen(), above(3_000));
        Evidence.of("largest gap", gap, below(1e-9));
    }

    @Test void productsAreDensitiesUpToTheirScale() {
        double worst = 0;
        for (int i = 0; i < 60; i++) {
            var r = new Recipe(8_000 + i);
            int d = 1 + r.below(4);
            var p = MultivariateNormal.lowRank(r.bells(d), r.matrix(d, 2), r.uniforms(d));
            double[][] w = r.matrix(d, d + 1);
            var q = new MultivariateNormal(r.bells(d), symmetric(Tensor.of(w).matmul(Tensor.of(w).transpose()).toRows()));
            var product = p.times(q);
            double[] x = r.bells(d);
            worst = Math.max(worst, Math.abs(p.logDensity(x) + q.logDensity(x) - product.logScale() - product.normal().logDensity(x))
                    / Math.max(1, Math.abs(q.logDensity(x))));
        }
        assertThat(worst).isLessThan(1e-9);
        // A line's worth of knowledge about a plane stays a line's
        var line = MultivariateNormal.singular(new double[2], new double[][] {{1, 1}, {1, 1}});
        var seen = line.times(new MultivariateNormal(new double[] {1, 0}, new double[][] {{1, 0}, {0, 1}})).normal();
        assertThat(seen.rank()).isEqualTo(1);
        assertThat(seen.mean()).containsExactly(new double[] {1 / 3.0, 1 / 3.0}, within(1e-15));
        assertThat(seen.covariance()[0][1]).isCloseTo(1 / 3.0, within(1e-15));
    }

    @Test void divergencesKnowTheSupport() {
        var line = MultivariateNormal.singular(new double[2], new double[][] {{1, 2}, {2, 4}});
        var wider = MultivariateNormal.singular(new double[] {1, 2}, new double[][] {{4, 8}, {8, 16}});
        // Along (1, 2) these are N(0, 5) and N(sqrt 5, 20)
        assertThat(line.klDivergence(wider)).isCloseTo(0.5 * (0.25 - 1 + 0.25 + Math.log(4)), within(1e-12));
        assertThat(line.klDivergence(MultivariateNormal.singular(new double[] {1, 1}, new double[][] {{4, 8}, {8, 16}}))).isInfinite();
        assertThat(line.klDivergence(MultivariateNormal.singular(new double[2], new double[][] {{1, -2}, {-2, 4}}))).isInfinite();
        assertThat(line.klDivergence(new MultivariateNormal(new double[2], new double[][] {{1, 0}, {0, 1}}))).isInfinite();
        var son = new MultivariateNormal(new double[2], new double[][] {{1, 0.8}, {0.8, 1}}).conditional(new int[] {0}, 2);
        assertThat(son.mean()[0]).isCloseTo(1.6, within(1e-15));
        assertThat(son.covariance()[0][0]).isCloseTo(0.36, within(1e-15));
        var point = line.conditional(new int[] {1}, 6);
        assertThat(point.rank()).isZero();
        assertThat(point.mean()[0]).isCloseTo(3, within(1e-14));
        assertThat(point.logDensity(point.mean())).isZero();
    }

    @Test void refusals() {
        double[] zero = new double[2];
        var plane = new MultivariateNormal(zero, new double[][] {{1, 0}, {0, 1}});
        var line = MultivariateNormal.singular(zero, new double[][] {{1, 1}, {1, 1}});
        assertThatThrownBy(() -> new MultivariateNormal(zero, new double[][] {{1, 1}, {1, 1}}))
                .isInstanceOf(NotPositiveDefiniteException.class);
        assertThatThrownBy(() -> MultivariateNormal.singular(zero, new double[][] {{1, 2}, {2, 1}}))
                .hasMessageContaining("has the eigenvalue -");
        assertThatThrownBy(() -> MultivariateNormal.lowRank(zero, new double[][] {{1}, {1}}, new double[] {1, 0}))
                .hasMessage("MultivariateNormal: diagonal 1 is 0.0; it must be positive and finite");
        assertThatThrownBy(() -> MultivariateNormal.lowRank(zero, new double[][] {{1}}, zero)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> MultivariateNormal.ofCholesky(zero, new double[][] {{1, 0}, {1, -1}}))
                .hasMessageContaining("entry (1, 1)");
        assertThatThrownBy(() -> plane.marginal(0, 0)).hasMessage("marginal: coordinate 0 of [0, 0] is named twice");
        assertThatThrownBy(() -> plane.conditional(new int[] {2}, 1)).hasMessage("conditional: coordinate 2 of [2]; they are 0 to 1");
        assertThatThrownBy(() -> plane.conditional(new int[] {0, 1}, 1, 1)).hasMessageContaining("nothing is left");
        var three = MultivariateNormal.singular(new double[3], new double[][] {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}});
        assertThatThrownBy(() -> three.conditional(new int[] {0, 1}, 1, 2)).hasMessageContaining("off the support");
        assertThatThrownBy(line::precision).hasMessageContaining("of rank 1 in 2 dimensions");
        assertThatThrownBy(() -> plane.affine(new double[][] {{1, 2, 3}}, 0)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> plane.times(three)).isInstanceOf(ShapeException.class);
    }
}
