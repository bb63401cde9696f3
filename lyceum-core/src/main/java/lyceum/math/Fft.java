package lyceum.math;

import lyceum.ShapeException;

/**
 * The discrete Fourier transform of {@code n} complex numbers in place: {@code X_k = sum over t of x_t exp(-2 pi i k t / n)}.
 *
 * {@snippet :
 * var fft = new Fft(1024);
 * fft.forward(re, im);
 * fft.inverse(re, im);    // what they were
 * }
 *
 * <p>The factors are tabulated once, each by its own cosine and sine, so that the error grows with {@code log n}. A length that is no power of two is a convolution with a
 * chirp (Bluestein 1970), of three transforms of at least twice the length. Immutable; safe for threads. For tensors, axes and gradients: {@link lyceum.linalg.Fourier}.
 *
 * @see <a href="https://doi.org/10.1090/S0025-5718-1965-0178586-1">Cooley and Tukey (1965)</a>
 */
public final class Fft {
    private final int n;
    private final double[] cos, sin;
    /** Of a length that is no power of two: the transform that convolves, the chirp {@code exp(-pi i t^2 / n)}, and what it is multiplied by there. */
    private final Fft inner;
    private final double[] chirpRe, chirpIm, filterRe, filterIm;

    /** For any length from 1 on. */
    public static Fft of(int n) { return Integer.bitCount(n) == 1 ? new Fft(n) : new Fft(n, new Fft(sizeFor(lengthOf(n)))); }

    private static int lengthOf(int n) {
        if (n < 1 || n > 1 << 28) throw new IllegalArgumentException("Fft: n is " + n + "; it lies between 1 and " + (1 << 28));
        return 2 * n - 1;
    }

    private Fft(int n, Fft inner) {
        this.n = n;
        this.inner = inner;
        cos = sin = new double[0];
        chirpRe = new double[n];
        chirpIm = new double[n];
        filterRe = new double[inner.n];
        filterIm = new double[inner.n];
        for (int t = 0; t < n; t++) {
            double angle = Math.PI * ((long) t * t % (2L * n)) / n; // t^2 modulo the period, so that the angle stays exact
            chirpRe[t] = Math.cos(angle);
            chirpIm[t] = -Math.sin(angle);
            filterRe[t] = chirpRe[t];
            filterIm[t] = -chirpIm[t];
            if (t > 0) {
                filterRe[inner.n - t] = filterRe[t];
                filterIm[inner.n - t] = filterIm[t];
            }
        }
        inner.forward(filterRe, filterIm);
    }

    /** @throws IllegalArgumentException unless n is a power of two; {@link #of} takes any length */
    public Fft(int n) {
        if (Integer.bitCount(n) != 1) throw new IllegalArgumentException("Fft: n is " + n + "; it is a power of two");
        this.n = n;
        inner = null;
        chirpRe = chirpIm = filterRe = filterIm = null;
        cos = new double[n / 2];
        sin = new double[n / 2];
        for (int i = 0; i < n / 2; i++) {
            cos[i] = Math.cos(2 * Math.PI * i / n);
            sin[i] = Math.sin(2 * Math.PI * i / n);
        }
    }

    /** The least power of two that is at least {@code length}. */
    public static int sizeFor(int length) { return length <= 1 ? 1 : Integer.highestOneBit(length - 1) << 1; }

    public int size() { return n; }

    /** From values to frequencies. */
    public void forward(double[] re, double[] im) { transform(re, im, 1); }

    /** From frequencies to values, divided by n. */
    public void inverse(double[] re, double[] im) {
        transform(re, im, -1);
        for (int i = 0; i < n; i++) {
            re[i] /= n;
            im[i] /= n;
        }
    }

    private void transform(double[] re, double[] im, int sign) {
        if (re.length != n || im.length != n)
            throw new ShapeException("Fft: " + re.length + " real and " + im.length + " imaginary parts for a transform of " + n);
        if (inner != null) {
            convolve(re, im, sign);
            return;
        }
        for (int i = 1, j = 0; i < n; i++) {
            int bit = n >> 1;
            for (; (j & bit) != 0; bit >>= 1) j ^= bit;
            j ^= bit;
            if (i >= j) continue;
            double r = re[i], m = im[i];
            re[i] = re[j];
            im[i] = im[j];
            re[j] = r;
            im[j] = m;
        }
        for (int half = 1; half < n; half *= 2) {
            int stride = n / (2 * half);
            for (int from = 0; from < n; from += 2 * half) {
                for (int k = 0; k < half; k++) {
                    double c = cos[k * stride], s = -sign * sin[k * stride];
                    int a = from + k, b = a + half;
                    double r = re[b] * c - im[b] * s, m = re[b] * s + im[b] * c;
                    re[b] = re[a] - r;
                    im[b] = im[a] - m;
                    re[a] += r;
                    im[a] += m;
                }
            }
        }
    }

    /** {@code k t = (k^2 + t^2 - (k - t)^2) / 2}: a product with the chirp, a convolution with its conjugate, a product. The inverse is that of the conjugate. */
    private void convolve(double[] re, double[] im, int sign) {
        double[] a = new double[inner.n], b = new double[inner.n];
        for (int t = 0; t < n; t++) {
            double m = sign * im[t];
            a[t] = re[t] * chirpRe[t] - m * chirpIm[t];
            b[t] = re[t] * chirpIm[t] + m * chirpRe[t];
        }
        inner.forward(a, b);
        for (int k = 0; k < inner.n; k++) {
            double r = a[k] * filterRe[k] - b[k] * filterIm[k];
            b[k] = a[k] * filterIm[k] + b[k] * filterRe[k];
            a[k] = r;
        }
        inner.inverse(a, b);
        for (int k = 0; k < n; k++) {
            re[k] = a[k] * chirpRe[k] - b[k] * chirpIm[k];
            im[k] = sign * (a[k] * chirpIm[k] + b[k] * chirpRe[k]);
        }
    }
}
