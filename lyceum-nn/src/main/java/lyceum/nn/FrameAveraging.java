package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Eigen;
import lyceum.linalg.Lu;
import lyceum.tensor.Tensor;

/**
 * Any network made invariant: the mean of its outputs over some poses of the input, which are the same set for every transformed copy of it.
 *
 * {@snippet :
 * var turned = new FrameAveraging(network, FrameAveraging.over(GroupAction.of(Symmetry.D4)));     // 8 passes
 * var posed = new FrameAveraging(network, FrameAveraging.principalAxes(true));                    // clouds (n, points, 3): 8 passes
 * }
 *
 * @see <a href="https://arxiv.org/abs/2110.03336">Puny and others (2022)</a>
 */
public final class FrameAveraging extends Module {
    private final Layer network;
    private final Frame frame;

    /** Gives the poses of an input. */
    @FunctionalInterface
    public interface Frame {
        /** The poses in which a batch is seen, each of its shape: the same set, in any order, for an input and its transformed copies. */
        List<Tensor> poses(Tensor x);
    }

    public FrameAveraging(Layer network, Frame frame) {
        this.network = network;
        this.frame = frame;
    }

    /** All elements of a finite group. The action is to list all of them: some random permutations are no group. */
    public static Frame over(GroupAction group) {
        return x -> {
            var poses = new ArrayList<Tensor>();
            for (int e = 0; e < group.size(); e++) poses.add(group.apply(e, x));
            return poses;
        };
    }

    /**
     * Clouds (n, points, d) about their means along their principal axes, in all signs of these: invariance to shifts, turns and, if wanted, mirrors, by
     * {@code 2^d} poses. Where two principal variances are equal the axes, and so the result, are arbitrary. Gradients hold the axes still.
     *
     * @param mirrors whether mirror images count as the same; else only half of the signs are used
     */
    public static Frame principalAxes(boolean mirrors) {
        return x -> {
            if (x.rank() != 3 || x.size(2) > 8 || x.size(1) < 1) throw new ShapeException(
                    "FrameAveraging.principalAxes: clouds " + x.shape() + "; they are (n, points, d) with d at most 8");
            int d = (int) x.size(2);
            var centred = x.sub(x.mean(1, true));
            var axes = new Tensor[(int) x.size(0)];
            Autograd.noGrad(() -> {
                for (int i = 0; i < axes.length; i++) {
                    var cloud = centred.detach().get(i).to(DType.F64);
                    axes[i] = Eigen.symmetric(cloud.transpose().matmul(cloud)).vectors();
                    if (!mirrors && Lu.of(axes[i]).detSign() < 0) axes[i] = axes[i].mul(signs(1, d)); // each a turn
                }
            });
            var turns = Tensor.stack(0, axes).to(x.dtype()).compute();
            var poses = new ArrayList<Tensor>();
            for (int mask = 0; mask < 1 << d; mask++) {
                if (!mirrors && Integer.bitCount(mask) % 2 == 1) continue; // half of the signs: a hand is kept
                poses.add(centred.matmul(turns.mul(signs(mask, d).to(x.dtype()))));
            }
            return poses;
        };
    }

    /** -1 where a bit of the mask is set, else 1. */
    private static Tensor signs(int mask, int d) {
        var signs = new double[d];
        for (int k = 0; k < d; k++) signs[k] = (mask >> k & 1) == 1 ? -1 : 1;
        return Tensor.of(signs);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        Tensor sum = null;
        var poses = frame.poses(x);
        for (var pose : poses) {
            var y = network.forward(pose, pass);
            sum = sum == null ? y : sum.add(y);
        }
        return sum.div(poses.size());
    }
}
