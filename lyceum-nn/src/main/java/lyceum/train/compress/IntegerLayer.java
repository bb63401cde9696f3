package lyceum.train.compress;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.tensor.Quantized;
import lyceum.tensor.Quantizer;
import lyceum.tensor.Tensor;

/**
 * A linear or convolutional layer in integers: inputs become 8-bit integers (or fewer), the products are summed exactly in 32 bits, and the sum is scaled
 * back to F32, where the bias is added. For prediction. Immutable.
 */
public final class IntegerLayer implements Layer {
    private final Quantized weight;
    private final Tensor bias;
    private final QuantisationRange input;
    private final int inputBits;
    private final Convolution how;
    private final int[] window;
    private final long outputs;
    private final long[] shape;

    /**
     * @param weight (outputs, inputs) or (outputs, inputs, height, width), F32
     * @param steps of the weight's integers: one an output, or one
     * @param bias null for none
     * @param input range of the inputs, with integers of {@code -2^(b-1) .. 2^(b-1) - 1}; null to take it from each input (dynamic)
     * @param how null for a linear layer
     */
    IntegerLayer(Tensor weight, int weightBits, float[] steps, Tensor bias, QuantisationRange input, int inputBits, Convolution how) {
        shape = weight.shape().toArray();
        outputs = shape[0];
        var matrix = weight.detach().reshape(outputs, -1).transpose().contiguous();
        var quantizer = Quantizer.symmetric(weightBits);
        if (steps.length > 1) quantizer = quantizer.byChannel(1);
        this.weight = quantizer.quantize(matrix, steps, new int[steps.length]);
        this.bias = bias == null ? null : bias.detach().copy().compute();
        this.input = input;
        this.inputBits = inputBits;
        this.how = how;
        window = how == null ? null : new int[] {(int) weight.size(2), (int) weight.size(3)};
    }

    /** (inputs, outputs) as integers. */
    public Quantized weight() { return weight; }

    /** Null if there is none. */
    public Tensor bias() { return bias; }

    /** Null where each input has its own. */
    public QuantisationRange input() { return input; }

    /** Bits of an input's integer. */
    public int inputBits() { return inputBits; }

    /** Null for a linear layer. */
    Convolution how() { return how; }

    /** Of the weight as floats. */
    long[] shape() { return shape.clone(); }

    /** The weight's integers, in the order of the floats. */
    int[] codes() { return weight.integers().to(DType.I32).transpose().contiguous().toIntArray(); }

    /** The layer in floats, with the values that the integers stand for. */
    Layer floats() {
        var w = weight.dequantize().transpose().reshape(shape).compute();
        return how == null ? new Linear(w, bias) : new Conv2d(w, bias, how);
    }

    /** The same grid with other weights, rounded to it. */
    IntegerLayer withWeight(Tensor values) {
        return new IntegerLayer(values, weight.quantizer().bits(), weight.scales().toFloatArray(), bias, input, inputBits, how);
    }

    /** Bytes of integers, steps and bias. */
    public long bytes() { return weight.bytes() + 4 * weight.scales().count() + (bias == null ? 0 : 4 * bias.count()); }

    /** The same with another bias. */
    IntegerLayer withBias(Tensor bias) { return new IntegerLayer(this, bias); }

    private IntegerLayer(IntegerLayer layer, Tensor bias) {
        weight = layer.weight;
        this.bias = bias;
        input = layer.input;
        inputBits = layer.inputBits;
        how = layer.how;
        window = layer.window;
        outputs = layer.outputs;
        shape = layer.shape;
    }

    @Override public Tensor forward(Tensor x, Pass pass) {
        return Autograd.noGrad(() -> {
            if (how == null) {
                var shape = x.shape().toArray();
                shape[shape.length - 1] = outputs;
                return products(x.reshape(-1, x.size(-1))).reshape(shape);
            }
            var padded = x.pad(2, how.before().get(0), how.after().get(0), how.mode()).pad(3, how.before().get(1), how.after().get(1),
                    how.mode());
            var windows = padded.unfold(2, window[0], how.stride().get(0)).unfold(3, window[1], how.stride().get(1)).permute(0, 2, 3, 1, 4,
                    5);
            long n = windows.size(0), height = windows.size(1), width = windows.size(2);
            return products(windows.reshape(n * height * width, -1)).reshape(n, height, width, outputs).permute(0, 3, 1, 2).contiguous();
        });
    }

    private Tensor products(Tensor rows) {
        var quantizer = Quantizer.affine(inputBits);
        var q = input == null ? quantizer.quantize(rows) : quantizer.quantize(rows, new float[] {input.scale()}, new int[] {input.zero()});
        var y = q.matmul(weight);
        return (bias == null ? y : y.add(bias)).to(DType.F32);
    }
}
