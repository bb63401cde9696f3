package lyceum.models.generative.flow;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * A scale and an offset for each channel, {@code y = exp(logs) (x + bias)}, which begin so that the first batch leaves with mean 0 and standard deviation 1 (dividing
 * by the count), and are learned from there: no statistics of batches afterwards. A channel that is constant in the first batch keeps its scale.
 *
 * <p>The first learning pass begins it, or {@link #initialise}. Items are (n, c) or (n, c, ..); the determinant is {@code places x sum of logs}.
 *
 * @see <a href="https://arxiv.org/abs/1807.03039">Kingma and Dhariwal (2018), section 3.1</a>
 */
public final class ActNorm extends FlowLayer {
    private final Tensor bias, logs, initialised;

    public ActNorm(int channels, DType dtype) {
        if (channels < 1) throw new IllegalArgumentException("ActNorm: " + channels + " channels; at least 1");
        bias = Tensor.zeros(dtype, channels).compute().requiresGrad();
        logs = Tensor.zeros(dtype, channels).compute().requiresGrad();
        initialised = Tensor.zeros(DType.I64).compute();
    }

    public boolean isInitialised() { return initialised.itemLong() != 0; }

    /** Takes offset and scale from these items, whatever they were. */
    public void initialise(Tensor x) {
        wide(x);
        Autograd.noGrad(() -> {
            int[] others = IntStream.range(0, x.rank()).filter(axis -> axis != 1).toArray();
            Tensor mean = x.mean(others, false), deviation = x.var(others, 0, false).sqrt().to(DType.F64);
            bias.copy_(mean.neg());
            logs.copy_(deviation.eq(0).where(deviation.zerosLike(), deviation.log().neg()).to(logs.dtype()));
            initialised.fill_(1);
        });
    }

    private long[] wide(Tensor x) {
        if (x.rank() < 2 || x.size(1) != bias.count())
            throw new ShapeException("ActNorm: items " + x.shape() + " for " + bias.count() + " channels on axis 1");
        var wide = new long[x.rank() - 1];
        Arrays.fill(wide, 1);
        wide[0] = bias.count();
        return wide;
    }

    private Tensor logDet(Tensor x) { return logs.sum().mul((double) x.count() / x.size(0) / x.size(1)).expand(x.size(0)); }

    @Override public Moved transform(Tensor x, Pass pass) {
        long[] wide = wide(x);
        if (pass.isTraining() && !isInitialised()) initialise(x);
        return new Moved(x.add(bias.reshape(wide)).mul(logs.reshape(wide).exp()), logDet(x));
    }

    @Override public Moved inverse(Tensor y, Pass pass) {
        long[] wide = wide(y);
        return new Moved(y.mul(logs.reshape(wide).neg().exp()).sub(bias.reshape(wide)), logDet(y).neg());
    }
}
