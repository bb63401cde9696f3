package lyceum.backend.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Exponentials and logarithms of blocks in plain vector arithmetic; {@code n} is a multiple of the vector's length. {@code r} may be {@code a}.
 *
 * <p>The operators EXP, LOG and TANH of the incubator module call a native library from compiled code and {@link Math} from interpreted code,
 * so that their bits change when the JIT has compiled a loop. Additions, products and fused ones have the same bits everywhere. Each function
 * is several short loops: C2 stops inlining vector operations in a loop with too many of them.
 */
final class VectorMath {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Double> D = DoubleVector.SPECIES_PREFERRED;
    private static final float LOG2E = 1.44269504f, LN2_HIGH = 0.69314718f, LN2_LOW = (float) (0.6931471805599453094 - (double) LN2_HIGH);
    private static final double LN2_HIGH_64 = 0.6931471805599453, LN2_LOW_64 = 2.3190468138462996e-17, LOG2E_64 = 1.4426950408889634;
    /** Adding it rounds a small number to an integer, which then stands in the low bits. */
    private static final float ROUND = 0x1.8p23f;
    private static final double ROUND_64 = 0x1.8p52;
    private static final int SQRT_HALF = 0x3F3504F3;
    private static final long SQRT_HALF_64 = 0x3FE6A09E667F3BCDL;
    private static final float[] EXP = {1f / 720, 1f / 120, 1f / 24, 1f / 6, 0.5f, 1, 1};
    /** 1/13!, 1/12!, ..., 1, 1. */
    private static final double[] EXP_64 = new double[14];

    static {
        double factorial = 1;
        for (int k = 0; k < EXP_64.length; k++) {
            EXP_64[EXP_64.length - 1 - k] = 1 / factorial;
            factorial *= k + 1;
        }
    }

    private VectorMath() { }

    /** {@code 2^n exp(s)} with {@code x = n log 2 + s}, |s| at most log(2) / 2, and exp(s) by its series. */
    static void exp(float[] a, float[] r, int n) {
        var power = new float[n];
        for (int i = 0; i < n; i += F.length()) {
            var x = FloatVector.fromArray(F, a, i).max(-104f).min(89f);
            var rounded = x.mul(LOG2E).add(ROUND);
            rounded.intoArray(power, i);
            var k = rounded.sub(ROUND);
            k.fma(FloatVector.broadcast(F, -LN2_LOW), k.fma(FloatVector.broadcast(F, -LN2_HIGH), x)).intoArray(r, i);
        }
        for (int i = 0; i < n; i += F.length()) {
            var s = FloatVector.fromArray(F, r, i);
            var p = FloatVector.broadcast(F, 1f / 5040);
            for (float c : EXP) p = p.fma(s, FloatVector.broadcast(F, c));
            p.intoArray(r, i);
        }
        for (int i = 0; i < n; i += F.length()) {
            // In two steps, since 2^k alone may be beyond what a float holds.
            var k = FloatVector.fromArray(F, power, i).reinterpretAsInts().sub(0x4B400000);
            var half = k.lanewise(VectorOperators.ASHR, 1);
            var one = half.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
            var two = k.sub(half).add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
            FloatVector.fromArray(F, r, i).mul(one).mul(two).intoArray(r, i);
        }
    }

    static void exp(double[] a, double[] r, int n) {
        var power = new double[n];
        for (int i = 0; i < n; i += D.length()) {
            var x = DoubleVector.fromArray(D, a, i).max(-746).min(710);
            var rounded = x.mul(LOG2E_64).add(ROUND_64);
            rounded.intoArray(power, i);
            var k = rounded.sub(ROUND_64);
            k.fma(DoubleVector.broadcast(D, -LN2_LOW_64), k.fma(DoubleVector.broadcast(D, -LN2_HIGH_64), x)).intoArray(r, i);
        }
        for (int i = 0; i < n; i += D.length()) {
            var s = DoubleVector.fromArray(D, r, i);
            var p = DoubleVector.broadcast(D, EXP_64[0]);
            for (int k = 1; k < EXP_64.length; k++) p = p.fma(s, DoubleVector.broadcast(D, EXP_64[k]));
            p.intoArray(r, i);
        }
        for (int i = 0; i < n; i += D.length()) {
            var k = DoubleVector.fromArray(D, power, i).reinterpretAsLongs().sub(0x4338000000000000L);
            var half = k.lanewise(VectorOperators.ASHR, 1);
            var one = half.add(1023).lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles();
            var two = k.sub(half).add(1023).lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles();
            DoubleVector.fromArray(D, r, i).mul(one).mul(two).intoArray(r, i);
        }
    }

    /** {@code e log 2 + log m} with {@code x = 2^e m}, m about 1, and log m = 2 atanh((m - 1) / (m + 1)) by its series. */
    static void log(float[] in, float[] r, int n) {
        var a = in == r ? java.util.Arrays.copyOf(in, n) : in; // read again at the end
        var exponent = new float[n];
        for (int i = 0; i < n; i += F.length()) {
            var x = FloatVector.fromArray(F, a, i);
            var tiny = x.lt(Float.MIN_NORMAL);
            var bits = x.mul(FloatVector.broadcast(F, 1f).blend(0x1p24f, tiny)).reinterpretAsInts().sub(SQRT_HALF);
            bits.and(0x7FFFFF).add(SQRT_HALF).reinterpretAsFloats().intoArray(r, i);
            ((FloatVector) bits.lanewise(VectorOperators.ASHR, 23).convert(VectorOperators.I2F, 0)).sub(FloatVector.broadcast(F, 0f).blend(24f, tiny)).intoArray(exponent, i);
        }
        for (int i = 0; i < n; i += F.length()) {
            var m = FloatVector.fromArray(F, r, i);
            var e = FloatVector.fromArray(F, exponent, i);
            var s = m.sub(1f).div(m.add(1f));
            var z = s.mul(s);
            var q = FloatVector.broadcast(F, 2f / 11);
            for (int k = 9; k >= 3; k -= 2) q = q.fma(z, FloatVector.broadcast(F, 2f / k));
            e.fma(FloatVector.broadcast(F, LN2_HIGH), s.add(s).add(s.mul(z).fma(q, e.mul(LN2_LOW)))).intoArray(r, i);
        }
        for (int i = 0; i < n; i += F.length()) {
            var x = FloatVector.fromArray(F, a, i);
            var y = FloatVector.fromArray(F, r, i).blend(Float.NEGATIVE_INFINITY, x.eq(0f)).blend(Float.NaN, x.lt(0f));
            y.blend(x, x.eq(Float.POSITIVE_INFINITY).or(x.compare(VectorOperators.NE, x))).intoArray(r, i);
        }
    }

    static void log(double[] in, double[] r, int n) {
        var a = in == r ? java.util.Arrays.copyOf(in, n) : in; // read again at the end
        var exponent = new double[n];
        for (int i = 0; i < n; i += D.length()) {
            var x = DoubleVector.fromArray(D, a, i);
            var tiny = x.lt(Double.MIN_NORMAL);
            var bits = x.mul(DoubleVector.broadcast(D, 1.0).blend(0x1p54, tiny)).reinterpretAsLongs().sub(SQRT_HALF_64);
            bits.and(0xFFFFFFFFFFFFFL).add(SQRT_HALF_64).reinterpretAsDoubles().intoArray(r, i);
            ((DoubleVector) bits.lanewise(VectorOperators.ASHR, 52).convert(VectorOperators.L2D, 0)).sub(DoubleVector.broadcast(D, 0.0).blend(54, tiny)).intoArray(exponent, i);
        }
        for (int i = 0; i < n; i += D.length()) {
            var m = DoubleVector.fromArray(D, r, i);
            var e = DoubleVector.fromArray(D, exponent, i);
            var s = m.sub(1).div(m.add(1));
            var z = s.mul(s);
            var q = DoubleVector.broadcast(D, 2.0 / 23);
            for (int k = 21; k >= 3; k -= 2) q = q.fma(z, DoubleVector.broadcast(D, 2.0 / k));
            e.fma(DoubleVector.broadcast(D, LN2_HIGH_64), s.add(s).add(s.mul(z).fma(q, e.mul(LN2_LOW_64)))).intoArray(r, i);
        }
        for (int i = 0; i < n; i += D.length()) {
            var x = DoubleVector.fromArray(D, a, i);
            var y = DoubleVector.fromArray(D, r, i).blend(Double.NEGATIVE_INFINITY, x.eq(0)).blend(Double.NaN, x.lt(0));
            y.blend(x, x.eq(Double.POSITIVE_INFINITY).or(x.compare(VectorOperators.NE, x))).intoArray(r, i);
        }
    }

    /** exp of a number below zero cannot overflow: e = exp(-|x|), then 1 / (1 + e) or e / (1 + e). */
    static void sigmoid(float[] in, float[] r, int n) {
        var a = in == r ? java.util.Arrays.copyOf(in, n) : in; // read again at the end
        var below = new float[n];
        for (int i = 0; i < n; i += F.length()) FloatVector.fromArray(F, a, i).abs().neg().intoArray(below, i);
        exp(below, r, n);
        for (int i = 0; i < n; i += F.length()) {
            var e = FloatVector.fromArray(F, r, i);
            FloatVector.broadcast(F, 1f).blend(e, FloatVector.fromArray(F, a, i).lt(0f)).div(e.add(1f)).intoArray(r, i);
        }
    }

    /** {@code 1 - 2 / (exp(2x) + 1)} in double, so that the float is rounded once; near 0, where that cancels, {@code x - x^3 / 3}. */
    static void tanh(float[] a, float[] r, int n) {
        var e = new double[n];
        for (int i = 0; i < n; i++) e[i] = 2.0 * Math.abs(a[i]);
        exp(e, e, n);
        for (int i = 0; i < n; i++) {
            double x = a[i], far = Math.copySign(1 - 2 / (e[i] + 1), x), near = x - x * x * x / 3;
            r[i] = (float) (Math.abs(x) < 1e-3 ? near : far);
        }
    }
}
