package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.backend.NearestPoints;
import lyceum.stats.learner.ClusterModel;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link KMeans} found.
 *
 * @param centres (k x p), F64
 * @param labels the cluster of each row (n), I64
 * @param inertia weighted sum of squared distances of the rows to their centres
 * @param total weighted sum of squared distances of the rows to their mean
 * @param between the part of {@code total} that the centres explain: {@code sum_c mass_c |centre_c - mean|^2}. Where the run ended because no row
 *     changed its cluster, {@code inertia + between = total}
 * @param masses total weight of each cluster: its size, if weights are equal
 * @param history the inertia after each assignment, first to last: the last one added up row by row, the others taken from the clusters' sums, with
 *     rounding of some 1e-15 of {@code total}
 * @param iterations of the run that was kept, the last one included, which changed nothing
 * @param converged whether it ended by itself, before {@link KMeans#maxIterations}
 */
public record KMeansModel(Tensor centres, Tensor labels, double inertia, double total, double between, double[] masses, double[] history,
        int iterations, boolean converged) implements ClusterModel, FittedTransformer {

    @Override public int nClusters() { return (int) centres.size(0); }

    @Override public int nFeatures() { return (int) centres.size(1); }

    @Override public int nOutputs() { return nClusters(); }

    /** A copy. */
    @Override public double[] masses() { return masses.clone(); }

    /** A copy. */
    @Override public double[] history() { return history.clone(); }

    /** The nearest centre of each row (n), I64; the first of equally near ones. */
    @Override public Tensor predict(Tensor x) {
        var points = points(x);
        var nearest = new long[points.n];
        double[] table = table();
        points.inPieces((piece, from, to) -> {
            var which = new int[Points.BLOCK];
            var found = new NearestPoints.Nearest(Points.BLOCK);
            for (int first = from; first < to; first += Points.BLOCK) {
                int count = Math.min(Points.BLOCK, to - first);
                for (int t = 0; t < count; t++) which[t] = first + t;
                points.nearest(which, count, table, nClusters(), found);
                for (int t = 0; t < count; t++) nearest[first + t] = found.point()[t];
            }
        });
        return Tensor.of(nearest);
    }

    /** The Euclidean distance of each row to each centre (n x k), in the type of {@code x}. */
    @Override public Tensor transform(Tensor x) {
        var points = points(x);
        int k = nClusters();
        var out = new double[points.n * k];
        double[] table = table();
        points.inPieces((piece, from, to) -> {
            var distance = new double[NearestPoints.width(k)];
            for (int i = from; i < to; i++) {
                points.squaredDistances(i, table, k, distance);
                for (int c = 0; c < k; c++) out[i * k + c] = Math.sqrt(distance[c]);
            }
        });
        return Tensor.of(out, points.n, k).to(x.dtype().isFloat() ? x.dtype() : lyceum.DType.F64);
    }

    /** The sum of squared distances of other rows to their nearest centres. */
    public double inertia(Tensor x) {
        double[] distances = transform(x.to(lyceum.DType.F64)).toDoubleArray();
        int k = nClusters();
        double sum = 0;
        for (int i = 0; i < distances.length; i += k) {
            double least = Arrays.stream(distances, i, i + k).min().orElseThrow();
            sum += least * least;
        }
        return sum;
    }

    private double[] table() { return NearestPoints.table(centres.toDoubleArray(), nClusters(), nFeatures()); }

    private Points points(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return new Points(rows, new double[(int) rows.size(0)]);
    }
}
