package lyceum.optim;

/** {@code argmin_u sum (u_i - z_i)^2 / 2 + lambda sum |u_{i+1} - u_i|} by dynamic programming over knots. */
final class TautString {
    /** At a knot the derivative changes from {@code a u + b} to {@code (a + slopes) u + (b + heights)}. */
    private final double[] knots, slopes, heights;
    private int left, right;
    private double a, b;

    private TautString(int n) {
        knots = new double[2 * n];
        slopes = new double[2 * n];
        heights = new double[2 * n];
        left = n;
        right = n - 1;
    }

    static double[] pull(double[] z, double lambda) {
        int n = z.length;
        var string = new TautString(n);
        double[] low = new double[n], high = new double[n], u = new double[n];
        for (int i = 0; i < n - 1; i++) {
            double clip = i == 0 ? 0 : lambda; // the derivative that comes from before lies within it
            low[i] = string.fromLeft(-z[i] - clip, -lambda);
            string.push(--string.left, low[i], string.a, string.b + lambda);
            high[i] = string.fromRight(-z[i] + clip, lambda);
            string.push(++string.right, high[i], -string.a, lambda - string.b);
        }
        u[n - 1] = string.fromLeft(-z[n - 1] - lambda, 0);
        for (int i = n - 2; i >= 0; i--) u[i] = Math.clamp(u[i + 1], low[i], high[i]);
        return u;
    }

    /** Where the derivative reaches {@code level}, coming from below; knots on the way are dropped. */
    private double fromLeft(double height, double level) {
        a = 1;
        b = height;
        for (; left <= right && a * knots[left] + b < level; left++) {
            a += slopes[left];
            b += heights[left];
        }
        return (level - b) / a;
    }

    private double fromRight(double height, double level) {
        a = 1;
        b = height;
        for (; left <= right && a * knots[right] + b > level; right--) {
            a -= slopes[right];
            b -= heights[right];
        }
        return (level - b) / a;
    }

    private void push(int at, double knot, double slope, double height) {
        knots[at] = knot;
        slopes[at] = slope;
        heights[at] = height;
    }
}
