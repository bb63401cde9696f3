package lyceum.models.vision.segment;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Atrous spatial pyramid pooling: a map seen by a 1 x 1 convolution, by 3 x 3 convolutions whose taps lie apart by several rates, and as a
 * whole; joined and brought to a width. Its size stays.
 *
 * <p>Children: {@code convs.0 ..} (1 x 1, then each rate), {@code norms.0 ..}, {@code pool}, {@code project}, {@code norm}.
 *
 * @see <a href="https://arxiv.org/abs/1706.05587">Chen, Papandreou, Schroff and Adam (2017): DeepLab v3</a>
 */
public final class Aspp extends Module {
    private final List<Conv2d> convs;
    private final List<BatchNorm> norms;
    private final Conv2d pool, project;
    private final BatchNorm norm;

    /** @param rates of dilation, at least 1 each; DeepLab has 6, 12, 18 at stride 16 */
    public Aspp(int inputs, int width, List<Integer> rates, Rng rng) {
        if (rates.isEmpty() || rates.stream().anyMatch(r -> r < 1))
            throw new IllegalArgumentException("Aspp: rates " + rates + "; at least one, each at least 1");
        convs = IntStream.rangeClosed(0, rates.size())
                .mapToObj(i -> i == 0 ? plain(inputs, width, rng) : atrous(inputs, width, rates.get(i - 1), rng)).toList();
        norms = convs.stream().map(c -> new BatchNorm(width)).toList();
        pool = new Conv2d(inputs, width, 1, rng);
        project = plain((rates.size() + 2) * width, width, rng);
        norm = new BatchNorm(width);
    }

    private static Conv2d plain(int inputs, int width, Rng rng) {
        return new Conv2d(inputs, width, new int[] {1}, new Convolution(), false, DType.F32, null, rng);
    }

    private static Conv2d atrous(int inputs, int width, int rate, Rng rng) {
        return new Conv2d(inputs, width, new int[] {3}, new Convolution().withPadding(rate).withDilation(rate), false, DType.F32, null,
                rng);
    }

    /** What each convolution sees before its norm, the 1 x 1 first. */
    public List<Tensor> branches(Tensor x, Pass pass) { return convs.stream().map(c -> c.forward(x, pass)).toList(); }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() != 4) throw new ShapeException("Aspp: map " + x.shape() + "; (batch, channels, height, width)");
        var seen = branches(x, pass);
        var parts = new Tensor[seen.size() + 1];
        for (int i = 0; i < seen.size(); i++) parts[i] = norms.get(i).forward(seen.get(i), pass).relu();
        var whole = pool.forward(x.mean(new int[] {2, 3}, true), pass).relu();
        parts[seen.size()] = whole.expand(x.size(0), whole.size(1), x.size(2), x.size(3));
        return norm.forward(project.forward(Tensor.concat(1, parts), pass), pass).relu();
    }
}
