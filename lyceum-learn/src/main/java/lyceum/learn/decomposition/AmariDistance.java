package lyceum.learn.decomposition;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * How far an unmixing is from undoing a mixing, whatever the order, sign and scale of the sources: 0 when {@code P = W A} has one entry in each row
 * and column, 1 when all its entries are equally large,
 * {@code d = (sum_i (sum_j |p_ij| / max_j |p_ij| - 1) + sum_j (sum_i |p_ij| / max_i |p_ij| - 1)) / (2 k (k - 1))}.
 *
 * {@snippet :
 * var waves = Tensor.randn(Rng.of(1), DType.F64, 500, 3).pow(3);
 * var mixing = Tensor.randn(Rng.of(2), DType.F64, 3, 3);
 * var model = new FastIca(3).fit(waves.matmul(mixing.transpose()));
 * AmariDistance.of(model.unmixing(), mixing);
 * }
 *
 * @see <a href="https://papers.nips.cc/paper/1115-a-new-learning-algorithm-for-blind-signal-separation">Amari, Cichocki and Yang (1996)</a>
 */
public final class AmariDistance {
    private AmariDistance() {}

    /**
     * The distance, in [0, 1].
     *
     * @param unmixing W (k x p)
     * @param mixing A (p x k), k at least 2
     * @throws ShapeException if the shapes do not fit
     */
    public static double of(Tensor unmixing, Tensor mixing) {
        if (unmixing.rank() != 2 || mixing.rank() != 2 || unmixing.size(1) != mixing.size(0) || unmixing.size(0) != mixing.size(1)
                || unmixing.size(0) < 2)
            throw new ShapeException("AmariDistance: unmixing " + unmixing.shape() + " and mixing " + mixing.shape()
                    + "; they are (k x p) and (p x k), k at least 2");
        double[][] p = unmixing.to(DType.F64).matmul(mixing.to(DType.F64)).abs().toRows();
        int k = p.length;
        double sum = 0;
        for (int i = 0; i < k; i++) {
            double row = 0, rowMax = 0, column = 0, columnMax = 0;
            for (int j = 0; j < k; j++) {
                row += p[i][j];
                rowMax = Math.max(rowMax, p[i][j]);
                column += p[j][i];
                columnMax = Math.max(columnMax, p[j][i]);
            }
            if (rowMax == 0 || columnMax == 0)
                throw new IllegalArgumentException("AmariDistance: the product of unmixing and mixing has an empty row or column " + i);
            sum += row / rowMax - 1 + column / columnMax - 1;
        }
        return sum / (2.0 * k * (k - 1));
    }
}
