package lyceum.learn.manifold;

import lyceum.backend.Parallel;
import lyceum.learn.decomposition.KernelPca;
import lyceum.learn.decomposition.KernelPcaModel;
import lyceum.learn.neighbors.NeighborIndex;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link Isomap} found.
 *
 * @param index over the training rows
 * @param neighbors k
 * @param scaling of {@code -1/2 G^2}, of which it keeps {@code rows}
 * @param embedding of the training rows (n x components), in their type
 * @param pieces of the graph before they were joined; above 1, distances between them are guesses
 */
public record IsomapModel(NeighborIndex index, int neighbors, KernelPcaModel scaling, Tensor embedding, int pieces)
        implements FittedTransformer {
    @Override public int nFeatures() { return index.nFeatures(); }

    @Override public int nOutputs() { return scaling.nOutputs(); }

    /** Lengths of the shortest paths (n x n), F64. */
    public Tensor geodesics() { return scaling.rows().mul(-2).sqrt(); }

    /** {@code |H (-1/2 G^2) H - Y Y^T|_F / n}: what the map leaves out. */
    public double reconstructionError() {
        var centred = KernelPca.centred(scaling.rows());
        double all = centred.square().sum().item(), kept = scaling.eigenvalues().square().sum().item();
        return Math.sqrt(Math.max(0, all - kept)) / index.size();
    }

    /** Places of new rows: their paths go by their nearest training rows, the rest is the scaling of the training rows. */
    @Override public Tensor transform(Tensor x) {
        var input = LearnerInput.forModel(this, x).x();
        int n = index.size(), m = (int) input.size(0), k = Math.min(neighbors, n);
        if (m == 0) return Tensor.zeros(input.dtype(), 0, nOutputs());
        var near = index.neighbors(input, k);
        int[] rows = near.indices().toIntArray();
        double[] far = near.distances().toDoubleArray(), paths = geodesics().toDoubleArray(), gram = new double[m * n];
        Parallel.range(m, 8, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                for (int j = 0; j < n; j++) {
                    double least = Double.POSITIVE_INFINITY;
                    for (int e = i * k; e < (i + 1) * k; e++) least = Math.min(least, far[e] + paths[rows[e] * n + j]);
                    gram[i * n + j] = -0.5 * least * least;
                }
            }
        });
        return scaling.transform(Tensor.of(gram, m, n)).to(input.dtype());
    }
}
