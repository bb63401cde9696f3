package lyceum.learn.manifold;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.learn.neighbors.NeighborIndex;
import lyceum.random.Rng;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link Umap} found.
 *
 * @param settings it was fitted with
 * @param index over the training rows
 * @param rows the training rows, F64, where the index has them changed by its metric; else null
 * @param embedding of the training rows (n x components), in their type
 */
public record UmapModel(Umap settings, NeighborIndex index, Tensor rows, Tensor embedding) implements FittedTransformer {
    @Override public int nFeatures() { return index.nFeatures(); }

    @Override public int nOutputs() { return settings.components(); }

    /**
     * Places new rows one by one on the map as it is: from the mean of their neighbours' places, weighted by memberships, by a third of the epochs in which only
     * the new point moves. What is random in it is drawn by the row's values.
     */
    @Override public Tensor transform(Tensor x) {
        var input = LearnerInput.forModel(this, x).x();
        int m = (int) input.size(0), d = nOutputs(), p = nFeatures(), n = index.size(), k = Math.min(settings.neighbors(), n);
        if (m == 0) return Tensor.zeros(input.dtype(), 0, d);
        var near = index.neighbors(input, k);
        int[] neighbors = near.indices().toIntArray();
        double[] weights = UmapGraph.memberships(near.distances().toDoubleArray(), m, k), map = map(), out = new double[m * d];
        double[] values = input.to(DType.F64).toDoubleArray();
        var layout = settings.layout(n, 3);
        Parallel.range(m, 4, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                var place = new double[d];
                double sum = 0;
                for (int e = i * k; e < (i + 1) * k; e++) {
                    sum += weights[e];
                    for (int c = 0; c < d; c++) place[c] += weights[e] * map[neighbors[e] * d + c];
                }
                for (int c = 0; c < d; c++) place[c] /= sum;
                var rng = Rng.of(settings.seed()).split(Arrays.hashCode(Arrays.copyOfRange(values, i * p, (i + 1) * p)));
                layout.place(map, neighbors, weights, i * k, k, place, rng);
                System.arraycopy(place, 0, out, i * d, d);
            }
        });
        return Tensor.of(out, m, d).to(input.dtype());
    }

    private double[] map() { return embedding.to(DType.F64).toDoubleArray(); }

    /**
     * What lies at places of the map (m x components): means of the training rows that lie nearest there, weighted by memberships as in the data (m x p). Not the
     * inverse of {@link #transform}: between groups it mixes them.
     */
    public Tensor lookup(Tensor places) {
        if (places.rank() != 2 || places.size(1) != nOutputs())
            throw new ShapeException("UmapModel.lookup: places have shape " + places.shape() + "; the map has " + nOutputs() + " columns");
        int m = (int) places.size(0), p = nFeatures(), k = Math.min(settings.neighbors(), index.size());
        if (m == 0) return Tensor.zeros(embedding.dtype(), 0, p);
        var near = new NearestNeighbors().fit(embedding).neighbors(places, k);
        int[] rows = near.indices().toIntArray();
        double[] weights = UmapGraph.memberships(near.distances().toDoubleArray(), m, k);
        double[] all = (this.rows == null ? index.rows() : this.rows).toDoubleArray(), out = new double[m * p];
        for (int i = 0; i < m; i++) {
            double sum = 0;
            for (int e = i * k; e < (i + 1) * k; e++) {
                sum += weights[e];
                for (int c = 0; c < p; c++) out[i * p + c] += weights[e] * all[rows[e] * p + c];
            }
            for (int c = 0; c < p; c++) out[i * p + c] /= sum;
        }
        return Tensor.of(out, m, p).to(embedding.dtype());
    }
}
