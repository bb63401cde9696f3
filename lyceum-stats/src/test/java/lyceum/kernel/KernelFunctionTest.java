package lyceum.kernel;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class KernelFunctionTest {
    private static final Golden GOLDEN = Golden.load("golden/mercer.json");

    private static Map<String, KernelFunction> kernels(double[] lengths) {
        var all = new LinkedHashMap<String, KernelFunction>();
        all.put("linear", new LinearKernel());
        all.put("polynomial", new PolynomialKernel(3, 0.4, 1.5));
        all.put("homogeneous", new PolynomialKernel(2, 0.3, 0));
        all.put("rbf", Rbf.ofGamma(0.2));
        all.put("laplacian", new Laplacian(0.3));
        all.put("sigmoid", new SigmoidKernel(0.2, -0.5));
        all.put("chi2", new ChiSquareKernel(0.4));
        all.put("ard", new Rbf(lengths));
        all.put("matern12", new Matern(0.5, lengths));
        all.put("matern32", new Matern(1.5, lengths));
        all.put("matern52", new Matern(2.5, lengths));
        all.put("quadratic", new RationalQuadratic(1.7, 0.6));
        all.put("sum", new Rbf(1.3).times(2.5).plus(new Matern(1.5, 0.8).times(new Rbf(2.0))));
        if (lengths.length == 1) all.put("periodic", new Periodic(1.9, 0.7));
        return all;
    }

    private static Tensor points(int seed, int n, int p) { return Tensor.of(new Recipe(seed).matrix(n, p)); }

    private static Tensor nonNegative(Tensor x) { return x.abs().compute(); }

    private static double[] every11th(Tensor m) {
        double[] all = m.toDoubleArray(), out = new double[(all.length + 10) / 11];
        for (int i = 0; i < out.length; i++) out[i] = all[11 * i];
        return out;
    }

    @Test void singleRowsAreTheMatrixs() {
        var off = Gap.absolute();
        double[] lengths = {0.7, 1.9, 1.1};
        double[][] x = nonNegative(points(5, 9, 3)).toRows(), z = nonNegative(points(6, 2500, 3)).toRows();
        var row = new double[2500];
        kernels(lengths).forEach((name, kernel) -> {
            var rows = kernel.against(z);
            double[][] matrix = kernel.matrix(x, z);
            for (int i = 0; i < x.length; i++) {
                Arrays.fill(row, -7);
                rows.row(x[i], row);
                off.see(name, row, matrix[i]);
            }
        });
        Evidence.of("rows against the matrix", off, below(1e-12));
    }

    @Acceptance(topic = "mercer", clause = 6)
    @Test void gramMatricesEqualScikitLearns() {
        var gap = Gap.relativeBeyondOne();
        int compared = 0;
        for (var c : GOLDEN.list("cases")) {
            int set = c.integer("input.set"), n = c.integer("input.n"), m = c.integer("input.m"), p = c.integer("input.p");
            Tensor x = points(61000 + set, n, p), z = points(61100 + set, m, p).add(0.5);
            for (var e : kernels(c.doubles("input.lengths")).entrySet()) {
                Tensor a = x, b = z;
                if (e.getKey().equals("chi2")) {
                    double[][] u = nonNegative(x).toRows(), v = nonNegative(z).toRows();
                    for (double[] row : u) row[0] = 0;
                    v[0][0] = 0;
                    a = Tensor.of(u);
                    b = Tensor.of(v);
                }
                gap.see(c, "expected.gram." + e.getKey(), every11th(e.getValue().gram(a, b)));
                compared++;
            }
        }
        Evidence.of("matrices", compared, exactly(40));
        Evidence.of("gap", gap, below(1e-12));
    }

    @Test void parameterGradientsEqualScikitLearns() {
        var gap = Gap.relativeBeyondOne();
        int compared = 0;
        for (var c : GOLDEN.list("cases")) {
            var x = points(61000 + c.integer("input.set"), c.integer("input.n"), c.integer("input.p"));
            var kernels = kernels(c.doubles("input.lengths"));
            for (var name : c.at("expected.gradient").names()) {
                var ours = new ArrayList<>(kernels.get(name).gramGradients(x, x));
                // scikit-learn sorts parameters by their names: alpha before length_scale, length_scale before periodicity.
                if (name.equals("quadratic") || name.equals("periodic")) ours.add(ours.removeFirst());
                double[][] theirs = c.matrix("expected.gradient." + name);
                assertThat(ours).hasSize(theirs.length);
                for (int j = 0; j < theirs.length; j++) gap.see(name + " " + j, every11th(ours.get(j)), theirs[j]);
                compared += theirs.length;
            }
        }
        Evidence.of("derivatives", compared, atLeast(30));
        Evidence.of("gap", gap, below(1e-12));
    }

    /**
     * Gradients that scikit-learn lacks, and those of points, against differences of the kernel itself; sums over pairs against the pairs.
     */
    @Test void gradientsAreSlopes() {
        Gap byParameters = Gap.relativeBeyondOne(), byPoints = Gap.relativeBeyondOne();
        int n = 4, m = 5;
        for (int p : new int[] {1, 3}) {
            Tensor x = nonNegative(points(7, n, p)), z = nonNegative(points(8, m, p)).add(0.3), w = points(9, n, m);
            for (var e : kernels(new Recipe(5).uniforms(p)).entrySet()) {
                var kernel = e.getValue();
                double[] theta = kernel.parameters(), g = kernel.parameterGradient(x, z, w);
                assertThat(kernel.withParameters(theta).gram(x, z).sub(kernel.gram(x, z)).abs().max().item()).as(e.getKey())
                        .isLessThan(1e-13);
                for (int j = 0; j < theta.length; j++) {
                    if (theta[j] == Double.NEGATIVE_INFINITY) continue;
                    int at = j;
                    byParameters.see(e.getKey() + " " + j, g[j], slope(h -> {
                        var moved = theta.clone();
                        moved[at] += h;
                        return kernel.withParameters(moved).gram(x, z).mul(w).sum().item();
                    }));
                }
                double[] input = kernel.inputGradient(x, z, w).toDoubleArray();
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j < p; j++) {
                        int row = i, column = j;
                        byPoints.see(e.getKey(), input[i * p + j], slope(h -> {
                            double[][] moved = x.toRows();
                            moved[row][column] += h;
                            return kernel.gram(Tensor.of(moved), z).mul(w).sum().item();
                        }));
                    }
                }
            }
        }
        Evidence.of("by parameters", byParameters, below(1e-7));
        Evidence.of("by points", byPoints, below(1e-7));
    }

    private static double slope(DoubleUnaryOperator f) {
        double h = 1e-4;
        return (8 * (f.applyAsDouble(h) - f.applyAsDouble(-h)) - f.applyAsDouble(2 * h) + f.applyAsDouble(-2 * h)) / (12 * h);
    }

    @Acceptance(topic = "mercer", clause = 4)
    @Test void polynomialFeaturesHaveTheKernelAsInnerProduct() {
        var gap = Gap.relativeBeyondOne();
        int maps = 0;
        for (int degree = 1; degree <= 5; degree++) {
            for (int p = 1; p <= 5; p += 2) {
                for (double constant : new double[] {0, 0.7, 2}) {
                    var kernel = new PolynomialKernel(degree, 0.4, constant);
                    Tensor x = points(10 * degree + p, 8, p), z = points(100 + 10 * degree + p, 6, p), phi = kernel.features(x);
                    double choices = 1;
                    int factors = constant == 0 ? p : p + 1;
                    for (int i = 1; i <= degree; i++) choices *= (factors - 1.0 + i) / i;
                    assertThat(phi.size(1)).isEqualTo(Math.round(choices));
                    double[][] a = x.toRows(), b = z.toRows(), inner = phi.matmul(kernel.features(z).transpose()).toRows();
                    for (int i = 0; i < 8; i++) {
                        for (int k = 0; k < 6; k++) {
                            double dot = 0;
                            for (int j = 0; j < p; j++) dot += a[i][j] * b[k][j];
                            gap.see("degree " + degree, inner[i][k], Math.pow(0.4 * dot + constant, degree));
                        }
                    }
                    maps++;
                }
            }
        }
        Evidence.of("maps", maps, exactly(45));
        Evidence.of("inner products", gap, below(1e-12));
        var two = new PolynomialKernel(2).features(Tensor.of(new double[][] {{2, 3}})).toDoubleArray();
        Arrays.sort(two);
        double r = Math.sqrt(2);
        assertThat(two).containsExactly(new double[] {1, 2 * r, 4, 3 * r, 6 * r, 9}, within(1e-14));
        assertThatThrownBy(() -> new PolynomialKernel(9).features(Tensor.ones(DType.F64, 1, 64))).hasMessageContaining("Nystroem");
    }

    /** Far from the origin and side by side: where |a|^2 + |b|^2 - 2 a.b has lost every digit. */
    @Test void distancesOfNearPointsFarAwayKeepTheirDigits() {
        var rng = Rng.of(4);
        Tensor base = Tensor.randn(rng, DType.F64, 3, 20).mul(1e7),
                x = base.indexSelect(0, Tensor.of(0, 0, 1, 1, 2, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0))
                        .add(Tensor.randn(rng, DType.F64, 16, 20).mul(0.1)).compute();
        double[][] rows = x.toRows();
        var gap = Gap.absolute();
        var kernel = new Rbf(0.5);
        double[][] k = kernel.gram(x).toRows(), cross = kernel.gram(x, x.add(0.0)).toRows();
        double off = 0;
        for (int i = 0; i < 16; i++) {
            assertThat(k[i][i]).isEqualTo(1);
            for (int j = 0; j < 16; j++) {
                double s = 0;
                for (int c = 0; c < 20; c++) s += (rows[i][c] - rows[j][c]) * (rows[i][c] - rows[j][c]);
                gap.see("k", k[i][j], Math.exp(-2 * s));
                gap.see("k", cross[i][j], Math.exp(-2 * s));
                if (i != j) off = Math.max(off, k[i][j]);
                assertThat(k[i][j]).isEqualTo(k[j][i]);
            }
        }
        Evidence.of("largest value off the diagonal", off, above(0.1));
        Evidence.of("gap", gap, below(1e-12));
    }

    /** Subsequences listed one by one (Lodhi and others, 2002, definition 1). */
    @Test void stringKernelCountsSubsequences() {
        String[] words = {"cat", "car", "bat", "gattaca", "aaaa", "catcar", "x", "tact"};
        Gap gap = Gap.relativeBeyondOne(), slopes = Gap.relativeBeyondOne();
        for (int length = 1; length <= 3; length++) {
            for (double decay : new double[] {0.5, 0.9, 1}) {
                var kernel = new StringKernel(length, decay, false);
                for (String s : words) {
                    for (String t : words) {
                        Map<String, Double> a = new LinkedHashMap<>(), b = new LinkedHashMap<>();
                        list(s, length, decay, 0, -1, "", a);
                        list(t, length, decay, 0, -1, "", b);
                        double sum = 0;
                        for (var e : a.entrySet()) sum += e.getValue() * b.getOrDefault(e.getKey(), 0.0);
                        gap.see(s + " " + t, kernel.of(s, t), sum);
                        if (decay == 1) continue;
                        for (boolean normalised : new boolean[] {false, true}) {
                            int q = length;
                            slopes.see(s + " " + t, new StringKernel(length, decay, normalised).decayGradient(s, t),
                                    slope(h -> new StringKernel(q, decay * Math.exp(h), normalised).of(s, t)));
                        }
                    }
                }
            }
        }
        Evidence.of("values", gap, below(1e-12));
        Evidence.of("slopes", slopes, below(1e-8));
        assertThat(new StringKernel(2, 0.5, false).of("cat", "car")).isEqualTo(Math.pow(0.5, 4));
        var gram = new StringKernel(2, 0.5).gram(List.of(words), List.of(words));
        assertThat(gram.item(0, 0)).isCloseTo(1, within(1e-15));
        assertThat(gram.item(0, 1)).isCloseTo(new StringKernel(2, 0.5).of("cat", "car"), within(1e-15));
        assertThat(gram.item(6, 6)).as("too short").isZero();
    }

    private static void list(String text, int left, double decay, int from, int first, String taken, Map<String, Double> into) {
        for (int i = from; i < text.length(); i++) {
            int start = first < 0 ? i : first;
            String longer = taken + text.charAt(i);
            if (left == 1) into.merge(longer, Math.pow(decay, i - start + 1), Double::sum);
            else list(text, left - 1, decay, i + 1, start, longer, into);
        }
    }

    @Test void sigmoidIsFlaggedAndMinimumIsNot() {
        var x = points(3, 30, 2);
        assertThat(new SigmoidKernel(1, -1).isValidOn(x)).isFalse();
        assertThat(new SigmoidKernel(1, -1).leastEigenvalue(x)).isLessThan(-0.1);
        assertThat(new Rbf(1.0).isValidOn(x)).isTrue();
        KernelFunction brownian = (s, t) -> Math.min(s[0], t[0]), lopsided = (s, t) -> Math.exp(-Math.abs(s[0] - 1.01 * t[0]));
        assertThat(brownian.isValidOn(x.abs())).isTrue();
        assertThat(lopsided.isValidOn(x)).as("not symmetric").isFalse();
        assertThatThrownBy(() -> brownian.inputGradient(x, x, Tensor.ones(DType.F64, 30, 30))).hasMessageContaining("addGradient");
    }

    @Test void badArgumentsAreNamed() {
        assertThatThrownBy(() -> new Rbf(0.0)).hasMessageContaining("length scale is 0.0");
        assertThatThrownBy(() -> new Rbf(1.0, 2.0).gram(points(1, 3, 3))).hasMessageContaining("2 length scales for points of 3");
        assertThatThrownBy(() -> new Matern(1, 1.0)).hasMessageContaining("nu is 1.0");
        assertThatThrownBy(() -> new PolynomialKernel(2, 1, -1)).hasMessageContaining("constant is -1.0");
        assertThatThrownBy(() -> new Rbf(1.0).withParameters(1, 2)).hasMessageContaining("2 values for 1");
        assertThatThrownBy(() -> new ChiSquareKernel(1).gram(points(1, 3, 2))).hasMessageContaining("histograms");
        assertThatThrownBy(() -> new Rbf(1.0).gram(points(1, 3, 2), points(1, 3, 3))).hasMessageContaining("columns must agree");
        assertThatThrownBy(() -> new StringKernel(2, 1.5)).hasMessageContaining("decay is 1.5");
    }
}
