package lyceum.backend;

import java.util.ArrayList;
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
        var code = new ArrayList<Program.Instruction>();
        code.add(Program.Instruction.load(type, 0));
        if (bias != null) {
            code.add(Program.Instruction.load(type, 1));
            code.add(new Program.Instruction(Op.ADD, type, 0, 1, -1, 0));
        }
        if (activation != null) code.add(new Program.Instruction(activation, type, code.size() - 1, -1, -1, 0));
        var inputs = bias == null ? new View[] {out} : new View[] {out, alongChannels(out, type)};
        backend.run(new Program(code, code.size() - 1), inputs, new View[] {out});
    }

    private View alongChannels(View out, DType type) {
        var strides = new long[out.shape().length];
        strides[1] = bias.strides()[0];
        return new View(type, bias.storage(), bias.offset(), out.shape(), strides);
    }
}
