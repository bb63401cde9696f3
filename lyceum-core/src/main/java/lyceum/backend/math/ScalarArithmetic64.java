package lyceum.backend.math;

import java.util.function.Supplier;

/** One F64 lane in plain Java: the meaning of {@link Arithmetic}'s operations, against which every other one is tested. */
public final class ScalarArithmetic64 implements Arithmetic<Double, Boolean> {
    /** The only one; it has no state. */
    public static final ScalarArithmetic64 INSTANCE = new ScalarArithmetic64();

    private ScalarArithmetic64() {}

    private static long raw(double x) { return Double.doubleToRawLongBits(x); }

    private static double of(long bits) { return Double.longBitsToDouble(bits); }

    @Override public boolean wide() { return true; }

    @Override public Double constant(double value) { return value; }

    @Override public Double bits(long bits) { return of(bits); }

    @Override public Double add(Double x, Double y) { return x + y; }

    @Override public Double sub(Double x, Double y) { return x - y; }

    @Override public Double mul(Double x, Double y) { return x * y; }

    @Override public Double div(Double x, Double y) { return x / y; }

    @Override public Double fma(Double x, Double y, Double z) { return Math.fma(x, y, z); }

    @Override public Double fnma(Double x, Double y, Double z) { return Math.fma(-x, y, z); }

    @Override public Double sqrt(Double x) { return Math.sqrt(x); }

    @Override public Double min(Double x, Double y) { return (double) x < (double) y ? x : y; }

    @Override public Double max(Double x, Double y) { return (double) x > (double) y ? x : y; }

    @Override public Double round(Double x) { return Math.rint(x); }

    @Override public Double abs(Double x) { return of(raw(x) & Long.MAX_VALUE); }

    @Override public Double neg(Double x) { return of(raw(x) ^ Long.MIN_VALUE); }

    @Override public Double copySign(Double x, Double sign) { return of(raw(x) & Long.MAX_VALUE | raw(sign) & Long.MIN_VALUE); }

    @Override public Double scale(Double x, Double n) { return Math.scalb(x, (int) (double) n); }

    @Override public Double exponent(Double x) {
        double a = Math.abs(x);
        if (!(a > 0 && a < Double.POSITIVE_INFINITY)) return a == 0 ? Double.NEGATIVE_INFINITY : a;
        return (double) (a < Double.MIN_NORMAL ? Math.getExponent(a * 0x1p54) - 54 : Math.getExponent(a));
    }

    @Override public Double mantissa(Double x) {
        double a = Math.abs(x);
        if (a != a) return x;
        if (a == 0 || a == Double.POSITIVE_INFINITY) return Math.copySign(1.0, x);
        double m = of(raw(a < Double.MIN_NORMAL ? a * 0x1p54 : a) & 0xFFFFFFFFFFFFFL | 0x3FF0000000000000L);
        return Math.copySign(m < 1.5 ? m : m / 2, x);
    }

    @Override public Double bitAnd(Double x, Double y) { return of(raw(x) & raw(y)); }

    @Override public Double bitOr(Double x, Double y) { return of(raw(x) | raw(y)); }

    @Override public Double bitXor(Double x, Double y) { return of(raw(x) ^ raw(y)); }

    @Override public Double addInt(Double x, Double y) { return of(raw(x) + raw(y)); }

    @Override public Double subInt(Double x, Double y) { return of(raw(x) - raw(y)); }

    @Override public Double shiftLeft(Double x, int count) { return of(raw(x) << count); }

    @Override public Double shiftRight(Double x, int count) { return of(raw(x) >>> count); }

    @Override public Double lookup(double[] table, Double index) { return table[(int) raw(index) & table.length - 1]; }

    @Override public Boolean less(Double x, Double y) { return (double) x < (double) y; }

    @Override public Boolean lessEqual(Double x, Double y) { return (double) x <= (double) y; }

    @Override public Boolean equal(Double x, Double y) { return (double) x == (double) y; }

    @Override public Boolean isNaN(Double x) { return Double.isNaN(x); }

    @Override public Boolean both(Boolean x, Boolean y) { return x && y; }

    @Override public Boolean either(Boolean x, Boolean y) { return x || y; }

    @Override public Boolean not(Boolean x) { return !x; }

    @Override public Double select(Boolean mask, Double x, Double y) { return mask ? x : y; }

    @Override public Double rarely(Boolean mask, Supplier<Double> slow, Double fast) { return mask ? slow.get() : fast; }

    /** The lanes are F64 already. */
    @Override public Double inDouble(Recipe.Unary recipe, Double x) { return recipe.apply(this, x); }

    /** The lanes are F64 already. */
    @Override public Double inDouble(Recipe.Binary recipe, Double x, Double y) { return recipe.apply(this, x, y); }
}
