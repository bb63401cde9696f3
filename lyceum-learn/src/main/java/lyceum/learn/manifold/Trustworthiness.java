package lyceum.learn.manifold;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * How far a map's neighbours can be believed.
 *
 * <p>Trustworthiness is 1 less a penalty for strangers: rows that are among the k nearest on the map and only the r-th nearest in the data, r above k,
 * {@code 1 - 2 / (n k (2 n - 3 k - 1)) sum (r - k)}. Continuity is the same with data and map exchanged: a penalty for neighbours who were torn apart. Both
 * are 1 for a perfect map and about 1/2 for a random one.
 *
 * @see <a href="https://doi.org/10.1007/3-540-44668-0_68">Venna and Kaski (2001)</a>
 */
public final class Trustworthiness {
    private Trustworthiness() {}

    /**
     * @param x rows (n x p)
     * @param map of them (n x q)
     * @param k neighbours, fewer than n / 2
     */
    public static double of(Tensor x, Tensor map, int k) { return 1 - penalty("trustworthiness", x, map, k); }

    /** The same with the roles exchanged. */
    public static double continuity(Tensor x, Tensor map, int k) { return 1 - penalty("continuity", map, x, k); }

    private static double penalty(String operation, Tensor x, Tensor map, int k) {
        var data = PairDistances.of(LearnerInput.matrix(operation, x, false).x().to(DType.F64));
        var flat = PairDistances.of(LearnerInput.matrix(operation, map, false).x().to(DType.F64));
        int n = data.size();
        if (flat.size() != n) throw new ShapeException(operation + ": x has " + x.size(0) + " rows and the map " + map.size(0));
        if (k < 1 || 2 * k >= n)
            throw new IllegalArgumentException(operation + ": k is " + k + "; it is at least 1 and below n / 2 = " + n / 2.0);
        var penalties = new long[n];
        Parallel.range(n, 4, (from, to) -> {
            double[] near = new double[n], far = new double[n];
            var chosen = new int[k];
            for (int i = (int) from; i < to; i++) {
                flat.squares(i, near);
                data.squares(i, far);
                PairDistances.nearest(near, i, chosen);
                for (int j : chosen) penalties[i] += Math.max(0, PairDistances.rank(far, i, j) - k);
            }
        });
        long sum = 0;
        for (long p : penalties) sum += p;
        return 2.0 * sum / ((double) n * k * (2.0 * n - 3.0 * k - 1));
    }
}
