package lyceum.stats;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * A covariance matrix pulled towards a multiple of the identity, {@code (1 - s) S + s mu I} with {@code mu = trace S / d}, by an amount the data
 * choose: well conditioned with few rows, even with fewer than columns.
 *
 * @param covariance (d, d), F64, divisor n as in the papers
 * @param shrinkage s, in [0, 1]
 */
public record ShrunkCovariance(Tensor covariance, double shrinkage) {

    /** The s of least expected squared error, estimated without assumptions on the law (Ledoit and Wolf 2004). @param x rows (n, d) */
    public static ShrunkCovariance ledoitWolf(Tensor x) {
        double[][] c = centred("ledoitWolf", x), s = covariance(c);
        int n = c.length, d = s.length;
        double mu = trace(s) / d, scatter = 0, squares = 0;
        for (var row : c) {
            double length = 0;
            for (double v : row) length += v * v;
            squares += length * length;
        }
        for (var row : s) for (double v : row) scatter += v * v;
        double beta = (squares / n - scatter) / n / d, delta = scatter / d - mu * mu;
        return shrunk(s, mu, delta == 0 ? 0 : Math.min(beta, delta) / delta);
    }

    /** Oracle approximating shrinkage: a smaller error for normal data (Chen, Wiesel, Eldar and Hero 2010). @param x rows (n, d) */
    public static ShrunkCovariance oas(Tensor x) {
        double[][] c = centred("oas", x), s = covariance(c);
        double d = s.length, mu = trace(s) / d, mean = 0;
        for (var row : s) for (double v : row) mean += v * v / (d * d);
        double denominator = (c.length + 1) * (mean - mu * mu / d);
        return shrunk(s, mu, denominator == 0 ? 1 : Math.min(1, (mean + mu * mu) / denominator));
    }

    private static ShrunkCovariance shrunk(double[][] s, double mu, double shrinkage) {
        for (int i = 0; i < s.length; i++)
            for (int j = 0; j < s.length; j++) s[i][j] = (1 - shrinkage) * s[i][j] + (i == j ? shrinkage * mu : 0);
        return new ShrunkCovariance(Tensor.of(s), shrinkage);
    }

    private static double[][] centred(String operation, Tensor x) {
        if (x.rank() != 2 || x.size(0) == 0 || x.size(1) == 0)
            throw new ShapeException(operation + ": x has shape " + x.shape() + "; it needs rows and columns");
        double[][] rows = x.to(DType.F64).toRows();
        var column = new double[rows.length];
        for (int j = 0; j < rows[0].length; j++) {
            for (int i = 0; i < rows.length; i++) column[i] = rows[i][j];
            double mean = Descriptive.mean(column);
            for (var row : rows) row[j] -= mean;
        }
        return rows;
    }

    private static double[][] covariance(double[][] c) {
        int d = c[0].length;
        var s = new double[d][d];
        for (var row : c) for (int i = 0; i < d; i++) for (int j = 0; j <= i; j++) s[i][j] += row[i] * row[j] / c.length;
        for (int i = 0; i < d; i++) for (int j = 0; j < i; j++) s[j][i] = s[i][j];
        return s;
    }

    private static double trace(double[][] s) {
        double sum = 0;
        for (int i = 0; i < s.length; i++) sum += s[i][i];
        return sum;
    }
}
