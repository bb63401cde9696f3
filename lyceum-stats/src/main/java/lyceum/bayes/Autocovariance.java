package lyceum.bayes;

import java.util.Arrays;

/** Autocovariances of chains at all lags at once, by the fast Fourier transform (Cooley and Tukey 1965). */
final class Autocovariance {
    private Autocovariance() {}

    /**
     * The mean over chains of {@code 1/n sum_i (x_i - mean)(x_(i+t) - mean)}, for t from 0 to n - 1.
     *
     * <p>Two chains travel as real and imaginary part of one: the real part of a complex series' autocovariance is the sum of those of its parts,
     * and only the sum over chains is wanted, so that one transform back suffices.
     */
    static double[] mean(double[][] chains) {
        int n = chains[0].length, size = Integer.highestOneBit(2 * n - 1) << 1;
        double[] power = new double[size], re = new double[size], im = new double[size];
        for (int c = 0; c < chains.length; c += 2) {
            centre(chains[c], re);
            if (c + 1 < chains.length) centre(chains[c + 1], im);
            else Arrays.fill(im, 0);
            transform(re, im);
            for (int k = 0; k < size; k++) power[k] += re[k] * re[k] + im[k] * im[k];
        }
        Arrays.fill(im, 0);
        transform(power, im);
        var covariance = new double[n];
        for (int t = 0; t < n; t++) covariance[t] = power[t] / size / n / chains.length;
        return covariance;
    }

    /** The chain less its mean, followed by zeros that keep lags from wrapping round. */
    private static void centre(double[] chain, double[] padded) {
        double mean = 0;
        for (double x : chain) mean += x;
        mean /= chain.length;
        for (int i = 0; i < padded.length; i++) padded[i] = i < chain.length ? chain[i] - mean : 0;
    }

    /** In place; the length is a power of two. */
    private static void transform(double[] re, double[] im) {
        int n = re.length, shift = 1 + Integer.numberOfLeadingZeros(n);
        for (int i = 0; i < n; i++) {
            int j = Integer.reverse(i) >>> shift;
            if (j <= i) continue;
            double swap = re[i];
            re[i] = re[j];
            re[j] = swap;
            swap = im[i];
            im[i] = im[j];
            im[j] = swap;
        }
        double[] cos = new double[n / 2], sin = new double[n / 2];
        for (int k = 0; k < n / 2; k++) {
            cos[k] = Math.cos(-2 * Math.PI * k / n);
            sin[k] = Math.sin(-2 * Math.PI * k / n);
        }
        for (int half = 1; half < n; half *= 2) {
            int stride = n / 2 / half;
            for (int block = 0; block < n; block += 2 * half) for (int k = 0; k < half; k++) {
                int a = block + k, b = a + half;
                double c = cos[k * stride], s = sin[k * stride], x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
                re[b] = re[a] - x;
                im[b] = im[a] - y;
                re[a] += x;
                im[a] += y;
            }
        }
    }
}
