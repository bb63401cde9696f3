package lyceum.learn.manifold;

import lyceum.DType;
import lyceum.learn.decomposition.KernelPcaModel;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link Mds} found.
 *
 * @param rows the training rows (n x p), F64; null if distances were given
 * @param scaling the classical scaling, by which new rows are placed
 * @param embedding of the training rows (n x components), in their type
 * @param stress {@code sum_{i<j} (d_ij - |y_i - y_j|)^2}
 * @param majorised whether the map is metric
 */
public record MdsModel(Tensor rows, KernelPcaModel scaling, Tensor embedding, double stress, boolean majorised)
        implements FittedTransformer {
    private static final int STEPS = 100;

    static Tensor distances(Tensor x, Tensor z) {
        double[][] a = x.toRows(), b = z.toRows();
        var out = new double[a.length][b.length];
        for (int i = 0; i < a.length; i++) for (int j = 0; j < b.length; j++) out[i][j] = Stress.distance(a[i], b[j]);
        return a.length == 0 ? Tensor.zeros(DType.F64, 0, b.length) : Tensor.of(out);
    }

    @Override public int nFeatures() { return (int) (rows == null ? scaling.rows() : rows).size(1); }

    @Override public int nOutputs() { return (int) embedding.size(1); }

    /**
     * New rows by the classical scaling's formula (Gower 1968); for a metric map they then lower their own part of the stress, the map as it is. If distances
     * were given, rows of x hold distances to the training rows.
     */
    @Override public Tensor transform(Tensor x) {
        var input = LearnerInput.forModel(this, x).x();
        var d = rows == null ? input.to(DType.F64) : distances(input.to(DType.F64), rows);
        var places = scaling.transform(d.square().mul(-0.5).compute());
        return (majorised && input.size(0) > 0 ? Tensor.of(lowered(d.toRows(), places.toRows())) : places).to(input.dtype());
    }

    /** {@code y = mean_j (y_j + d_j (y - y_j) / |y - y_j|)}, again and again. */
    private double[][] lowered(double[][] d, double[][] places) {
        double[][] map = embedding.to(DType.F64).toRows();
        int n = map.length, k = map[0].length;
        for (int i = 0; i < places.length; i++) {
            for (int step = 0; step < STEPS; step++) {
                var next = new double[k];
                for (int j = 0; j < n; j++) {
                    double far = Stress.distance(places[i], map[j]), share = far == 0 ? 0 : d[i][j] / far;
                    for (int c = 0; c < k; c++) next[c] += (map[j][c] + share * (places[i][c] - map[j][c])) / n;
                }
                places[i] = next;
            }
        }
        return places;
    }
}
