package lyceum.math;

/**
 * What a transform of any length is made a convolution by (Bluestein 1970). Since {@code k t = (k^2 + t^2 - (k - t)^2) / 2}, it is a product with the chirp {@code exp(-pi i t^2 / n)}, a
 * convolution with its conjugate, and the same product again. For every engine that computes one; the arrays are not to be written.
 *
 * @param cos the chirp's real parts, for t from 0 to n - 1, {@code sin} its imaginary ones
 * @param length of the transforms that the convolution takes, at least {@code 2 n - 1}: of factors 2, 3 and 5
 */
public record FourierChirp(double[] cos, double[] sin, int length) {
    /** @param n at most 2^28 */
    public static FourierChirp of(int n) {
        double[] cos = new double[n], sin = new double[n];
        for (int t = 0; t < n; t++) {
            cos[t] = Roots.cos((long) t * t, 2L * n);
            sin[t] = -Roots.sin((long) t * t, 2L * n);
        }
        return new FourierChirp(cos, sin, FourierLengths.smooth(2 * n - 1));
    }

    /** Real and imaginary parts of the conjugate, for t from 0 on and, from the end on backwards, for negative t. */
    public double[][] conjugate() {
        var filter = new double[2][length];
        for (int t = 0; t < cos.length; t++) {
            int mirrored = t == 0 ? 0 : length - t;
            filter[0][t] = filter[0][mirrored] = cos[t];
            filter[1][t] = filter[1][mirrored] = -sin[t];
        }
        return filter;
    }
}
