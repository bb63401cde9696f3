package lyceum.tensor;

import java.util.Locale;

/** Text as NumPy prints arrays: at most 3 entries at each end of an axis beyond 1000 elements, four digits, one width for all. */
final class Printer {
    private static final int EDGE = 3, THRESHOLD = 1000, DIGITS = 4;

    private Printer() { }

    static String print(Tensor x) {
        if (x.rank() == 0) return format(x).text(x);
        if (x.count() == 0) return "[] shape " + x.shape();
        var text = new StringBuilder();
        boolean summarize = x.count() > THRESHOLD;
        rows(x.detach(), 0, summarize, format(x), text);
        return text.toString();
    }

    private static void rows(Tensor x, int depth, boolean summarize, Format format, StringBuilder text) {
        text.append('[');
        long n = x.size(0);
        for (long i = 0; i < n; i++) {
            if (summarize && n > 2 * EDGE && i == EDGE) {
                text.append(x.rank() == 1 ? " ..." : "\n" + " ".repeat(depth + 1) + "...");
                i = n - EDGE;
                text.append(x.rank() == 1 ? " " : "\n" + " ".repeat(depth + 1));
            } else if (i > 0) {
                text.append(x.rank() == 1 ? " " : "\n".repeat(x.rank() - 1) + " ".repeat(depth + 1));
            }
            var part = x.select(0, i);
            if (x.rank() == 1) text.append(format.text(part));
            else rows(part, depth + 1, summarize, format, text);
        }
        text.append(']');
    }

    /** How numbers of one tensor are written. */
    private record Format(boolean integers, boolean bool, boolean scientific, int decimals, int width) {
        String text(Tensor scalar) {
            String plain;
            if (bool) plain = scalar.item() != 0 ? "true" : "false";
            else if (integers) plain = Long.toString(scalar.itemLong());
            else plain = number(scalar.item());
            return " ".repeat(Math.max(0, width - plain.length())) + plain;
        }

        String number(double x) {
            if (Double.isNaN(x)) return "nan";
            if (Double.isInfinite(x)) return x > 0 ? "inf" : "-inf";
            if (scientific) return String.format(Locale.ROOT, "%." + DIGITS + "e", x);
            var fixed = String.format(Locale.ROOT, "%." + decimals + "f", x);
            return decimals == 0 ? fixed + "." : fixed;
        }
    }

    private static Format format(Tensor x) {
        boolean integers = x.dtype().isInteger(), bool = x.dtype() == lyceum.DType.BOOL;
        var values = shown(x);
        double largest = 0, smallest = Double.MAX_VALUE;
        for (double v : values) {
            if (!Double.isFinite(v) || v == 0) continue;
            largest = Math.max(largest, Math.abs(v));
            smallest = Math.min(smallest, Math.abs(v));
        }
        boolean scientific = largest >= 1e8 || largest > 0 && (smallest < 1e-4 || largest / smallest > 1e3 && largest >= 1e5);
        int decimals = 0;
        for (double v : values) if (Double.isFinite(v)) decimals = Math.max(decimals, decimals(v));
        var draft = new Format(integers, bool, scientific, decimals, 0);
        int width = 0;
        for (double v : values) width = Math.max(width, bool ? (v != 0 ? 4 : 5) : integers ? Long.toString((long) v).length() : draft.number(v).length());
        return new Format(integers, bool, scientific, decimals, x.rank() == 0 ? 0 : width);
    }

    private static int decimals(double v) {
        var text = String.format(Locale.ROOT, "%." + DIGITS + "f", v);
        int end = text.length();
        while (text.charAt(end - 1) == '0') end--;
        return end - text.indexOf('.') - 1;
    }

    /** The values that will be printed: all, or the corners of a large tensor. */
    private static double[] shown(Tensor x) {
        var part = x.detach();
        if (x.count() > THRESHOLD) {
            for (int axis = 0; axis < x.rank(); axis++) {
                long n = part.size(axis);
                if (n > 2 * EDGE) part = Tensor.concat(axis, part.narrow(axis, 0, EDGE), part.narrow(axis, n - EDGE, EDGE));
            }
        }
        return part.toDoubleArray();
    }
}
