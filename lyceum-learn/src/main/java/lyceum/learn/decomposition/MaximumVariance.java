package lyceum.learn.decomposition;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Svd;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * Canonical analysis of several views (MAXVAR): the shared scores g that all views together come nearest to, by the largest
 * {@code sum_v cos^2(g, view v)}. Of two views the sums are {@code 1 + r} with their canonical correlations r.
 *
 * @param agreements the sums, falling: as many as views where all share a direction, 1 for a direction of one view alone
 * @param shared G (n x k), orthonormal columns
 * @param weights of each view's columns (p_v x k): {@code (X_v - mean) weights} is that view's nearest to G
 * @param means of each view's columns
 * @see <a href="https://doi.org/10.1093/biomet/58.3.433">Kettenring (1971), Canonical analysis of several sets of variables</a>
 */
public record MaximumVariance(double[] agreements, Tensor shared, List<Tensor> weights, List<Tensor> means) {
    /**
     * @param views at least 2, each (n x p_v)
     * @param components k
     * @param ridge added to the variances of all columns, 0 for none
     */
    public static MaximumVariance fit(List<Tensor> views, int components, double ridge) {
        if (views.size() < 2)
            throw new IllegalArgumentException("MaximumVariance.fit: " + views.size() + " views; at least 2 are compared");
        if (!(ridge >= 0)) throw new IllegalArgumentException("MaximumVariance.fit: ridge is " + ridge + "; it is at least 0");
        var bases = new Tensor[views.size()];
        var found = new ArrayList<View>();
        var means = new ArrayList<Tensor>();
        long n = views.getFirst().size(0);
        int ranks = 0;
        for (int v = 0; v < bases.length; v++) {
            var rows = LearnerInput.matrix("MaximumVariance.fit", views.get(v), false).x().to(DType.F64);
            if (rows.size(0) != n)
                throw new ShapeException("MaximumVariance.fit: view " + v + " has " + rows.size(0) + " rows, the first one " + n);
            means.add(rows.mean(0).compute());
            found.add(View.of(View.centred(rows, means.get(v)), ridge * (n - 1)));
            bases[v] = found.get(v).filtered();
            ranks += found.get(v).rank();
        }
        if (components < 1 || components > Math.min(ranks, n - 1)) throw new IllegalArgumentException(
                "MaximumVariance.fit: components is " + components + "; it lies between 1 and " + Math.min(ranks, n - 1));
        var svd = Svd.of(Tensor.concat(1, bases));
        var shared = svd.u().narrow(1, 0, components).contiguous();
        var weights = new ArrayList<Tensor>();
        for (int v = 0; v < bases.length; v++) weights.add(found.get(v).weights(bases[v].transpose().matmul(shared)));
        return new MaximumVariance(svd.s().square().narrow(0, 0, components).toDoubleArray(), shared, List.copyOf(weights),
                List.copyOf(means));
    }

    /** A copy. */
    @Override public double[] agreements() { return agreements.clone(); }

    /** The scores (m x k) of rows of view v. */
    public Tensor scores(int v, Tensor x) { return x.to(DType.F64).sub(means.get(v)).matmul(weights.get(v)).compute(); }
}
