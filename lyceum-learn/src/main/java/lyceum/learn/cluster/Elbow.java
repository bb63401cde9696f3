package lyceum.learn.cluster;

import lyceum.stats.learner.LearnerInput;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/**
 * Inertia by the number of clusters. It falls even for noise, so the bend is a hint and no proof: see {@link GapStatistic}.
 *
 * @param inertias for 1, 2, ... clusters
 */
public record Elbow(double[] inertias) {
    /** Fits {@code learner} with 1 to {@code maxK} clusters. */
    public static Elbow of(KMeans learner, Tensor x, int maxK) {
        LearnerInput.forFit(learner, x);
        if (maxK < 1) throw new IllegalArgumentException("Elbow: maxK is " + maxK + "; it is at least 1");
        var inertias = new double[maxK];
        for (int k = 1; k <= maxK; k++) inertias[k - 1] = learner.withK(k).fit(x).inertia();
        return new Elbow(inertias);
    }

    /** A copy. */
    @Override public double[] inertias() { return inertias.clone(); }

    /** The number of clusters farthest below the straight line from the first to the last point, both axes scaled to 1. */
    public int bend() {
        int best = 0, n = inertias.length;
        double most = 0, height = inertias[0] - inertias[n - 1];
        for (int i = 1; i < n - 1 && height > 0; i++) {
            double below = 1 - (double) i / (n - 1) - (inertias[i] - inertias[n - 1]) / height;
            if (below > most) {
                most = below;
                best = i;
            }
        }
        return best + 1;
    }

    /** The curve. */
    public Figure figure() {
        var ks = new double[inertias.length];
        for (int i = 0; i < ks.length; i++) ks[i] = i + 1;
        return Figure.line("Inertia by number of clusters", ks, inertias).axes("clusters", "inertia")
                .describedAs("The inertia falls with every further cluster; where it bends, further ones stop paying.");
    }
}
