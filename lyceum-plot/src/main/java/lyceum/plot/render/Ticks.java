package lyceum.plot.render;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Places and texts of an axis's marks: steps of 1, 2 or 5 times a power of ten; on a logarithmic axis powers of ten.
 *
 * @param at values, ascending
 * @param labels one for each
 */
record Ticks(double[] at, List<String> labels) {
    private static final String SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    static final Ticks NONE = new Ticks(new double[0], List.of());

    /** About {@code target} marks in [low, high]; {@code whole}: none between whole numbers. */
    static Ticks linear(double low, double high, int target, boolean whole) {
        double span = high - low;
        if (!(span > 0) || !Double.isFinite(span)) return Double.isFinite(low) ? new Ticks(new double[] {low}, List.of(number(low))) : NONE;
        double raw = span / Math.max(1, target);
        int power = (int) Math.floor(Math.log10(raw));
        double base = Math.pow(10, power);
        double mantissa = raw / base;
        int factor = mantissa < 1.4 ? 1 : mantissa < 3.2 ? 2 : mantissa < 7.1 ? 5 : 10;
        double step = factor * base;
        if (whole && step < 1) {
            step = 1;
            power = 0;
        }
        if (factor == 10) power++;
        double first = Math.ceil(low / step - 1e-9);
        double last = Math.floor(high / step + 1e-9);
        if (!(last - first < 1_000) || step == 0) return new Ticks(new double[] {low, high}, List.of(number(low), number(high)));
        int n = (int) (last - first) + 1;
        var at = new double[Math.max(0, n)];
        var labels = new ArrayList<String>();
        double largest = Math.max(Math.abs(low), Math.abs(high));
        boolean scientific = largest >= 1e6 || largest < 1e-3 || power < -6;
        for (int i = 0; i < at.length; i++) {
            at[i] = decimal((first + i) * step, power);
            labels.add(scientific ? scientific(at[i], significant(largest, power)) : fixed(at[i], Math.max(0, -power)));
        }
        return new Ticks(at, labels);
    }

    /** Powers of ten in [low, high], thinned to about {@code target}; where they are fewer than three also their multiples by 2 and 5. */
    static Ticks log(double low, double high, int target) {
        if (!(low > 0) || !(high >= low) || Double.isInfinite(high)) return NONE;
        int from = (int) Math.floor(Math.log10(low) + 1e-9);
        int to = (int) Math.ceil(Math.log10(high) - 1e-9);
        int stride = Math.max(1, (int) Math.ceil((to - from) / (1.5 * Math.max(1, target))));
        // Multiples of the stride, so that 1 is among the marks; a stride that leaves fewer than three, or two of two, is too long.
        var at = powers(low, high, Math.floorDiv(from, stride) * stride, to, stride);
        for (; at.size() < Math.clamp(target, 2, 3) && stride > 1; stride--) at = powers(low, high, from, to, stride - 1);
        if (at.size() < 3 && target > 2) at = powers(low, high, from, to, 1, 2, 5);
        if (at.size() < 2) return linear(low, high, target, false);
        return new Ticks(at.stream().mapToDouble(Double::doubleValue).toArray(),
                at.stream().map(v -> v >= 1e-3 && v < 1e6 ? number(v) : scientific(v, 1)).toList());
    }

    private static List<Double> powers(double low, double high, int from, int to, int stride, int... multiples) {
        var at = new ArrayList<Double>();
        for (int p = from; p <= to; p += stride) {
            double power = Math.pow(10, p);
            keep(at, power, low, high);
            for (int m : multiples) keep(at, m * power, low, high);
        }
        return at;
    }

    private static void keep(List<Double> at, double v, double low, double high) {
        if (Double.isFinite(v) && v > 0 && v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9)) at.add(v);
    }

    private static double decimal(double v, int power) {
        if (v == 0 || !Double.isFinite(v)) return 0;
        return power < -300 ? v : new BigDecimal(v).setScale(Math.max(0, -power) + 1, RoundingMode.HALF_EVEN).doubleValue();
    }

    private static int significant(double largest, int power) {
        return Math.clamp((int) Math.floor(Math.log10(largest)) - power + 1, 1, 6);
    }

    private static String fixed(double v, int decimals) { return minus(String.format(Locale.ROOT, "%,." + decimals + "f", v)); }

    /** As {@code 2×10⁶}, with at most so many digits. */
    private static String scientific(double v, int digits) {
        if (v == 0) return "0";
        int exponent = (int) Math.floor(Math.log10(Math.abs(v)) + 1e-12);
        double mantissa = exponent < -300 ? v * 1e300 / Math.pow(10, exponent + 300) : v / Math.pow(10, exponent);
        var m = trimmed(String.format(Locale.ROOT, "%." + Math.max(0, digits - 1) + "f", mantissa));
        var power = new StringBuilder("10");
        for (char c : Integer.toString(exponent).toCharArray()) power.append(c == '-' ? '⁻' : SUPERSCRIPTS.charAt(c - '0'));
        if (m.equals("1")) return power.toString();
        if (m.equals("-1")) return "−" + power;
        return minus(m) + "×" + power;
    }

    /** A value for a label or a tooltip: four significant digits, no trailing zeros. */
    static String number(double v) {
        if (!Double.isFinite(v)) return Double.isNaN(v) ? "" : v > 0 ? "∞" : "−∞";
        double a = Math.abs(v);
        if (a != 0 && (a >= 1e6 || a < 1e-3)) return scientific(v, 3);
        int decimals = a == 0 ? 0 : Math.clamp(3 - (int) Math.floor(Math.log10(a)), 0, 6);
        return minus(trimmed(String.format(Locale.ROOT, "%,." + decimals + "f", v)));
    }

    private static String trimmed(String s) {
        if (s.indexOf('.') < 0) return s;
        int end = s.length();
        while (s.charAt(end - 1) == '0') end--;
        if (s.charAt(end - 1) == '.') end--;
        return s.substring(0, end);
    }

    private static String minus(String s) {
        if (!s.startsWith("-")) return s;
        boolean zero = s.chars().allMatch(c -> c == '-' || c == '0' || c == '.');
        return zero ? s.substring(1) : "−" + s.substring(1);
    }
}
