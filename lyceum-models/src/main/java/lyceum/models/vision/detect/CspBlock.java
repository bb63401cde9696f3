package lyceum.models.vision.detect;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Cross-stage partial block: half of the channels go through residual bottlenecks, the other half past them, and both are joined. State has the names of
 * the PyTorch one of YOLO v5 (C3): {@code cv1} and {@code cv2} the halves, {@code m.0 ..} the bottlenecks, {@code cv3} what joins, each {@code conv.weight}
 * and {@code bn.*}; norms have its epsilon, 1e-3, so they predict alike. Moments move by 0.1 a step, there by 0.03, which wants more steps.
 *
 * @see <a href="https://arxiv.org/abs/1911.11929">Wang et al. (2020): CSPNet</a>
 */
public final class CspBlock extends Module {
    /** A convolution without a bias, its norm, and SiLU. */
    static final class Unit extends Module {
        private final Conv2d conv;
        private final BatchNorm bn;

        Unit(int inputs, int outputs, int kernel, int stride, Rng rng) {
            var how = new Convolution().withStride(stride).withPadding(kernel / 2);
            conv = new Conv2d(inputs, outputs, new int[] {kernel}, how, false, DType.F32, null, rng);
            bn = new BatchNorm(outputs, 1e-3, 0.1, DType.F32);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            var y = bn.forward(conv.forward(x, pass), pass);
            return y.mul(y.sigmoid());
        }
    }

    private static final class Bottleneck extends Module {
        private final Unit cv1, cv2;

        Bottleneck(int width, Rng rng) {
            cv1 = new Unit(width, width, 1, 1, rng);
            cv2 = new Unit(width, width, 3, 1, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return x.add(cv2.forward(cv1.forward(x, pass), pass)); }
    }

    private final Unit cv1, cv2, cv3;
    private final List<Bottleneck> m;

    /** @param depth bottlenecks, at least one @param outputs an even number */
    public CspBlock(int inputs, int outputs, int depth, Rng rng) {
        if (depth < 1 || outputs < 2 || outputs % 2 != 0) throw new IllegalArgumentException(
                "CspBlock: depth " + depth + " and " + outputs + " outputs; at least one, and an even number");
        cv1 = new Unit(inputs, outputs / 2, 1, 1, rng);
        cv2 = new Unit(inputs, outputs / 2, 1, 1, rng);
        cv3 = new Unit(outputs, outputs, 1, 1, rng);
        m = IntStream.range(0, depth).mapToObj(i -> new Bottleneck(outputs / 2, rng)).toList();
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var through = cv1.forward(x, pass);
        for (var block : m) through = block.forward(through, pass);
        return cv3.forward(Tensor.concat(1, through, cv2.forward(x, pass)), pass);
    }
}
