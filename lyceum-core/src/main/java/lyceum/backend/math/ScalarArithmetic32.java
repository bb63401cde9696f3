package lyceum.backend.math;

import java.util.function.Supplier;

/** One F32 lane in plain Java: the meaning of {@link Arithmetic}'s operations, against which every other one is tested. */
public final class ScalarArithmetic32 implements Arithmetic<Float, Boolean> {
    /** The only one; it has no state. */
    public static final ScalarArithmetic32 INSTANCE = new ScalarArithmetic32();

    private ScalarArithmetic32() {}

    private static int raw(float x) { return Float.floatToRawIntBits(x); }

    private static float of(int bits) { return Float.intBitsToFloat(bits); }

    @Override public boolean wide() { return false; }

    @Override public Float constant(double value) { return (float) value; }

    @Override public Float bits(long bits) { return of((int) bits); }

    @Override public Float add(Float x, Float y) { return x + y; }

    @Override public Float sub(Float x, Float y) { return x - y; }

    @Override public Float mul(Float x, Float y) { return x * y; }

    @Override public Float div(Float x, Float y) { return x / y; }

    @Override public Float fma(Float x, Float y, Float z) { return Math.fma(x, y, z); }

    @Override public Float fnma(Float x, Float y, Float z) { return Math.fma(-x, y, z); }

    @Override public Float sqrt(Float x) { return (float) Math.sqrt(x); }

    @Override public Float min(Float x, Float y) { return (float) x < (float) y ? x : y; }

    @Override public Float max(Float x, Float y) { return (float) x > (float) y ? x : y; }

    @Override public Float round(Float x) { return (float) Math.rint(x); }

    @Override public Float abs(Float x) { return of(raw(x) & 0x7FFFFFFF); }

    @Override public Float neg(Float x) { return of(raw(x) ^ 0x80000000); }

    @Override public Float copySign(Float x, Float sign) { return of(raw(x) & 0x7FFFFFFF | raw(sign) & 0x80000000); }

    @Override public Float scale(Float x, Float n) { return Math.scalb(x, (int) (float) n); }

    @Override public Float exponent(Float x) {
        float a = Math.abs(x);
        if (!(a > 0 && a < Float.POSITIVE_INFINITY)) return a == 0 ? Float.NEGATIVE_INFINITY : a;
        return (float) (a < Float.MIN_NORMAL ? Math.getExponent(a * 0x1p24f) - 24 : Math.getExponent(a));
    }

    @Override public Float mantissa(Float x) {
        float a = Math.abs(x);
        if (a != a) return x;
        if (a == 0 || a == Float.POSITIVE_INFINITY) return Math.copySign(1f, x);
        float m = of(raw(a < Float.MIN_NORMAL ? a * 0x1p24f : a) & 0x7FFFFF | 0x3F800000);
        return Math.copySign(m < 1.5f ? m : m / 2, x);
    }

    @Override public Float bitAnd(Float x, Float y) { return of(raw(x) & raw(y)); }

    @Override public Float bitOr(Float x, Float y) { return of(raw(x) | raw(y)); }

    @Override public Float bitXor(Float x, Float y) { return of(raw(x) ^ raw(y)); }

    @Override public Float addInt(Float x, Float y) { return of(raw(x) + raw(y)); }

    @Override public Float subInt(Float x, Float y) { return of(raw(x) - raw(y)); }

    @Override public Float shiftLeft(Float x, int count) { return of(raw(x) << count); }

    @Override public Float shiftRight(Float x, int count) { return of(raw(x) >>> count); }

    @Override public Float lookup(double[] table, Float index) { return (float) table[raw(index) & table.length - 1]; }

    @Override public Boolean less(Float x, Float y) { return (float) x < (float) y; }

    @Override public Boolean lessEqual(Float x, Float y) { return (float) x <= (float) y; }

    @Override public Boolean equal(Float x, Float y) { return (float) x == (float) y; }

    @Override public Boolean isNaN(Float x) { return Float.isNaN(x); }

    @Override public Boolean both(Boolean x, Boolean y) { return x && y; }

    @Override public Boolean either(Boolean x, Boolean y) { return x || y; }

    @Override public Boolean not(Boolean x) { return !x; }

    @Override public Float select(Boolean mask, Float x, Float y) { return mask ? x : y; }

    @Override public Float rarely(Boolean mask, Supplier<Float> slow, Float fast) { return mask ? slow.get() : fast; }

    @Override public Float inDouble(Recipe.Unary recipe, Float x) {
        return (float) (double) recipe.apply(ScalarArithmetic64.INSTANCE, (double) x);
    }

    @Override public Float inDouble(Recipe.Binary recipe, Float x, Float y) {
        return (float) (double) recipe.apply(ScalarArithmetic64.INSTANCE, (double) x, (double) y);
    }
}
