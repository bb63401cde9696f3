package lyceum.plot.render;

/**
 * Width of text without a font: advance widths of a usual sans-serif, a little generous, so that layout is the same on every
 * machine. The painter squeezes a wider font to fit.
 */
final class TextWidth {
    /** Advances of the characters 32 to 126 in thousandths of the size. */
    private static final short[] ADVANCE = {278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
            556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667,
            556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
            556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334,
            584};

    private TextWidth() {}

    static double of(String s, double size) {
        double w = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c >= 32 && c < 127) w += ADVANCE[c - 32];
            else if (Exponents.raised(c)) w += Exponents.SIZE * (c == '⁻' ? 584 : ADVANCE[Exponents.plain(c) - 32]);
            else if (Character.isLowSurrogate(c) || Character.getType(c) == Character.NON_SPACING_MARK) w += 0;
            else w += c >= 0x2E80 ? 1000 : 600;
        }
        return 1.06 * w * size / 1000;
    }

    /** The text, or as much of it as fits, with an ellipsis. */
    static String fit(String s, double size, double width) {
        if (of(s, size) <= width) return s;
        int low = 0;
        int high = s.length();
        while (low < high) {
            int mid = (low + high + 1) >>> 1;
            if (of(s.substring(0, mid) + "…", size) <= width) low = mid;
            else high = mid - 1;
        }
        if (low > 0 && Character.isHighSurrogate(s.charAt(low - 1))) low--;
        return low == 0 ? "" : s.substring(0, low).stripTrailing() + "…";
    }
}
