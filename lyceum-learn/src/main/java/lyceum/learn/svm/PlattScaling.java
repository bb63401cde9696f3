package lyceum.learn.svm;

/**
 * {@code P(y = 1 | f) = 1 / (1 + exp(a f + b))} by maximum likelihood, with targets drawn in from 0 and 1 by the classes' sizes.
 *
 * @see <a href="https://doi.org/10.1007/s10994-007-5018-6">Lin, Lin and Weng (2007)</a>, algorithm 1
 */
final class PlattScaling {
    private PlattScaling() {}

    /** @param sign 1 or -1 @return a and b */
    static double[] fit(double[] f, double[] sign, double[] weight) {
        double positive = 0, negative = 0;
        for (int i = 0; i < f.length; i++) {
            if (sign[i] > 0) positive += weight[i];
            else negative += weight[i];
        }
        double high = (positive + 1) / (positive + 2), low = 1 / (negative + 2), a = 0, b = Math.log((negative + 1) / (positive + 1));
        double loss = loss(f, sign, weight, high, low, a, b);
        for (int iteration = 0; iteration < 100; iteration++) {
            double h11 = 1e-12, h22 = 1e-12, h21 = 0, g1 = 0, g2 = 0;
            for (int i = 0; i < f.length; i++) {
                double p = 1 / (1 + Math.exp(a * f[i] + b)), d2 = weight[i] * p * (1 - p),
                        d1 = weight[i] * ((sign[i] > 0 ? high : low) - p);
                h11 += f[i] * f[i] * d2;
                h22 += d2;
                h21 += f[i] * d2;
                g1 += f[i] * d1;
                g2 += d1;
            }
            if (Math.abs(g1) < 1e-9 && Math.abs(g2) < 1e-9) break;
            double det = h11 * h22 - h21 * h21, da = -(h22 * g1 - h21 * g2) / det, db = -(h11 * g2 - h21 * g1) / det,
                    slope = g1 * da + g2 * db;
            double step = 1;
            for (; step > 1e-10; step /= 2) {
                double tried = loss(f, sign, weight, high, low, a + step * da, b + step * db);
                if (tried < loss + 1e-4 * step * slope) {
                    a += step * da;
                    b += step * db;
                    loss = tried;
                    break;
                }
            }
            if (step <= 1e-10) break;
        }
        return new double[] {a, b};
    }

    private static double loss(double[] f, double[] sign, double[] weight, double high, double low, double a, double b) {
        double sum = 0;
        for (int i = 0; i < f.length; i++) {
            double z = a * f[i] + b, t = sign[i] > 0 ? high : low;
            sum += weight[i] * (z >= 0 ? t * z + Math.log1p(Math.exp(-z)) : (t - 1) * z + Math.log1p(Math.exp(z)));
        }
        return sum;
    }
}
