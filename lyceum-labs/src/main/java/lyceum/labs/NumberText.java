package lyceum.labs;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them: six significant digits at most, no trailing zeros, powers of ten only where they help. */
public final class NumberText {

    private static final MathContext SIX = new MathContext(6);

    private NumberText() {}

    /** {@code 0.1}, {@code 1e-9}, {@code 12}, {@code 3.14159}, {@code 1.5e12}. */
    public static String of(double value) {
        if (!Double.isFinite(value)) return Double.isNaN(value) ? "NaN" : value > 0 ? "infinity" : "-infinity";
        var rounded = new BigDecimal(value).round(SIX).stripTrailingZeros();
        double size = Math.abs(value);
        if (value == 0 || size >= 1e-4 && size < 1e9) return value == 0 ? "0" : rounded.toPlainString();
        int exponent = rounded.precision() - rounded.scale() - 1;
        return rounded.movePointLeft(exponent).toPlainString() + String.format(Locale.ROOT, "e%d", exponent);
    }
}
