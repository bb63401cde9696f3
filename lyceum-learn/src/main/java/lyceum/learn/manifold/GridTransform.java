package lyceum.learn.manifold;

import lyceum.backend.Parallel;

/**
 * The discrete Fourier transform of a square grid of complex numbers, its side a power of 2. Forward it leaves both axes in bit-reversed order and turned
 * over the diagonal, backward it starts from there: products of spectra need no order.
 */
final class GridTransform {
    /** Columns that are transformed together: a strip of them stays in the cache. */
    private static final int STRIP = 32;

    final int side;
    private final double[] cosine, sine;

    GridTransform(int side) {
        this.side = side;
        cosine = new double[side / 2];
        sine = new double[side / 2];
        for (int k = 0; k < side / 2; k++) {
            cosine[k] = Math.cos(2 * Math.PI * k / side);
            sine[k] = Math.sin(2 * Math.PI * k / side);
        }
    }

    /** Where, in bit-reversed order, the frequency opposite to that at {@code place} stands. */
    int opposite(int place) {
        int shift = Integer.numberOfLeadingZeros(side - 1);
        int frequency = Integer.reverse(place) >>> shift;
        return Integer.reverse(side - frequency & side - 1) >>> shift;
    }

    /** {@code sum_j x_j exp(-2 pi i j k / side)} along both axes, in place. @param used columns before which all that is not 0 stands */
    void forward(double[] re, double[] im, int used) {
        columns(re, im, true, used);
        turn(re);
        turn(im);
        columns(re, im, true, side);
    }

    /** The inverse, times the number of cells, in place. @param wanted columns; what is written to others is of no use */
    void backward(double[] re, double[] im, int wanted) {
        columns(re, im, false, side);
        turn(re);
        turn(im);
        columns(re, im, false, wanted);
    }

    private void columns(double[] re, double[] im, boolean forward, int count) {
        Parallel.range(count, Math.min(STRIP, side), (from, to) -> {
            if (forward) for (int half = side / 2; half >= 1; half /= 2) stage(re, im, half, (int) from, (int) to, true);
            else for (int half = 1; half <= side / 2; half *= 2) stage(re, im, half, (int) from, (int) to, false);
        });
    }

    /** Butterflies of rows {@code half} apart: forward by decimation in frequency, backward in time. */
    private void stage(double[] re, double[] im, int half, int from, int to, boolean forward) {
        int step = side / (2 * half);
        for (int j = 0; j < half; j++) {
            double c = cosine[j * step], s = forward ? -sine[j * step] : sine[j * step];
            for (int block = 0; block < side; block += 2 * half) {
                int a = (block + j) * side, b = a + half * side;
                if (forward) apart(re, im, a + from, b + from, to - from, c, s);
                else together(re, im, a + from, b + from, to - from, c, s);
            }
        }
    }

    private static void apart(double[] re, double[] im, int a, int b, int count, double c, double s) {
        for (int k = 0; k < count; k++) {
            double x = re[a + k], y = im[a + k], u = re[b + k], v = im[b + k], p = x - u, q = y - v;
            re[a + k] = x + u;
            im[a + k] = y + v;
            re[b + k] = p * c - q * s;
            im[b + k] = p * s + q * c;
        }
    }

    private static void together(double[] re, double[] im, int a, int b, int count, double c, double s) {
        for (int k = 0; k < count; k++) {
            double x = re[a + k], y = im[a + k], u = re[b + k], v = im[b + k], p = u * c - v * s, q = u * s + v * c;
            re[a + k] = x + p;
            im[a + k] = y + q;
            re[b + k] = x - p;
            im[b + k] = y - q;
        }
    }

    private void turn(double[] x) {
        int block = Math.min(16, side), blocks = side / block;
        Parallel.range(blocks, 1, 500.0 * side, (from, to) -> {
            for (int a = (int) from; a < to; a++) {
                for (int b = a; b < blocks; b++) {
                    for (int i = a * block; i < (a + 1) * block; i++) {
                        for (int j = a == b ? i + 1 : b * block; j < (b + 1) * block; j++) {
                            double v = x[i * side + j];
                            x[i * side + j] = x[j * side + i];
                            x[j * side + i] = v;
                        }
                    }
                }
            }
        });
    }
}
