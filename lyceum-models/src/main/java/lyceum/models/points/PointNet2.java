package lyceum.models.points;

import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.models.points.SetAbstraction.Cloud;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * PointNet++: two steps of {@link SetAbstraction} and one over all that is left, so that neighbourhoods are seen before the whole; for segments the way back by
 * {@link FeaturePropagation}. Radii are in units of clouds that fill the unit sphere.
 *
 * {@snippet :
 * var net = new PointNet2(5, false, 64, 0.4, 16, true, DType.F32, Rng.of(1));
 * Tensor logits = net.forward(clouds);                          // (clouds, points, 3), at least 64 points
 * }
 *
 * @see <a href="https://arxiv.org/abs/1706.02413">Qi, Yi, Su and Guibas (2017)</a>
 */
public final class PointNet2 extends Module {
    private final SetAbstraction sa1, sa2, sa3;
    private final FeaturePropagation fp3, fp2, fp1;
    private final Linear out;
    private final int centres;

    /** @param centres of the first step, at least 4; the second has a quarter, and balls of twice the radius and as many points */
    public PointNet2(int classes, boolean segments, int centres, double radius, int k, boolean norm, DType dtype, Rng rng) {
        if (classes < 1 || centres < 4)
            throw new IllegalArgumentException("PointNet2: " + classes + " classes, " + centres + " centres; at least 1 and 4");
        this.centres = centres;
        sa1 = new SetAbstraction(centres, radius, k, 0, List.of(16, 32), norm, dtype, rng);
        sa2 = new SetAbstraction(centres / 4, 2 * radius, k, 32, List.of(32, 64), norm, dtype, rng);
        sa3 = new SetAbstraction(0, 0, 0, 64, List.of(64, 128), norm, dtype, rng);
        fp3 = segments ? new FeaturePropagation(128 + 64, List.of(64), norm, dtype, rng) : null;
        fp2 = segments ? new FeaturePropagation(64 + 32, List.of(64), norm, dtype, rng) : null;
        fp1 = segments ? new FeaturePropagation(64, List.of(64), norm, dtype, rng) : null;
        out = new Linear(segments ? 64 : 128, classes, true, dtype, Init.glorotUniform(), rng);
    }

    /** Logits, (clouds, classes), or (clouds, points, classes) for segments. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() != 3 || x.size(2) != 3 || x.size(1) < centres) throw new ShapeException(
                "PointNet2: clouds " + x.shape() + "; they are (clouds, points, 3), of " + centres + " points at least");
        var all = new Cloud(x, null);
        Cloud one = sa1.forward(all, pass), two = sa2.forward(one, pass), three = sa3.forward(two, pass);
        if (fp1 == null) return out.forward(three.features().squeeze(1), pass);
        return out.forward(fp1.forward(all, fp2.forward(one, fp3.forward(two, three, pass), pass), pass).features(), pass);
    }
}
