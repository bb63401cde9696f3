package lyceum.nn;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.memory.Storage;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/**
 * A {@link Linear} whose weight is stored in few bits: {@code y = x W' + b} with W as the format keeps it, from (.., inputs) to (.., outputs) in F32, or F64
 * for an x of F64. Gradients reach x, so that adapters can be trained around it; the weight has none.
 *
 * <p>The bytes are the buffer {@code codes} (outputs, bytes a row), which is saved and loaded with the model.
 */
public final class QuantisedLinear extends Module {
    private final BlockFormat format;
    private final long inputs;
    private final Tensor codes, bias;
    private final Activation activation;
    private volatile QuantisedMatrix matrix;

    QuantisedLinear(Tensor weight, Tensor bias, Activation activation, BlockFormat format) {
        this.format = format;
        this.activation = activation;
        inputs = weight.size(1);
        var first = QuantisedMatrix.of(weight, format);
        codes = Autograd.noGrad(() -> Tensor.on(Storage.wrap(first.segment()), 0, DType.U8, weight.size(0), first.bytes() / weight.size(0))
                .copy().compute());
        this.bias = bias == null ? null : bias.detach().copy().compute();
    }

    public BlockFormat format() { return format; }

    /** The weight, as its bytes say. */
    public QuantisedMatrix weight() {
        var ready = matrix;
        if (ready == null) {
            var view = codes.view();
            ready = QuantisedMatrix.on(view.storage().segment().asSlice(view.byteOffset(), codes.count()), format, codes.size(0), inputs);
            matrix = ready;
        }
        return ready;
    }

    /** Null if there is none. */
    public Tensor bias() { return bias; }

    @Override protected void copied() { matrix = null; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var y = weight().matmul(x, bias);
        return activation == null ? y : activation.forward(y, pass);
    }
}
