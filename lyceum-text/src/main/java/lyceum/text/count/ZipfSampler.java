package lyceum.text.count;

import lyceum.random.Rng;

/**
 * Draws ranks from 1 to {@code types} with probability proportional to {@code (r + shift)^-exponent}, in constant time and memory for any number of types: the
 * area under the continuous law is inverted and the excess over the steps rejected.
 *
 * {@snippet :
 * int[] text = new ZipfSampler(1.0, 10_000_000).sample(Rng.of(1), 1000);   // ids from 0, the commonest
 * }
 *
 * @see <a href="https://doi.org/10.1145/235025.235029">Hormann and Derflinger (1996), Rejection-Inversion to Generate Variates from Monotone Discrete
 *     Distributions</a>
 */
public final class ZipfSampler {
    private final double exponent, shift, low, high;
    private final int types;

    public ZipfSampler(double exponent, int types) { this(exponent, 0, types); }

    /** @param exponent above 0 @param shift Mandelbrot's, above -1 */
    public ZipfSampler(double exponent, double shift, int types) {
        if (!(exponent > 0) || !(shift > -1) || types < 1) throw new IllegalArgumentException("ZipfSampler: exponent " + exponent
                + ", shift " + shift + ", " + types + " types; exponent > 0, shift > -1 and a type are needed");
        this.exponent = exponent;
        this.shift = shift;
        this.types = types;
        low = area(1.5) - height(1);
        high = area(types + 0.5);
    }

    private double height(double x) { return Math.exp(-exponent * Math.log(x + shift)); }

    /** An antiderivative of the height. */
    private double area(double x) {
        double log = Math.log(x + shift), t = (1 - exponent) * log;
        return Math.abs(t) < 1e-8 ? log * (1 + t / 2) : Math.expm1(t) / (1 - exponent);
    }

    private double inverse(double area) {
        double t = area * (1 - exponent);
        return (Math.abs(t) < 1e-8 ? Math.exp(area * (1 - t / 2)) : Math.exp(Math.log1p(t) / (1 - exponent))) - shift;
    }

    /** An id from 0, the commonest type. */
    public int next(Rng rng) {
        while (true) {
            double u = high + rng.nextDouble() * (low - high), x = inverse(u);
            int r = (int) Math.clamp(Math.round(x), 1, types);
            if (u >= area(r + 0.5) - height(r)) return r - 1;
        }
    }

    public int[] sample(Rng rng, int n) {
        var ids = new int[n];
        for (int i = 0; i < n; i++) ids[i] = next(rng);
        return ids;
    }
}
