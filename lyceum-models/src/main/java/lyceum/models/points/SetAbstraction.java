package lyceum.models.points;

import java.util.List;
import lyceum.DType;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A step of PointNet++ to a sparser cloud: centres by farthest-point sampling, up to k points in a ball about each, a small PointNet on each group in coordinates
 * relative to its centre, a maximum.
 *
 * @see <a href="https://arxiv.org/abs/1706.02413">Qi, Yi, Su and Guibas (2017), section 3.2</a>
 */
public final class SetAbstraction extends Module {
    private final int centres, k;
    private final double radius;
    private final PointMlp mlp;

    /** Points (clouds, points, 3) and what is known of each, (clouds, points, features), or null. */
    public record Cloud(Tensor points, Tensor features) {}

    /** @param centres of each cloud; 0 for one group of all points about the origin @param features of a point beside its coordinates */
    public SetAbstraction(int centres, double radius, int k, int features, List<Integer> widths, boolean norm, DType dtype, Rng rng) {
        if (centres < 0 || centres > 0 && (!(radius > 0) || k < 1)) throw new IllegalArgumentException(
                "SetAbstraction: " + centres + " centres, radius " + radius + ", k " + k + "; radius and k are positive");
        this.centres = centres;
        this.radius = radius;
        this.k = k;
        mlp = new PointMlp(3 + features, widths, norm, dtype, rng);
    }

    public Cloud forward(Cloud cloud, Pass pass) {
        long clouds = cloud.points.size(0), n = cloud.points.size(1);
        if (centres == 0) {
            var all = cloud.features == null ? cloud.points : Tensor.concat(2, cloud.points, cloud.features);
            return new Cloud(Tensor.zeros(cloud.points.dtype(), clouds, 1, 3), mlp.forward(all, pass).max(1, true));
        }
        int[] centre = new int[(int) clouds * centres], member = new int[centre.length * k];
        for (int c = 0; c < clouds; c++) {
            var points = cloud.points.select(0, c);
            int[] far = PointSampling.farthest(points, centres), near = PointSampling.ball(points, points.rows(far), radius, k);
            for (int i = 0; i < centres; i++) centre[c * centres + i] = (int) (c * n) + far[i];
            for (int i = 0; i < near.length; i++) member[c * near.length + i] = (int) (c * n) + near[i];
        }
        var flat = cloud.points.reshape(clouds * n, 3);
        var middle = flat.rows(centre).reshape(clouds, centres, 1, 3);
        var group = flat.rows(member).reshape(clouds, centres, k, 3).sub(middle);
        if (cloud.features != null) {
            long f = cloud.features.size(2);
            group = Tensor.concat(3, group, cloud.features.reshape(clouds * n, f).rows(member).reshape(clouds, centres, k, f));
        }
        return new Cloud(middle.squeeze(2), mlp.forward(group, pass).max(2));
    }

    @Override protected Tensor compute(Tensor points, Pass pass) { return forward(new Cloud(points, null), pass).features; }
}
