package lyceum.theory;

import java.util.function.DoubleBinaryOperator;

/**
 * One hidden layer of ReLUs on two inputs, {@code offset + sum a_i relu(wx_i x + wy_i y + b_i)}, for any continuous function on a rectangle: its cosine
 * series, in which every product of cosines is a sum of two ridges, and every ridge a curve that {@link UniversalApproximation#relu} can join by lines.
 * One layer is enough, as the theorem says, and takes hundreds of times as many units as the two of {@link UniversalApproximation.Bumps}.
 *
 * {@snippet :
 * var network = RidgeNetwork.approximate((x, y) -> Math.hypot(x - 0.4, y - 0.55), new double[] {0, 0}, new double[] {1, 1}, 0.1);
 * network.width();
 * network.at(0.2, 0.7);
 * }
 *
 * @param wx weights of x
 * @param wy weights of y
 * @param b biases
 * @param a weights of the output
 * @see <a href="https://doi.org/10.1007/BF02551274">Cybenko (1989)</a>
 */
public record RidgeNetwork(double[] wx, double[] wy, double[] b, double[] a, double offset) {

    /** Units of the hidden layer. */
    public int width() { return a.length; }

    public double at(double x, double y) {
        double sum = offset;
        for (int i = 0; i < a.length; i++) sum += a[i] * Math.max(0, wx[i] * x + wy[i] * y + b[i]);
        return sum;
    }

    /**
     * Doubles the harmonics until the series is within 3/4 epsilon of f on a grid four times as fine as they are, and spends the rest on the lines. The
     * error between the grid's points is not bounded: f should not be rougher than the grid.
     *
     * @throws IllegalArgumentException if 64 harmonics an axis are not enough
     */
    public static RidgeNetwork approximate(DoubleBinaryOperator f, double[] low, double[] high, double epsilon) {
        if (!(epsilon > 0)) throw new IllegalArgumentException("RidgeNetwork: epsilon is " + epsilon + "; it is above 0");
        for (int harmonics = 4; harmonics <= 64; harmonics *= 2) {
            double[][] c = coefficients(f, low, high, harmonics);
            if (error(f, low, high, c) <= 0.75 * epsilon) return network(c, low, high, epsilon / 4);
        }
        throw new IllegalArgumentException(
                "RidgeNetwork: 64 harmonics an axis do not come within " + epsilon + "; ask for less, or take bumps");
    }

    /** Of {@code cos(pi j u) cos(pi k v)}, u and v from 0 to 1, damped at the end as de la Vallee Poussin did: a bare series overshoots at kinks. */
    private static double[][] coefficients(DoubleBinaryOperator f, double[] low, double[] high, int harmonics) {
        int grid = 4 * harmonics;
        var half = new double[harmonics][grid]; // transformed along x
        for (int h = 0; h < grid; h++) for (int g = 0; g < grid; g++) {
            double u = (g + 0.5) / grid,
                    value = f.applyAsDouble(low[0] + u * (high[0] - low[0]), low[1] + (h + 0.5) / grid * (high[1] - low[1]));
            for (int j = 0; j < harmonics; j++)
                half[j][h] += (j == 0 ? 1 : 2) * damped(j, harmonics) * value * Math.cos(Math.PI * j * u) / grid;
        }
        var c = new double[harmonics][harmonics];
        for (int j = 0; j < harmonics; j++)
            for (int k = 0; k < harmonics; k++)
                for (int h = 0; h < grid; h++)
                    c[j][k] += (k == 0 ? 1 : 2) * damped(k, harmonics) * half[j][h] * Math.cos(Math.PI * k * (h + 0.5) / grid) / grid;
        return c;
    }

    private static double damped(int j, int harmonics) { return Math.min(1, 2.0 * (harmonics - j) / harmonics); }

    private static double error(DoubleBinaryOperator f, double[] low, double[] high, double[][] c) {
        int n = c.length, grid = 4 * n;
        double most = 0;
        var along = new double[n];
        for (int g = 0; g <= grid; g++) {
            double u = (double) g / grid;
            for (int k = 0; k < n; k++) {
                along[k] = 0;
                for (int j = 0; j < n; j++) along[k] += c[j][k] * Math.cos(Math.PI * j * u);
            }
            for (int h = 0; h <= grid; h++) {
                double v = (double) h / grid, sum = 0;
                for (int k = 0; k < n; k++) sum += along[k] * Math.cos(Math.PI * k * v);
                most = Math.max(most, Math.abs(sum - f.applyAsDouble(low[0] + u * (high[0] - low[0]), low[1] + v * (high[1] - low[1]))));
            }
        }
        return most;
    }

    private static RidgeNetwork network(double[][] c, double[] low, double[] high, double left) {
        double total = 0;
        int n = c.length, units = 0;
        for (double[] row : c) for (double v : row) total += Math.abs(v);
        // A cosine of pi t is off its lines by at most pi^2 / (8 p^2), with p of them to a unit of t.
        int pieces = (int) Math.max(1, Math.ceil(Math.PI * Math.sqrt(total / (8 * left))));
        for (int j = 0; j < n; j++) for (int k = 0; k < n; k++) units += 2 * pieces * (j + k);
        double[] wx = new double[units], wy = new double[units], b = new double[units], a = new double[units];
        double offset = 0;
        int at = 0;
        for (int j = 0; j < n; j++) for (int k = 0; k < n; k++) for (int sign = -1; sign <= 1; sign += 2) {
            // cos(pi j u) cos(pi k v) = (cos pi (ju + kv) + cos pi (ju - kv)) / 2
            double from = sign < 0 ? -k : 0, to = sign < 0 ? j : j + k, height = c[j][k] / 2;
            if (j + k == 0) {
                offset += height;
                continue;
            }
            var ridge = UniversalApproximation.relu(t -> Math.cos(Math.PI * t), from, to, pieces * (j + k));
            offset += height * ridge.offset();
            double perX = j / (high[0] - low[0]), perY = sign * k / (high[1] - low[1]);
            for (int i = 0; i < ridge.width(); i++, at++) {
                wx[at] = perX;
                wy[at] = perY;
                b[at] = ridge.b()[i] - perX * low[0] - perY * low[1];
                a[at] = height * ridge.a()[i];
            }
        }
        return new RidgeNetwork(wx, wy, b, a, offset);
    }
}
