package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * Normalises each feature over the batch: {@code (x - mean) / sqrt(var + epsilon) * weight + bias} for (batch, features, ..). Training uses the
 * batch's biased variance and moves the running statistics by {@code momentum} towards it (unbiased, as in PyTorch); inference uses those. It supports
 * any number of further axes: PyTorch's BatchNorm1d, 2d and 3d, with the same state names.
 *
 * {@snippet :
 * var norm = new BatchNorm(64);
 * var network = new Sequential(new Conv2d(3, 64, 3, rng), norm, Activation.RELU);
 * Sequential faster = BatchNorm.fold(network);          // once trained: the norm inside the convolution's weights
 * ResNet encoder = BatchNorm.fold(resnet, pictures);    // the same of any network, wherever norms stand
 * replica.synchronised(local -> exchange(local));       // statistics of all replicas' batches together
 * }
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy (2015)</a>
 */
public final class BatchNorm extends Module {
    /** A momentum: the running statistics are the plain mean over all batches so far. */
    public static final double CUMULATIVE = Double.NaN;

    private final double epsilon, momentum;
    private final Tensor weight, bias;
    private final Tensor running_mean, running_var, num_batches_tracked;
    private volatile UnaryOperator<Moments> exchange = UnaryOperator.identity();

    /** Epsilon 1e-5, momentum 0.1. */
    public BatchNorm(long features) { this(features, 1e-5, 0.1, DType.F32); }

    /** @param momentum the share of the new batch, in [0, 1], or {@link #CUMULATIVE} */
    public BatchNorm(long features, double epsilon, double momentum, DType dtype) { this(features, epsilon, momentum, true, dtype); }

    /** @param affine whether there are a weight and a bias */
    public BatchNorm(long features, double epsilon, double momentum, boolean affine, DType dtype) {
        if (features < 1) throw new IllegalArgumentException("BatchNorm: " + features + " features; at least one is needed");
        if (!(epsilon >= 0)) throw new IllegalArgumentException("BatchNorm: epsilon is " + epsilon + "; it is at least 0");
        if (momentum < 0 || momentum > 1)
            throw new IllegalArgumentException("BatchNorm: momentum is " + momentum + "; it lies in [0, 1], or is CUMULATIVE");
        this.epsilon = epsilon;
        this.momentum = momentum;
        weight = affine ? Tensor.ones(dtype, features).compute().requiresGrad() : null;
        bias = affine ? Tensor.zeros(dtype, features).compute().requiresGrad() : null;
        running_mean = Tensor.zeros(dtype, features).compute();
        running_var = Tensor.ones(dtype, features).compute();
        num_batches_tracked = Tensor.zeros(DType.I64).compute();
    }

    /** What is left of a norm that was folded: nothing. */
    BatchNorm(BatchNorm folded) {
        epsilon = folded.epsilon;
        momentum = folded.momentum;
        weight = bias = running_mean = running_var = num_batches_tracked = null;
    }

    /** Whether it was folded into the layer before it and now does nothing. */
    public boolean isFolded() { return running_mean == null; }

    /** What is added to the variance. */
    public double epsilon() { return epsilon; }

    /**
     * Each feature's moments over so many values.
     *
     * @param count values a feature
     * @param mean (features)
     * @param variance (features), that which divides by the count
     */
    public record Moments(double count, Tensor mean, Tensor variance) {
        /** Of all values together, by the parts' moments; gradients flow into each (Chan, Golub and LeVeque 1983). */
        public static Moments pooled(List<Moments> parts) {
            double n = 0;
            for (var part : parts) n += part.count;
            Tensor mean = null, variance = null;
            for (var part : parts) mean = plus(mean, part.mean.mul(part.count / n));
            for (var part : parts) variance = plus(variance, part.variance.add(part.mean.sub(mean).square()).mul(part.count / n));
            return new Moments(n, mean, variance);
        }

        private static Tensor plus(Tensor sum, Tensor more) { return sum == null ? more : sum.add(more); }
    }

    /**
     * From now on, learning normalises by what {@code exchange} makes of this replica's moments, usually {@link Moments#pooled} of all replicas'. It is
     * called once a learning pass, on that pass's thread, and may wait for others. Gradients flow through what it gives. Returns this.
     */
    public BatchNorm synchronised(UnaryOperator<Moments> exchange) {
        this.exchange = exchange;
        return this;
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (isFolded()) {
            if (pass.isTraining())
                throw new IllegalStateException("BatchNorm: it is folded into the layer before it and cannot be trained");
            return x;
        }
        long features = running_mean.count();
        if (x.rank() < 2 || x.size(1) != features)
            throw new ShapeException("BatchNorm: input " + x.shape() + " for " + features + " features on axis 1");
        var wide = new long[x.rank()];
        Arrays.fill(wide, 1);
        wide[1] = features;
        var given = x.to(x.dtype().accumulator()); // squares of F16 end at 255
        var mean = running_mean;
        var variance = running_var;
        if (pass.isTraining()) {
            var all = exchange.apply(moments(given, wide));
            double n = all.count;
            if (n < 2) throw new ShapeException("BatchNorm: input " + x.shape() + " has one value a feature; learning needs at least two");
            mean = all.mean;
            variance = all.variance;
            if (pass.isRemembered()) remember(mean.detach(), variance.detach().mul(n / (n - 1)));
        }
        var y = given.sub(mean.reshape(wide)).mul(variance.reshape(wide).add(epsilon).rsqrt());
        if (weight != null) y = y.mul(weight.reshape(wide)).add(bias.reshape(wide));
        return y.to(DType.promote(x.dtype().toFloat(), running_mean.dtype()));
    }

    private static Moments moments(Tensor x, long[] wide) {
        var axes = new int[x.rank() - 1];
        for (int i = 0, axis = 0; axis < x.rank(); axis++) if (axis != 1) axes[i++] = axis;
        var mean = x.mean(axes, true);
        return new Moments((double) x.count() / wide[1], mean.flatten(), x.sub(mean).square().mean(axes, true).flatten());
    }

    private void remember(Tensor mean, Tensor variance) {
        Autograd.noGrad(() -> {
            num_batches_tracked.copy_(num_batches_tracked.add(1));
            double share = Double.isNaN(momentum) ? 1 / num_batches_tracked.item() : momentum;
            running_mean.copy_(running_mean.lerp(mean, share));
            running_var.copy_(running_var.lerp(variance, share));
        });
    }

    /**
     * A network that predicts the same, in which each norm that reads what a linear or convolution layer gives is folded into that layer, wherever the two stand: for a
     * backbone, a detector, anything that is run by one input. Layers that are run more than once, and those that something beside their norm reads, stay as they are. It does not learn any more.
     *
     * @param example an input, to see by which layers it goes, and whether the outputs are the same
     * @see <a href="https://arxiv.org/abs/1712.05877">Jacob et al. (2018), section 3.2</a>
     */
    public static <M extends Module> M fold(M network, Tensor example) { return FoldedNorms.of(network, example); }

    /** A layer that predicts the same as {@code before} followed by this norm: for inputs (batch, features). @throws IllegalArgumentException if it is activated */
    public Linear fold(Linear before) {
        if (before.activation() != null) throw new IllegalArgumentException(
                "fold: the layer before the norm has the activation " + before.activation() + "; only a bare map can be folded");
        check(before);
        return new Linear(before.weight().mul(scale(before.weight()).unsqueeze(1)).detach(), shift(before.weight(), before.bias()));
    }

    /** The same for a convolution, transposed and grouped ones too. */
    public ConvLayer fold(ConvLayer before) {
        var weight = before.weight();
        boolean transposed = before.isTransposed();
        int groups = before.how().groups();
        check(before);
        long[] sizes = weight.shape().toArray(), wide = new long[weight.rank() + 1];
        Arrays.fill(wide, 1);
        // As (groups, first of a group, second of a group, kernel..), of which the outputs are the first, and the second in transposed layers.
        wide[0] = groups;
        wide[transposed ? 2 : 1] = running_mean.count() / groups;
        var grouped = new long[weight.rank() + 1];
        System.arraycopy(sizes, 1, grouped, 2, sizes.length - 1);
        grouped[0] = groups;
        grouped[1] = sizes[0] / groups;
        var w = weight.reshape(grouped).mul(scale(weight).reshape(wide)).reshape(sizes).detach();
        var b = shift(weight, before.bias());
        return switch (before) {
            case Conv1d c -> new Conv1d(w, b, c.how());
            case Conv2d c -> new Conv2d(w, b, c.how());
            case Conv3d c -> new Conv3d(w, b, c.how());
            case ConvTranspose1d c -> new ConvTranspose1d(w, b, c.how());
            case ConvTranspose2d c -> new ConvTranspose2d(w, b, c.how());
            case ConvTranspose3d c -> new ConvTranspose3d(w, b, c.how());
        };
    }

    /** A network that predicts the same, in which each norm right behind a linear or convolution layer is folded into it; nested sequences too. */
    public static Sequential fold(Sequential network) {
        var layers = new ArrayList<Layer>();
        for (var layer : network.layers()) {
            var last = layers.isEmpty() ? null : layers.getLast();
            boolean bare = last instanceof Module m && m.adapters().isEmpty();
            if (layer instanceof BatchNorm norm && bare && last instanceof Linear linear && linear.activation() == null)
                layers.set(layers.size() - 1, norm.fold(linear));
            else if (layer instanceof BatchNorm norm && bare && last instanceof ConvLayer conv)
                layers.set(layers.size() - 1, norm.fold(conv));
            else layers.add(layer instanceof Sequential inner ? fold(inner) : layer);
        }
        return new Sequential(layers);
    }

    private void check(Module layer) {
        if (!fits(layer)) throw new ShapeException(
                "fold: a layer of " + outputs(layer) + " outputs before a norm of " + running_mean.count() + " features");
    }

    /** Whether a linear or convolution layer gives as many features; behind a linear one the norm may be over another axis. */
    boolean fits(Module layer) { return outputs(layer) == running_mean.count(); }

    private static long outputs(Module layer) {
        return layer instanceof ConvLayer c && c.isTransposed() ? c.weight().size(1) * c.how().groups()
                : layer instanceof ConvLayer c ? c.weight().size(0) : ((Linear) layer).weight().size(0);
    }

    private Tensor scale(Tensor like) { return factor().to(like.dtype()); }

    /** In F64, as it is done once. */
    private Tensor factor() {
        var root = running_var.detach().to(DType.F64).add(epsilon).rsqrt();
        return weight == null ? root : root.mul(weight.detach().to(DType.F64));
    }

    private Tensor shift(Tensor like, Tensor given) {
        var mean = running_mean.detach().to(DType.F64);
        var left = (given == null ? mean.neg() : given.detach().to(DType.F64).sub(mean)).mul(factor());
        return (bias == null ? left : left.add(bias.detach().to(DType.F64))).to(like.dtype());
    }
}
