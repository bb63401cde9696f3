package lyceum.math;

import java.lang.ref.SoftReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.ShapeException;

/**
 * The discrete Fourier transform of {@code n} complex numbers in place, for any n: {@code X_k = sum over t of x_t exp(-2 pi i k t / n)}.
 *
 * {@snippet :
 * var fft = Fft.of(1000);
 * fft.forward(re, im);
 * fft.inverse(re, im);    // what they were
 * }
 *
 * <p>Factors are tabulated, each by its own cosine and sine, so that the error grows with {@code log n}. A length of prime factors up to 13 is taken as a matrix of about
 * {@code sqrt n} columns: their transforms side by side, a twist, the transforms of the rows (Bailey 1990). Any other length is a convolution with a chirp (Bluestein 1970),
 * of two transforms of at least twice the length. Immutable; safe for threads; tables are kept while memory lasts. For tensors, axes and gradients:
 * {@link lyceum.linalg.Fourier}.
 *
 * @see <a href="https://doi.org/10.1090/S0025-5718-1965-0178586-1">Cooley and Tukey (1965)</a>
 * @see <a href="https://doi.org/10.1007/BF00162341">Bailey (1990)</a>
 */
public final class Fft {
    private static final int WHOLE_BELOW = 64, WIDE_FROM = 1 << 15;
    private static final Map<Integer, SoftReference<Fft>> KEPT = new ConcurrentHashMap<>();

    private final int n;
    /** Of the columns (of the whole, if it is short), and of the rows. */
    private final Stockham columns, rows;
    /** Lines side by side, and factors between the two steps, in the order in which they are used. */
    private final int width;
    private final double[] twistRe, twistIm;
    private final Chirp chirp;

    /** @throws IllegalArgumentException unless n lies in 1 to 2^28 */
    public static Fft of(int n) {
        if (n < 1 || n > 1 << 28) throw new IllegalArgumentException("Fft: n is " + n + "; it lies between 1 and " + (1 << 28));
        return kept(n);
    }

    private static Fft kept(int n) {
        var kept = KEPT.get(n);
        var fft = kept == null ? null : kept.get();
        if (fft == null) KEPT.put(n, new SoftReference<>(fft = new Fft(n)));
        return fft;
    }

    private Fft(int n) {
        this.n = n;
        boolean smooth = Stockham.radices(n) != null;
        chirp = smooth ? null : new Chirp(n);
        int most = smooth && n >= WHOLE_BELOW ? FourierLengths.rows(n, 1) : 1;
        width = n < WIDE_FROM ? 8 : 16;
        columns = smooth ? Stockham.of(n / most) : null;
        rows = most > 1 ? Stockham.of(most) : null;
        int blocks = rows == null ? 0 : (most + width - 1) / width;
        twistRe = new double[blocks * width * (n / most)];
        twistIm = new double[twistRe.length];
        for (int block = 0, at = 0; block < blocks; block++) {
            for (int k = 0; k < n / most; k++) {
                for (int c = 0; c < width; c++, at++) {
                    twistRe[at] = Roots.cos((long) k * (block * width + c), n);
                    twistIm[at] = -Roots.sin((long) k * (block * width + c), n);
                }
            }
        }
    }

    /** The least power of two that is at least {@code length}. */
    public static int sizeFor(int length) { return length <= 1 ? 1 : Integer.highestOneBit(length - 1) << 1; }

    public int size() { return n; }

    /** From values to frequencies. */
    public void forward(double[] re, double[] im) {
        if (re.length != n || im.length != n)
            throw new ShapeException("Fft: " + re.length + " real and " + im.length + " imaginary parts for a transform of " + n);
        forward(re, 0, im, 0, 1);
    }

    /** From frequencies to values, divided by n. */
    public void inverse(double[] re, double[] im) {
        forward(im, re); // with the parts exchanged
        for (int i = 0; i < n; i++) {
            re[i] /= n;
            im[i] /= n;
        }
    }

    /** Of {@code lines} runs of n numbers each, one behind the other: real parts from {@code r} on, imaginary ones from {@code i} on. */
    public void forward(double[] re, int r, double[] im, int i, int lines) {
        long all = (long) lines * n;
        if (lines < 0 || r < 0 || i < 0 || all > re.length - r || all > im.length - i)
            throw new ShapeException("Fft: " + lines + " lines of " + n + ", from " + r + " of " + re.length + " real parts and from " + i
                    + " of " + im.length + " imaginary ones");
        if (rows == null && chirp == null) {
            shortLines(re, r, im, i, lines);
            return;
        }
        for (int line = 0; line < lines; line++) {
            if (chirp != null) chirp.forward(re, r + line * n, im, i + line * n);
            else matrix(re, r + line * n, im, i + line * n);
        }
    }

    private void shortLines(double[] re, int r, double[] im, int i, int lines) {
        int w = width;
        double[] a = new double[n * w], b = new double[n * w], c = new double[n * w], d = new double[n * w];
        boolean work = columns.endsInWork();
        for (int from = 0; from < lines; from += w) {
            int count = Math.min(w, lines - from), at = from * n;
            turn(re, r + at, n, a, 0, w, count, n);
            turn(im, i + at, n, b, 0, w, count, n);
            columns.forward(a, b, c, d, w);
            turn(work ? c : a, 0, w, re, r + at, n, n, count);
            turn(work ? d : b, 0, w, im, i + at, n, n, count);
        }
    }

    /** {@code y[to + j stepTo + i] = x[from + i step + j]}. */
    private static void turn(double[] x, int from, int step, double[] y, int to, int stepTo, int rows, int count) {
        for (int j = 0; j < count; j++) for (int i = 0; i < rows; i++) y[to + j * stepTo + i] = x[from + i * step + j];
    }

    private void matrix(double[] re, int r, double[] im, int i) {
        int w = width, high = columns.n, wide = rows.n;
        double[] betweenRe = new double[n], betweenIm = new double[n];
        double[] a = new double[high * w], b = new double[high * w], c = new double[high * w], d = new double[high * w];
        double[] x = columns.endsInWork() ? c : a, y = columns.endsInWork() ? d : b;
        for (int from = 0; from < wide; from += w) {
            int count = Math.min(w, wide - from);
            take(re, r + from, wide, a, high, count);
            take(im, i + from, wide, b, high, count);
            columns.forward(a, b, c, d, w);
            Stockham.BUTTERFLIES.scale(x, y, twistRe, twistIm, from * high, high * w);
            turn(x, 0, w, betweenRe, from * high, high, high, count);
            turn(y, 0, w, betweenIm, from * high, high, high, count);
        }
        x = rows.endsInWork() ? c : a;
        y = rows.endsInWork() ? d : b;
        for (int from = 0; from < high; from += w) {
            int count = Math.min(w, high - from);
            take(betweenRe, from, high, a, wide, count);
            take(betweenIm, from, high, b, wide, count);
            rows.forward(a, b, c, d, w);
            give(x, re, r + from, high, wide, count);
            give(y, im, i + from, high, wide, count);
        }
    }

    private void take(double[] x, int from, int step, double[] block, int length, int count) {
        if (count == width) Stockham.BUTTERFLIES.rows(x, from, step, block, 0, width, length, width);
        else for (int i = 0; i < length; i++) System.arraycopy(x, from + i * step, block, i * width, count);
    }

    private void give(double[] block, double[] x, int to, int step, int length, int count) {
        if (count == width) Stockham.BUTTERFLIES.rows(block, 0, width, x, to, step, length, width);
        else for (int i = 0; i < length; i++) System.arraycopy(block, i * width, x, to + i * step, count);
    }

    /** The transform of a length with larger prime factors, as a convolution: {@link FourierChirp}. */
    private static final class Chirp {
        private final int n;
        private final Fft inner;
        private final double[] re, im, filterRe, filterIm;

        Chirp(int n) {
            this.n = n;
            var chirp = FourierChirp.of(n);
            inner = kept(chirp.length());
            re = chirp.cos();
            im = chirp.sin();
            var filter = chirp.conjugate();
            filterRe = filter[0];
            filterIm = filter[1];
            inner.forward(filterRe, filterIm);
        }

        void forward(double[] xr, int r, double[] xi, int i) {
            double[] a = new double[inner.n], b = new double[inner.n];
            for (int t = 0; t < n; t++) {
                a[t] = xr[r + t] * re[t] - xi[i + t] * im[t];
                b[t] = xr[r + t] * im[t] + xi[i + t] * re[t];
            }
            inner.forward(a, b);
            Stockham.BUTTERFLIES.scale(a, b, filterRe, filterIm, 0, inner.n);
            inner.inverse(a, b);
            for (int k = 0; k < n; k++) {
                xr[r + k] = a[k] * re[k] - b[k] * im[k];
                xi[i + k] = a[k] * im[k] + b[k] * re[k];
            }
        }
    }
}
