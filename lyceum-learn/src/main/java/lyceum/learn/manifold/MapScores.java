package lyceum.learn.manifold;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What a map keeps of the data, in six numbers.
 *
 * @param trustworthiness neighbours on the map who are such in the data, see {@link Trustworthiness#of}
 * @param continuity neighbours in the data who are such on the map, see {@link Trustworthiness#continuity}
 * @param stress {@code sqrt(sum (d - a e)^2 / sum d^2)} over all pairs, d the distances in the data, e those on the map and a the best scale: 0 for a perfect map
 * @param distanceCorrelation Pearson's, of d and e
 * @param neighborRecall share of the k nearest rows in the data that are among the k nearest on the map
 * @param accuracy of the label of the nearest other row on the map; NaN without labels
 * @see <a href="https://doi.org/10.1007/BF02289565">Kruskal (1964), on stress</a>
 */
public record MapScores(double trustworthiness, double continuity, double stress, double distanceCorrelation, double neighborRecall,
        double accuracy) {
    /**
     * @param x rows (n x p)
     * @param map of them (n x q)
     * @param labels integers (n), or null
     * @param k neighbours, fewer than n / 2
     */
    public static MapScores of(Tensor x, Tensor map, Tensor labels, int k) {
        double trust = Trustworthiness.of(x, map, k), whole = Trustworthiness.continuity(x, map, k);
        var data = PairDistances.of(LearnerInput.matrix("MapScores", x, false).x().to(DType.F64));
        var flat = PairDistances.of(LearnerInput.matrix("MapScores", map, false).x().to(DType.F64));
        int n = data.size();
        var sums = new double[n][];
        Parallel.range(n, 4, (from, to) -> {
            double[] far = new double[n], near = new double[n];
            int[] inData = new int[k], onMap = new int[k];
            for (int i = (int) from; i < to; i++) {
                data.squares(i, far);
                flat.squares(i, near);
                sums[i] = sums(i, far, near);
                PairDistances.nearest(far, i, inData);
                PairDistances.nearest(near, i, onMap);
                for (int a : inData) for (int b : onMap) if (a == b) sums[i][5]++;
            }
        });
        var all = new double[6];
        for (double[] row : sums) for (int s = 0; s < 6; s++) all[s] += row[s];
        double pairs = (double) n * (n - 1), d = all[0] / pairs, e = all[1] / pairs;
        double dd = all[2] / pairs, ee = all[3] / pairs, de = all[4] / pairs;
        // The best scale is de / ee, and what it leaves dd - de^2 / ee.
        double stress = dd > 0 ? Math.sqrt(Math.max(0, ee > 0 ? 1 - de * de / (ee * dd) : 1)) : 0;
        double correlation = (de - d * e) / Math.sqrt((dd - d * d) * (ee - e * e));
        double recall = all[5] / ((double) n * k), accuracy = labels == null ? Double.NaN : accuracy(map, labels);
        return new MapScores(trust, whole, stress, correlation, recall, accuracy);
    }

    /** Of distances, of those on the map, of their squares and products. */
    private static double[] sums(int i, double[] far, double[] near) {
        var out = new double[6];
        for (int j = 0; j < far.length; j++) {
            if (j == i) continue;
            double d = Math.sqrt(far[j]), e = Math.sqrt(near[j]);
            out[0] += d;
            out[1] += e;
            out[2] += far[j];
            out[3] += near[j];
            out[4] += d * e;
        }
        return out;
    }

    private static double accuracy(Tensor map, Tensor labels) {
        if (labels.rank() != 1 || labels.size(0) != map.size(0))
            throw new ShapeException("MapScores: the map has " + map.size(0) + " rows but labels have shape " + labels.shape());
        var lists = NeighborLists.of(new NearestNeighbors().fit(map), map, 1);
        long[] label = labels.to(DType.I64).toLongArray();
        int right = 0;
        for (int i = 0; i < label.length; i++) if (label[lists.rows()[i]] == label[i]) right++;
        return (double) right / label.length;
    }
}
