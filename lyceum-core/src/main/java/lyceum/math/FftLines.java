package lyceum.math;

/**
 * {@link Fft}s of several lines side by side, for one thread: number t of line c stands at {@code t lines + c}, so that every loop, also of who fills the arrays and reads
 * them, runs over neighbours: Stockham's form of Cooley and Tukey's transform, as {@link Fft} has it for a short line.
 *
 * {@snippet :
 * var fft = new FftLines(400, 32);
 * fft.re()[7 * 32 + 3] = 1;              // number 7 of line 3
 * fft.forward();
 * double part = fft.im()[399 * 32 + 3];  // its last frequency
 * }
 */
public final class FftLines {
    private final int n, lines;
    /** Null where n has larger prime factors. */
    private final Stockham stockham;
    private double[] re, im, workRe, workIm;

    /**
     * @param n numbers in a line
     * @param lines a multiple of 8
     * @throws IllegalArgumentException unless n is at least 1, and both together make arrays of at most 2^28 numbers
     */
    public FftLines(int n, int lines) {
        if (n < 1 || lines < 8 || lines % 8 != 0 || (long) n * lines > 1 << 28) throw new IllegalArgumentException(
                "FftLines: " + lines + " lines of " + n + "; lines are a multiple of 8, and at most 2^28 numbers in all");
        this.n = n;
        this.lines = lines;
        stockham = Stockham.radices(n) == null ? null : Stockham.of(n);
        re = new double[n * lines];
        im = new double[re.length];
        workRe = new double[stockham == null ? n : re.length];
        workIm = new double[workRe.length];
    }

    /** The real parts; after {@link #forward} this may be another array. */
    public double[] re() { return re; }

    /** The imaginary parts; as {@link #re}. */
    public double[] im() { return im; }

    /** From values to frequencies. */
    public void forward() {
        if (stockham == null) {
            oneByOne();
            return;
        }
        stockham.forward(re, im, workRe, workIm, lines);
        if (!stockham.endsInWork()) return;
        double[] x = re, y = im;
        re = workRe;
        im = workIm;
        workRe = x;
        workIm = y;
    }

    private void oneByOne() {
        var fft = Fft.of(n);
        for (int c = 0; c < lines; c++) {
            for (int t = 0, at = c; t < n; t++, at += lines) {
                workRe[t] = re[at];
                workIm[t] = im[at];
            }
            fft.forward(workRe, workIm);
            for (int t = 0, at = c; t < n; t++, at += lines) {
                re[at] = workRe[t];
                im[at] = workIm[t];
            }
        }
    }
}
