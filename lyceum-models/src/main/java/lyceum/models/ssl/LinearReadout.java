package lyceum.models.ssl;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.tensor.Tensor;

/**
 * What a linear readout of a few codes says about a row that it has not seen: ridge regression of each class's indicator on the standardised columns, refitted
 * without each row in turn. With H the matrix that takes indicators to fitted values, the prediction without row i is {@code (fitted_i - h_ii y_i) / (1 - h_ii)},
 * so that any number of labellings of one set of rows costs a product each. Columns are standardised once, over all rows.
 *
 * @param hat H, (n, n) in F64
 * @see <a href="https://doi.org/10.1080/00401706.1974.10489157">Allen (1974)</a>
 */
public record LinearReadout(Tensor hat) {
    /** Half of the penalty's weight is this times the number of rows. */
    private static final double RIDGE = 1e-3;

    /** Of codes (n, units), at least two. */
    public static LinearReadout of(Tensor codes) {
        if (codes.rank() != 2 || codes.size(0) < 2)
            throw new ShapeException("LinearReadout: codes " + codes.shape() + "; they are (n, units), n at least 2");
        var x = codes.detach().to(DType.F64);
        Tensor deviation = x.std(0, 0, false), z = x.sub(x.mean(0)).div(deviation.eq(0).where(deviation.onesLike(), deviation)).compute();
        long n = z.size(0);
        // Centred columns are orthogonal to the constant, whose part of H is 1 / n.
        var gram = z.transpose().matmul(z).add(Tensor.eye(DType.F64, z.size(1)).mul(RIDGE * n));
        return new LinearReadout(z.matmul(Cholesky.of(gram).solve(z.transpose())).add(1.0 / n).compute());
    }

    /** The class of each row, as the readout of all others has it. @param labels one a row, from 0 */
    public int[] leaveOneOut(int[] labels) {
        double[][] h = hat.toRows();
        if (labels.length != h.length) throw new ShapeException("LinearReadout: " + labels.length + " labels for " + h.length + " rows");
        var predicted = new int[labels.length];
        var score = new double[Arrays.stream(labels).max().orElseThrow() + 1];
        for (int i = 0; i < labels.length; i++) {
            Arrays.fill(score, 0);
            for (int j = 0; j < labels.length; j++) if (j != i) score[labels[j]] += h[i][j]; // all over 1 - h_ii, which orders alike
            for (int c = 1; c < score.length; c++) if (score[c] > score[predicted[i]]) predicted[i] = c;
        }
        return predicted;
    }

    /** The share of rows whose class the others tell. */
    public double leaveOneOutAccuracy(int[] labels) {
        int[] predicted = leaveOneOut(labels);
        int right = 0;
        for (int i = 0; i < labels.length; i++) if (predicted[i] == labels[i]) right++;
        return (double) right / labels.length;
    }
}
