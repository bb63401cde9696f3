package lyceum.tensor;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import lyceum.DType;
import lyceum.backend.scalar.Elements;

/**
 * Text as NumPy prints arrays under its default options: eight digits after the point, each number as short as its type allows, one form and
 * width for all, lines of 75 characters, and beyond 1000 elements only three at each end of an axis. A scalar is written in full.
 */
final class Printer {
    private static final int EDGE = 3, THRESHOLD = 1000, DIGITS = 8, LINE = 75;

    private final String[] words;
    private final boolean cut;
    private int next;

    private Printer(String[] words, boolean cut) {
        this.words = words;
        this.cut = cut;
    }

    static String print(Tensor x) {
        if (x.count() == 0) return "[]";
        if (x.rank() == 0) return scalar(x);
        boolean cut = x.count() > THRESHOLD;
        return new Printer(words(cut ? corners(x) : x), cut).array(x.shape(), 0);
    }

    /** The sub-array at {@code axis}; its words come one after another. */
    private String array(Shape shape, int axis) {
        long n = shape.size(axis);
        boolean gap = cut && n > 2 * EDGE;
        int shown = (int) (gap ? 2 * EDGE : n);
        var indent = " ".repeat(axis + 1);
        if (axis == shape.rank() - 1) return "[" + row(shown, gap, indent) + "]";
        var lines = "\n".repeat(shape.rank() - 1 - axis) + indent;
        var text = new StringBuilder("[");
        for (int i = 0; i < shown; i++) {
            if (i > 0) text.append(lines);
            if (gap && i == EDGE) text.append("...").append(lines);
            text.append(array(shape, axis + 1));
        }
        return text.append(']').toString();
    }

    /** Words side by side, on a new line where one would not fit with a bracket after it for every open one. */
    private String row(int shown, boolean gap, String indent) {
        int room = LINE - indent.length();
        var text = new StringBuilder();
        var line = new StringBuilder(indent);
        for (int i = 0; i < shown; i++) {
            if (gap && i == EDGE) place(text, line, "...", room, indent).append(' ');
            place(text, line, words[next++], room, indent);
            if (i < shown - 1) line.append(' ');
        }
        return text.append(line).substring(indent.length());
    }

    private static StringBuilder place(StringBuilder text, StringBuilder line, String word, int room, String indent) {
        if (line.length() + word.length() > room && line.length() > indent.length()) {
            text.append(line.toString().stripTrailing()).append('\n');
            line.setLength(0);
            line.append(indent);
        }
        return line.append(word);
    }

    /** The ends of every long axis. */
    private static Tensor corners(Tensor x) {
        var part = x.detach();
        for (int axis = 0; axis < x.rank(); axis++) {
            long n = part.size(axis);
            if (n > 2 * EDGE) part = Tensor.concat(axis, part.narrow(axis, 0, EDGE), part.narrow(axis, n - EDGE, EDGE));
        }
        return part;
    }

    private static String[] words(Tensor x) {
        var words = new String[(int) x.count()];
        if (x.dtype().isFloat()) {
            var values = x.toDoubleArray();
            var format = Format.of(values, x.dtype());
            for (int i = 0; i < words.length; i++) words[i] = format.text(values[i]);
            return words;
        }
        var values = x.toLongArray();
        int width = 0;
        for (int i = 0; i < words.length; i++) {
            words[i] = x.dtype() == DType.BOOL ? truth(values[i]) : Long.toString(values[i]);
            width = Math.max(width, words[i].length());
        }
        if (x.dtype() == DType.BOOL) width = 5;
        for (int i = 0; i < words.length; i++) words[i] = left(words[i], width);
        return words;
    }

    private static String truth(long value) { return value != 0 ? "True" : "False"; }

    private static String left(String text, int width) { return " ".repeat(Math.max(0, width - text.length())) + text; }

    /** All digits; with an exponent below 1e-4 and from 1e16. */
    private static String scalar(Tensor x) {
        if (x.dtype() == DType.BOOL) return truth(x.itemLong());
        if (!x.dtype().isFloat()) return Long.toString(x.itemLong());
        double v = x.item(), size = Math.abs(v);
        if (!Double.isFinite(v)) return special(v);
        var digits = shortest(v, x.dtype());
        if (v != 0 && (size < 1e-4 || size >= 1e16)) return sign(v) + scientific(digits, digits.precision() - 1, 2).replace(".e", "e");
        return sign(v) + digits.setScale(Math.max(1, digits.scale())).toPlainString();
    }

    private static String sign(double v) { return Double.doubleToRawLongBits(v) < 0 ? "-" : ""; }

    private static String special(double v) { return v != v ? "nan" : v > 0 ? "inf" : "-inf"; }

    /** The fewest digits that name {@code |v|} among the numbers of its type, without trailing zeros. */
    private static BigDecimal shortest(double v, DType type) {
        double size = Math.abs(v);
        if (size == 0) return BigDecimal.ZERO;
        // Java writes two digits where one would do for the smallest numbers, and knows no 16-bit type: look for fewer.
        boolean half = type == DType.F16 || type == DType.BF16;
        var exact = new BigDecimal(size);
        for (int n = 1; n <= (half ? 5 : 1); n++) {
            var few = exact.round(new MathContext(n, RoundingMode.HALF_EVEN));
            if (narrow(type, few.doubleValue()) == size) return few.stripTrailingZeros();
        }
        if (half) return exact.stripTrailingZeros();
        return new BigDecimal(type == DType.F32 ? Float.toString((float) size) : Double.toString(size)).stripTrailingZeros();
    }

    private static double narrow(DType type, double v) {
        return switch (type) {
            case F32 -> (float) v;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) v));
            case BF16 -> Elements.fromBf16(Elements.toBf16((float) v));
            default -> v;
        };
    }

    /** {@code d.ddde+xx} with that many digits after the point. */
    private static String scientific(BigDecimal digits, int decimals, int exponentDigits) {
        int exponent = digits.signum() == 0 ? 0 : digits.precision() - digits.scale() - 1;
        var fraction = digits.signum() == 0 ? "0" : digits.unscaledValue().toString();
        fraction += "0".repeat(Math.max(0, decimals + 1 - fraction.length()));
        var power = Integer.toString(Math.abs(exponent));
        return fraction.charAt(0) + "." + fraction.substring(1) + (exponent < 0 ? "e-" : "e+")
                + "0".repeat(Math.max(0, exponentDigits - power.length())) + power;
    }

    /** How the floats of one array are written: {@code before} and {@code after} are the widths on both sides of the point. */
    private record Format(DType type, boolean scientific, int before, int after, int decimals, int exponentDigits) {

        static Format of(double[] values, DType type) {
            boolean scientific = needsExponent(values, type), negativeInfinity = false, finite = true;
            int before = 0, decimals = 0, exponentDigits = 2;
            for (double v : values) {
                finite &= Double.isFinite(v);
                negativeInfinity |= v == Double.NEGATIVE_INFINITY;
                if (!Double.isFinite(v)) continue;
                var d = digits(v, type, scientific);
                decimals = Math.max(decimals, scientific ? d.precision() - 1 : d.scale());
                before = Math.max(before, sign(v).length() + (scientific ? 1 : Math.max(1, d.precision() - d.scale())));
                if (scientific && d.signum() != 0)
                    exponentDigits = Math.max(exponentDigits, Integer.toString(Math.abs(d.precision() - d.scale() - 1)).length());
            }
            int after = scientific ? exponentDigits + 2 + decimals : decimals;
            if (!finite) before = Math.max(before, (negativeInfinity ? 4 : 3) - after - 1);
            return new Format(type, scientific, before, after, decimals, exponentDigits);
        }

        /** Large, small or far apart. NumPy compares in the array's own type. */
        private static boolean needsExponent(double[] values, DType type) {
            double largest = 0, smallest = Double.MAX_VALUE;
            for (double v : values) {
                if (!Double.isFinite(v) || v == 0) continue;
                largest = Math.max(largest, Math.abs(v));
                smallest = Math.min(smallest, Math.abs(v));
            }
            return largest > 0
                    && (largest >= narrow(type, 1e8) || smallest < narrow(type, 1e-4) || narrow(type, largest / smallest) > 1000);
        }

        /** The shortest digits, or the exact value rounded where these are too many. */
        private static BigDecimal digits(double v, DType type, boolean scientific) {
            var d = shortest(v, type);
            if (scientific) return d.precision() > DIGITS + 1
                    ? new BigDecimal(Math.abs(v)).round(new MathContext(DIGITS + 1, RoundingMode.HALF_EVEN)).stripTrailingZeros() : d;
            if (d.scale() > DIGITS) d = new BigDecimal(Math.abs(v)).setScale(DIGITS, RoundingMode.HALF_EVEN).stripTrailingZeros();
            return d.scale() < 0 || d.signum() == 0 ? d.setScale(0) : d;
        }

        String text(double v) {
            if (!Double.isFinite(v)) return left(special(v), before + 1 + after);
            var d = digits(v, type, scientific);
            // With an exponent, NumPy fills up with the digits of the exact value, not with zeros.
            if (scientific && v != 0 && d.precision() <= decimals)
                d = new BigDecimal(Math.abs(v)).round(new MathContext(decimals + 1, RoundingMode.HALF_EVEN)).stripTrailingZeros();
            if (scientific) return left(sign(v) + Printer.scientific(d, decimals, exponentDigits), before + 1 + after);
            var plain = d.scale() == 0 ? d.toPlainString() + "." : d.toPlainString();
            return left(sign(v) + plain + " ".repeat(after - d.scale()), before + 1 + after);
        }
    }
}
