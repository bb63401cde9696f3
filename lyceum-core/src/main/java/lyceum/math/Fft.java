package lyceum.math;

import lyceum.ShapeException;

/**
 * The discrete Fourier transform of {@code n} complex numbers, n a power of two, in place: {@code X_k = sum over t of x_t exp(-2 pi i k t / n)}.
 *
 * {@snippet :
 * var fft = new Fft(1024);
 * fft.forward(re, im);
 * fft.inverse(re, im);    // what they were
 * }
 *
 * <p>The factors are tabulated once, each by its own cosine and sine, so that the error grows with {@code log n}. Immutable; safe for threads.
 *
 * @see <a href="https://doi.org/10.1090/S0025-5718-1965-0178586-1">Cooley and Tukey (1965)</a>
 */
public final class Fft {
    private final int n;
    private final double[] cos, sin;

    /** @throws IllegalArgumentException unless n is a power of two */
    public Fft(int n) {
        if (Integer.bitCount(n) != 1) throw new IllegalArgumentException("Fft: n is " + n + "; it is a power of two");
        this.n = n;
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
}
