package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.maxDifference;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SlerpTest {
    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += x[i] * y[i];
        return sum;
    }

    private static double[] unit(Rng rng, int n) {
        double[] x = Tensor.randn(rng, DType.F64, n).toDoubleArray();
        double norm = Math.sqrt(dot(x, x));
        for (int i = 0; i < n; i++) x[i] /= norm;
        return x;
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "slerp", clause = 1) void weightsAreTheSinesOfTwoToAMillionDimensions() {
        var rng = Rng.of(246);
        Gap gap = Gap.absolute(), lengths = Gap.relative(), raw = Gap.absolute();
        int pairs = 0, most = 0, least = Integer.MAX_VALUE;
        for (; pairs < 1_000; pairs++) {
            int n = pairs < 3 ? 1_000_000 : (int) Math.round(Math.exp(Math.log(2) + (Math.log(1e5) - Math.log(2)) * rng.nextDouble()));
            most = Math.max(most, n);
            least = Math.min(least, n);
            double[] u = unit(rng, n), v = unit(rng, n);
            double t = rng.nextDouble(), w = Math.acos(Math.clamp(dot(u, v), -1, 1)), a = Math.exp(rng.nextGaussian()),
                    b = Math.exp(rng.nextGaussian());
            double first = Math.sin((1 - t) * w) / Math.sin(w), second = Math.sin(t * w) / Math.sin(w);
            Tensor tu = Tensor.of(u), tv = Tensor.of(v);
            double[] found = Slerp.of(tu, tv, t).toDoubleArray();
            double worst = 0;
            for (int i = 0; i < n; i++) worst = Math.max(worst, Math.abs(found[i] - (first * u[i] + second * v[i])));
            gap.see("pair " + pairs + ", n = " + n, worst, 0);
            if (n > 1_000) continue;
            // Lengths: straight, evenly growing, or sine weights on what is given.
            Tensor x = tu.mul(a), y = tv.mul(b);
            lengths.see("linear", Slerp.of(x, y, t).norm().item(), (1 - t) * a + t * b);
            lengths.see("geometric", new Slerp().withLength(Slerp.Length.GEOMETRIC).run(x, y, t).norm().item(),
                    Math.pow(a, 1 - t) * Math.pow(b, t));
            raw.see("raw", maxDifference(new Slerp().withLength(Slerp.Length.RAW).run(x, y, t), x.mul(first).add(y.mul(second))), 0);
        }
        Evidence.of("pairs", pairs, exactly(1_000));
        Evidence.of("fewest dimensions", least, exactly(2));
        Evidence.of("most dimensions", most, exactly(1_000_000));
        Evidence.of("largest gap to the sine weights", gap, atMost(1e-10));
        Evidence.of("gap of interpolated lengths, relative", lengths, atMost(1e-10));
        Evidence.of("gap of raw weights", raw, atMost(1e-10));
    }

    @Test
    @Acceptance(topic = "slerp", clause = 2) void unitInputsStayUnitAndTheAngleGrowsEvenly() {
        var rng = Rng.of(2462);
        Gap length = Gap.absolute(), angle = Gap.absolute(), single = Gap.absolute();
        for (int draw = 0; draw < 1_000; draw++) {
            int n = 2 + rng.nextInt(60);
            double[] u = unit(rng, n), v = unit(rng, n);
            double t = draw % 5 == 0 ? draw % 2 : rng.nextDouble(), w = Math.acos(Math.clamp(dot(u, v), -1, 1));
            double[] found = Slerp.of(Tensor.of(u), Tensor.of(v), t).toDoubleArray();
            length.see("length", Math.sqrt(dot(found, found)), 1);
            angle.see("from the start", Math.acos(Math.clamp(dot(u, found), -1, 1)), t * w);
            double[] floats = Slerp.of(Tensor.of(u).to(DType.F32), Tensor.of(v).to(DType.F32), t).toDoubleArray();
            single.see("length in F32", Math.sqrt(dot(floats, floats)), 1);
        }
        Evidence.of("length, from 1", length, atMost(1e-7));
        Evidence.of("angle from the start, from t w", angle, atMost(1e-6));
        Evidence.of("length in F32, from 1", single, atMost(1e-7));
    }

    @Test
    @Acceptance(topic = "slerp", clause = 3) void quaternionsEqualScipyTheShortWayRound() {
        var golden = Golden.load("golden/slerp.json").named("quaternions");
        Gap gap = Gap.absolute(), unit = Gap.absolute();
        int negative = 0, k = 0;
        for (; k < 1_000; k++) {
            var r = new Recipe(246_000 + k);
            double[] p = r.bells(4), q = r.bells(4), expected = golden.doubles("expected." + k);
            double t = r.uniform();
            if (dot(p, q) < 0 != (k % 2 == 0)) for (int i = 0; i < 4; i++) q[i] = -q[i];
            if (dot(p, q) < 0) negative++;
            double[] found = Slerp.quaternion(Tensor.of(p), Tensor.of(q), t).toDoubleArray();
            double sign = dot(found, expected) < 0 ? -1 : 1;
            for (int i = 0; i < 4; i++) gap.see("pair " + k, sign * found[i], expected[i]);
            unit.see("length", Math.sqrt(dot(found, found)), 1);
        }
        Tensor p = Tensor.of(1.0f, 2, 3, 4), q = Tensor.of(5.0f, -1, 2, 0);
        assertThat(maxDifference(Slerp.quaternion(p, q, 0.3), Slerp.quaternion(p.to(DType.F64), q.to(DType.F64), 0.3).to(DType.F32)))
                .as("F32 is rounded once").isZero();
        Evidence.of("pairs", k, exactly(1_000));
        Evidence.of("of them with a negative inner product", negative, exactly(500));
        Evidence.of("largest gap to SciPy, up to sign", gap, atMost(1e-10));
        Evidence.of("length, from 1", unit, atMost(1e-12));
    }

    @Test
    @Acceptance(topic = "slerp", clause = 4) void tinyAnglesGiveNumbers() {
        var rng = Rng.of(2464);
        int results = 0, notFinite = 0;
        var angle = Gap.relative();
        for (double w : new double[] {1e-3, 1e-5, 1e-7, 1e-8, 3e-9, 1e-9, 1e-12, 1e-16, 1e-200, 0}) for (int draw = 0; draw < 50; draw++) {
            int n = 2 + rng.nextInt(20);
            double[] u = unit(rng, n), s = unit(rng, n), v = new double[n];
            double along = dot(u, s), norm = Math.sqrt(Math.max(1e-30, 1 - along * along));
            if (norm < 0.1) continue;
            for (int i = 0; i < n; i++) v[i] = Math.cos(w) * u[i] + Math.sin(w) * (s[i] - along * u[i]) / norm;
            double t = rng.nextDouble();
            for (var type : new DType[] {DType.F64, DType.F32}) for (var length : Slerp.Length.values()) {
                double[] found = new Slerp().withLength(length).run(Tensor.of(u).to(type), Tensor.of(v).to(type), t).toDoubleArray();
                for (double x : found) {
                    results++;
                    if (!Double.isFinite(x)) notFinite++;
                }
                if (type == DType.F64 && w >= 1e-9) {
                    double[] moved = new double[n];
                    for (int i = 0; i < n; i++) moved[i] = found[i] - u[i];
                    angle.see("w = " + w, 2 * Math.asin(Math.sqrt(dot(moved, moved)) / 2) / w + 1, t + 1);
                }
            }
        }
        Evidence.of("numbers", results, above(10_000));
        Evidence.of("NaN or infinite ones", notFinite, exactly(0));
        Evidence.of("share of the way, down to 1e-9, from t", angle, atMost(1e-6));
    }

    @Test void oppositeInputsNeedAnAxisAndZerosHaveNoDirection() {
        Tensor u = Tensor.of(0.0, 3, 0), v = u.mul(-1);
        assertThatThrownBy(() -> Slerp.of(u, v, 0.5)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("inputs are opposite");
        var over = new Slerp().withAxis(Tensor.of(1.0, 5, 0));
        assertThat(maxDifference(over.run(u, v, 0.5), Tensor.of(3.0, 0, 0))).isLessThan(1e-14);
        assertThat(maxDifference(over.run(u, v, 0.25), Tensor.of(3 * Math.sqrt(0.5), 3 * Math.sqrt(0.5), 0))).isLessThan(1e-14);
        assertThat(maxDifference(over.run(u, v, 1), v)).isLessThan(1e-14);
        assertThatThrownBy(() -> new Slerp().withAxis(u).run(u, v, 0.5)).hasMessageContaining("axis is parallel");
        assertThat(maxDifference(Slerp.of(Tensor.zeros(DType.F64, 3), u, 0.25), Tensor.of(0, 0.75, 0))).isZero();
        // The angle is of the whole tensor, whatever its shape.
        var rng = Rng.of(9);
        Tensor a = Tensor.randn(rng, DType.F64, 4, 6).compute(), b = Tensor.randn(rng, DType.F64, 4, 6).compute();
        assertThat(maxDifference(Slerp.of(a, b, 0.3).reshape(24), Slerp.of(a.reshape(24), b.reshape(24), 0.3))).isZero();
        assertThat(Slerp.quaternion(Tensor.of(1.0, 0, 0, 0), Tensor.of(-1.0, 0, 0, 0), 0.5).item(0)).isCloseTo(1, within(1e-15));
        assertThatThrownBy(() -> Slerp.of(u, Tensor.of(1.0), 0.5)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Slerp.of(u, u, 1.5)).hasMessageContaining("t is 1.5");
    }
}
