package lyceum.models.points;

import java.util.List;
import lyceum.DType;
import lyceum.models.points.SetAbstraction.Cloud;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * PointNet++'s way back to the dense cloud: each of its points takes the mean of its 3 nearest sparse points' features, weighted by one over the squared distance,
 * beside its own features, through shared layers.
 *
 * @see <a href="https://arxiv.org/abs/1706.02413">Qi, Yi, Su and Guibas (2017), section 3.4</a>
 */
public final class FeaturePropagation extends Module {
    private final PointMlp mlp;

    /** @param features of sparse and dense points together */
    public FeaturePropagation(int features, List<Integer> widths, boolean norm, DType dtype, Rng rng) {
        mlp = new PointMlp(features, widths, norm, dtype, rng);
    }

    /** The dense cloud with features from both. */
    public Cloud forward(Cloud dense, Cloud sparse, Pass pass) {
        long clouds = dense.points().size(0), n = dense.points().size(1), m = sparse.points().size(1);
        var parts = new Tensor[(int) clouds];
        for (int c = 0; c < clouds; c++)
            parts[c] = interpolated(dense.points().select(0, c), sparse.points().select(0, c), sparse.features().select(0, c), m);
        var features = Tensor.stack(0, parts);
        if (dense.features() != null) features = Tensor.concat(2, features, dense.features());
        return new Cloud(dense.points(), mlp.forward(features, pass).reshape(clouds, n, -1));
    }

    private static Tensor interpolated(Tensor dense, Tensor sparse, Tensor features, long m) {
        int k = (int) Math.min(3, m);
        long n = dense.size(0);
        int[] near = PointSampling.nearest(sparse, dense, k);
        var distance = dense.unsqueeze(1).sub(sparse.rows(near).reshape(n, k, 3)).square().sum(2);
        var weight = distance.add(1e-8).reciprocal();
        weight = weight.div(weight.sum(1, true));
        return features.rows(near).reshape(n, k, features.size(1)).mul(weight.unsqueeze(2)).sum(1);
    }

    @Override protected Tensor compute(Tensor features, Pass pass) { return mlp.forward(features, pass); }
}
