package lyceum.optim;

import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Cholesky;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.tensor.GradMode;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/**
 * A layer as {@link Kfac} sees it: weights, and running second moments of what comes in and of the gradients at what goes out.
 *
 * <p>A bias is one more input that is always 1. Moments are F64. Not for use by several threads at once.
 */
public final class KfacLayer {
    private final Tensor weight, bias;
    /** Null for a linear layer. */
    private final int[] strideAndPadding;
    private Tensor inputs, probe, inputMoment, outputMoment, inputInverse, outputInverse;
    /** Share of the averages that observations have filled; the rest is the zero that they began from. */
    private double filled;

    private KfacLayer(Tensor weight, Tensor bias, int... strideAndPadding) {
        this.weight = weight;
        this.bias = bias;
        this.strideAndPadding = strideAndPadding;
    }

    /** {@code x W' + b}: weight (outputs, inputs); bias (outputs) or null. */
    public static KfacLayer linear(Tensor weight, Tensor bias) {
        if (weight.rank() != 2)
            throw new ShapeException("KfacLayer: weight " + weight.shape() + " of a linear layer; it is (outputs, inputs)");
        return new KfacLayer(weight, bias, (int[]) null);
    }

    /** A convolution of images: weight (outputs, inputs, height, width), in one group and without dilation; bias (outputs) or null. */
    public static KfacLayer conv2d(Tensor weight, Tensor bias, int stride, int padding) {
        if (weight.rank() != 4)
            throw new ShapeException("KfacLayer: weight " + weight.shape() + " of a convolution; it is (outputs, inputs, height, width)");
        return new KfacLayer(weight, bias, stride, padding);
    }

    Tensor weight() { return weight; }

    Tensor bias() { return bias; }

    /**
     * The layer's output. While gradients are recorded it remembers its input, and {@link KfacPreconditioner#directions} reads the gradient that
     * {@code backward()} brought to the output; the loss is taken for a mean over the first axis of x.
     */
    public Tensor forward(Tensor x) {
        var y = strideAndPadding == null ? x.affine(weight, bias) : x.conv2d(weight, bias, strideAndPadding[0], strideAndPadding[1]);
        if (!GradMode.isRecording()) return y;
        inputs = x.detach();
        probe = Tensor.zeros(y.dtype(), y.shape().toArray()).requiresGrad();
        return y.add(probe);
    }

    /** Takes in what {@link #forward} remembered, if anything. */
    void observe(double decay) {
        if (probe == null) return;
        if (probe.grad() == null) throw new LyceumException(
                "Kfac: no gradient reached the output of the layer with weight " + weight.shape() + "; call backward() on its loss first");
        observe(inputs, probe.grad().mul(inputs.size(0)), decay);
        inputs = probe = null;
    }

    /**
     * Takes in a batch: A and S move to {@code decay old + (1 - decay) new}. With several positions in an example (of a sequence or an image), A sums
     * over them and S averages.
     *
     * @param x the layer's input, examples along the first axis
     * @param gradients at the layer's output, in its shape: of each example's own loss
     */
    public void observe(Tensor x, Tensor gradients, double decay) {
        Settings.decay("KfacLayer", "decay", decay);
        Autograd.noGrad(() -> {
            var a = rows(x);
            var s = (strideAndPadding == null ? gradients : gradients.moveAxis(1, 3)).reshape(-1, weight.size(0)).to(DType.F64);
            if (a.size(0) != s.size(0)) throw new ShapeException("KfacLayer: gradients " + gradients.shape() + " for input " + x.shape()
                    + " of the layer with weight " + weight.shape() + "; they have the shape of its output");
            inputMoment = moved(inputMoment, a, x.size(0), decay);
            outputMoment = moved(outputMoment, s, s.size(0), decay);
            filled = decay * filled + 1 - decay;
        });
    }

    private static Tensor moved(Tensor average, Tensor rows, long count, double decay) {
        var batch = rows.transpose().matmul(rows).mul((1 - decay) / count);
        return (average == null ? batch : average.mul(decay).add(batch)).compute();
    }

    /** F64, one row an example or an example and position, with a bias's column of ones. */
    private Tensor rows(Tensor x) {
        var a = x;
        if (strideAndPadding != null) {
            int stride = strideAndPadding[0], padding = strideAndPadding[1];
            a = x.pad(2, padding, padding, 0).pad(3, padding, padding, 0).unfold(2, weight.size(2), stride)
                    .unfold(3, weight.size(3), stride).permute(0, 2, 3, 1, 4, 5);
        }
        a = a.reshape(-1, weight.count() / weight.size(0)).to(DType.F64);
        return bias == null ? a : Tensor.concat(1, a, Tensor.ones(DType.F64, a.size(0), 1));
    }

    /** A: (inputs, inputs), a bias's row and column last. F64. */
    public Tensor inputMoment() { return moment(inputMoment); }

    /** S: (outputs, outputs). F64. */
    public Tensor outputMoment() { return moment(outputMoment); }

    private Tensor moment(Tensor average) {
        if (average == null) throw new LyceumException("KfacLayer: the layer with weight " + weight.shape() + " has observed nothing yet");
        return average.div(filled);
    }

    /** Inverts both factors as they are now. */
    void invert(double damping) {
        Tensor a = inputMoment(), s = outputMoment();
        double meanA = a.diagonal().mean().item(), meanS = s.diagonal().mean().item();
        double pi = meanA > 0 && meanS > 0 ? Math.sqrt(meanA / meanS) : 1, root = Math.sqrt(damping);
        inputInverse = inverse("input", a, pi * root);
        outputInverse = inverse("output", s, root / pi);
    }

    private Tensor inverse(String which, Tensor moment, double ridge) {
        try {
            return Cholesky.of(moment.add(Tensor.eye(DType.F64, (int) moment.size(0)).mul(ridge))).inverse();
        } catch (NotPositiveDefiniteException e) {
            throw new LyceumException("Kfac: the " + which + " factor of the layer with weight " + weight.shape()
                    + " is singular; give it damping, or more examples than its " + moment.size(0) + " rows", e);
        }
    }

    /** {@code S^-1 G A^-1}, cut into the weight's and the bias's part; the second is null without a bias. */
    Tensor[] direction(Tensor weightGradient, Tensor biasGradient) {
        long outputs = weight.size(0), inputs = weight.count() / outputs;
        var g = weightGradient.reshape(outputs, inputs).to(DType.F64);
        if (bias != null) g = Tensor.concat(1, g, biasGradient.reshape(outputs, 1).to(DType.F64));
        var d = outputInverse.matmul(g).matmul(inputInverse);
        var ofWeight = d.narrow(1, 0, inputs).reshape(weight.shape().toArray()).to(weight.dtype());
        return new Tensor[] {ofWeight, bias == null ? null : d.narrow(1, inputs, 1).reshape(outputs).to(bias.dtype())};
    }

    private static final List<String> SAVED = List.of("input", "output", "inputInverse", "outputInverse", "filled");

    /** Adds all that a later run needs, under names that begin with {@code prefix}. */
    void save(String prefix, Map<String, Tensor> state) {
        if (inputInverse == null) return;
        var values = List.of(inputMoment, outputMoment, inputInverse, outputInverse, Tensor.of(filled));
        for (int i = 0; i < values.size(); i++) state.put(prefix + SAVED.get(i), values.get(i));
    }

    /** @throws FormatException if the state is not of such a layer */
    void check(String prefix, Map<String, Tensor> state) {
        long[] sizes = {weight.count() / weight.size(0) + (bias == null ? 0 : 1), weight.size(0)};
        for (int i = 0; i < SAVED.size(); i++) {
            var value = state.get(prefix + SAVED.get(i));
            var shape = i == 4 ? Shape.of(1) : Shape.of(sizes[i % 2], sizes[i % 2]);
            if (value == null || value.dtype() != DType.F64 || !value.shape().equals(shape)) throw new FormatException("Kfac: " + prefix
                    + SAVED.get(i) + " is " + (value == null ? "missing" : value.dtype() + " " + value.shape()) + "; it is F64 " + shape);
        }
    }

    void restore(String prefix, Map<String, Tensor> state) {
        inputMoment = state.get(prefix + "input");
        outputMoment = state.get(prefix + "output");
        inputInverse = state.get(prefix + "inputInverse");
        outputInverse = state.get(prefix + "outputInverse");
        filled = state.get(prefix + "filled").item();
    }
}
