package lyceum.models.vision.segment;

import java.util.Arrays;
import lyceum.FormatException;
import lyceum.ShapeException;

/**
 * A mask as the lengths of its runs, as COCO keeps it: down each column, the columns from left to right, pixels outside and inside in turn, those outside first. Areas,
 * boxes and overlaps are computed on runs. Immutable.
 *
 * {@snippet :
 * boolean[] pixels = {false, true, true, false, true, false};   // row by row, as an instance has them
 * var mask = RleMask.of(pixels, 2, 3);
 * String text = mask.text();                                    // "counts" of a COCO file
 * double overlap = mask.iou(RleMask.parse(text, 2, 3));         // 1
 * }
 *
 * @see <a href="https://arxiv.org/abs/1405.0312">Lin et al. (2014)</a>
 */
public final class RleMask {
    private static final long MOST_PIXELS = 1L << 30;
    /** A character holds five bits of a number, and in the sixth whether more follow. */
    private static final int FIRST = 48, BITS = 5, MORE = 32, SIGN = 16, MOST_CHARACTERS = 7;

    private final int height, width;
    private final int[] counts;

    private RleMask(int height, int width, int[] counts, int n) {
        this.height = height;
        this.width = width;
        this.counts = Arrays.copyOf(counts, n);
    }

    private static void checkSize(int height, int width) {
        if (height < 1 || width < 1 || (long) height * width > MOST_PIXELS)
            throw new FormatException("RleMask: " + height + " x " + width + " pixels; at least 1 x 1, at most " + MOST_PIXELS);
    }

    /** Of a mask row by row, as {@link InstanceSegmenter.Instance} has it. @throws ShapeException if it has another number of pixels, or none */
    public static RleMask of(boolean[] mask, int height, int width) {
        if (height < 1 || width < 1 || mask.length != (long) height * width)
            throw new ShapeException("RleMask.of: " + mask.length + " pixels for " + height + " rows of " + width);
        var runs = new Runs();
        for (int x = 0; x < width; x++) for (int y = 0; y < height; y++) runs.add(mask[y * width + x], 1);
        return runs.mask(height, width);
    }

    /** Of lengths: {@code counts} of a COCO file as a list. @throws FormatException if one is negative, or they are not all pixels */
    public static RleMask of(int height, int width, int... counts) {
        checkSize(height, width);
        long sum = 0;
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] < 0) throw new FormatException("RleMask: run " + i + " has the length " + counts[i]);
            sum += counts[i];
        }
        if (sum != (long) height * width)
            throw new FormatException("RleMask: runs of " + sum + " pixels together for " + height + " x " + width);
        var runs = new Runs();
        for (int i = 0; i < counts.length; i++) runs.add(i % 2 == 1, counts[i]);
        return runs.mask(height, width);
    }

    /** Of {@code counts} as a text, the compressed form. @throws FormatException naming the place of what it cannot say */
    public static RleMask parse(String text, int height, int width) {
        checkSize(height, width);
        var counts = new int[16];
        int n = 0;
        for (int at = 0; at < text.length(); n++) {
            long number = 0;
            int begin = at, c;
            do {
                if (at == text.length() || at - begin == MOST_CHARACTERS)
                    throw FormatException.at("RleMask", begin, "a number that does not end");
                c = text.charAt(at) - FIRST;
                if (c < 0 || c >= 2 * MORE) throw FormatException.at("RleMask", at, "the character " + (int) text.charAt(at));
                number |= (long) (c & MORE - 1) << BITS * (at - begin);
                at++;
            } while ((c & MORE) != 0);
            if ((c & SIGN) != 0) number |= -1L << BITS * (at - begin);
            if (n > 2) number += counts[n - 2];
            if (number < 0 || number > MOST_PIXELS) throw FormatException.at("RleMask", begin, "a run of " + number + " pixels");
            if (n == counts.length) counts = Arrays.copyOf(counts, 2 * n);
            counts[n] = (int) number;
        }
        return of(height, width, Arrays.copyOf(counts, n));
    }

    /** The compressed form: from the fourth run on what it is longer than the last but one, five bits a character. */
    public String text() {
        var text = new StringBuilder();
        for (int i = 0; i < counts.length; i++) {
            long left = i > 2 ? counts[i] - counts[i - 2] : counts[i];
            boolean more;
            do {
                int bits = (int) left & MORE - 1;
                left >>= BITS;
                more = left != ((bits & SIGN) != 0 ? -1 : 0);
                text.append((char) (FIRST + (more ? bits | MORE : bits)));
            } while (more);
        }
        return text.toString();
    }

    public int height() { return height; }

    public int width() { return width; }

    /** Lengths of runs, that of pixels outside first; it alone may be 0. */
    public int[] counts() { return counts.clone(); }

    /** Row by row. */
    public boolean[] mask() {
        var mask = new boolean[height * width];
        int at = 0;
        for (int i = 0; i < counts.length; at += counts[i++])
            for (int p = at; i % 2 == 1 && p < at + counts[i]; p++) mask[p % height * width + p / height] = true;
        return mask;
    }

    /** Pixels inside. */
    public long area() {
        long area = 0;
        for (int i = 1; i < counts.length; i += 2) area += counts[i];
        return area;
    }

    /** The tight box: left, top, right, bottom; zeros if no pixel is inside. */
    public double[] box() {
        int left = width, top = height, right = 0, bottom = 0, at = 0;
        for (int i = 0; i < counts.length; at += counts[i++]) {
            if (i % 2 == 0) continue;
            int last = at + counts[i] - 1;
            left = Math.min(left, at / height);
            right = Math.max(right, last / height + 1);
            boolean over = at / height != last / height; // from one column to the next it meets both ends
            top = Math.min(top, over ? 0 : at % height);
            bottom = Math.max(bottom, over ? height : last % height + 1);
        }
        return right == 0 ? new double[4] : new double[] {left, top, right, bottom};
    }

    /** Pixels inside of both. */
    public RleMask and(RleMask other) { return merged(other, true); }

    /** Pixels inside of one at least. */
    public RleMask or(RleMask other) { return merged(other, false); }

    private RleMask merged(RleMask other, boolean both) {
        if (height != other.height || width != other.width) throw new ShapeException("RleMask: " + height + " x " + width + " pixels and "
                + other.height + " x " + other.width + "; masks of one picture are alike");
        var runs = new Runs();
        int i = 0, j = 0, left = counts[0], right = other.counts[0];
        while (true) {
            boolean a = i % 2 == 1, b = j % 2 == 1;
            int step = Math.min(left, right);
            runs.add(both ? a && b : a || b, step);
            left -= step;
            right -= step;
            if (left == 0 && ++i < counts.length) left = counts[i];
            if (right == 0 && ++j < other.counts.length) right = other.counts[j];
            if (i == counts.length || j == other.counts.length) return runs.mask(height, width);
        }
    }

    /** Intersection over union; 0 of two empty ones. */
    public double iou(RleMask other) {
        long both = and(other).area(), any = area() + other.area() - both;
        return any == 0 ? 0 : (double) both / any;
    }

    /** The share of this mask that a crowd covers: what COCO takes for their overlap, as a crowd is many things. 0 of an empty one. */
    public double within(RleMask crowd) {
        long own = area();
        return own == 0 ? 0 : (double) and(crowd).area() / own;
    }

    @Override public boolean equals(Object other) {
        return other instanceof RleMask m && height == m.height && width == m.width && Arrays.equals(counts, m.counts);
    }

    @Override public int hashCode() { return 31 * (31 * height + width) + Arrays.hashCode(counts); }

    @Override public String toString() { return "mask of " + area() + " in " + height + " x " + width + " pixels"; }

    /** Runs that grow together. */
    private static final class Runs {
        private int[] counts = new int[16];
        private int n = 1; // the last is of pixels inside if n is even

        void add(boolean inside, int length) {
            if (length == 0) return;
            if (inside == (n % 2 == 1)) {
                if (n == counts.length) counts = Arrays.copyOf(counts, 2 * n);
                n++;
            }
            counts[n - 1] += length;
        }

        RleMask mask(int height, int width) { return new RleMask(height, width, counts, n); }
    }
}
