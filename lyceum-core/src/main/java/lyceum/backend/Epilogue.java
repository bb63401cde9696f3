package lyceum.backend;

import lyceum.DType;

/**
 * What happens to the result of a product or convolution before it is stored: {@code activation(result + bias)}. The bits are those of the same
 * steps done one after the other.
 *
 * @param bias one number a channel (axis 1 of the result) and of its type, or null
 * @param activation a unary operation, or null
 */
public record Epilogue(View bias, Op activation) {
    /** Nothing. */
    public static final Epilogue NONE = new Epilogue(null, null);

    public boolean isNone() { return bias == null && activation == null; }

    /** Does it to {@code out} in a pass of its own, for kernels that cannot. */
    public void applyTo(View out, Backend backend) {
        if (isNone() || out.size() == 0) return;
        var type = out.dtype();
        var p = new ProgramBuilder();
        int result = p.load(type, 0);
        if (bias != null) result = p.of(Op.ADD, type, result, p.load(type, 1));
        if (activation != null) result = p.of(activation, type, result);
        var inputs = bias == null ? new View[] {out} : new View[] {out, alongChannels(out, type)};
        backend.run(p.build(result), inputs, new View[] {out});
    }

    private View alongChannels(View out, DType type) {
        var strides = new long[out.shape().length];
        strides[1] = bias.strides()[0];
        return new View(type, bias.storage(), bias.offset(), out.shape(), strides);
    }
}
