package lyceum.nn.onnx;

import static lyceum.nn.onnx.ElementwiseOperators.of;
import java.util.Arrays;
import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Activations, and rows turned into shares. */
final class ActivationOperators {
    static final String ROWS = "Relu 6, Sigmoid 6, Softplus 1, Softsign 1, Mish 18, LeakyRelu 6, PRelu 1, PRelu 7, ThresholdedRelu 10, Elu 6, "
            + "Celu 12, Selu 6, HardSigmoid 6, HardSwish 14, Swish 24, Gelu 20, Shrink 9, Softmax 1, Softmax 13, LogSoftmax 1, "
            + "LogSoftmax 13, Hardmax 1, Hardmax 13, com.microsoft:Gelu 1, com.microsoft:FastGelu 1, com.microsoft:BiasGelu 1, "
            + "com.microsoft:QuickGelu 1";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "Relu 6" -> of(Tensor::relu);
            case "Sigmoid 6" -> of(Tensor::sigmoid);
            case "Softplus 1" -> of(Tensor::softplus);
            case "Softsign 1" -> of(x -> x.div(x.abs().add(1)));
            case "Mish 18" -> of(x -> x.mul(x.softplus().tanh()));
            case "LeakyRelu 6" -> c -> c.x(0).lt(0).where(c.x(0).mul(c.number("alpha", 0.01)), c.x(0));
            case "PRelu 1" -> c -> {
                var slope = c.x(1).count() == 1 ? c.x(1) : NormOperators.channels(c.x(1), c.x(0));
                return c.x(0).lt(0).where(c.x(0).mul(slope), c.x(0));
            };
            case "PRelu 7" -> c -> c.x(0).lt(0).where(c.x(0).mul(c.x(1)), c.x(0));
            case "ThresholdedRelu 10" -> c -> c.x(0).gt(c.number("alpha", 1)).where(c.x(0), c.x(0).zerosLike());
            case "Elu 6" -> c -> elu(c.x(0), c.number("alpha", 1));
            case "Celu 12" -> c -> {
                double alpha = c.number("alpha", 1);
                return c.x(0).relu().add(c.x(0).minimum(0.0).div(alpha).expm1().mul(alpha));
            };
            case "Selu 6" ->
                    c -> elu(c.x(0), c.number("alpha", 1.67326319217681884765625)).mul(c.number("gamma", 1.05070102214813232421875));
            case "HardSigmoid 6" -> c -> hardSigmoid(c.x(0), c.number("alpha", 0.2f), c.number("beta", 0.5));
            case "HardSwish 14" -> of(x -> x.mul(hardSigmoid(x, 1 / 6.0, 0.5)));
            case "Swish 24" -> c -> c.x(0).mul(c.x(0).mul(c.number("alpha", 1)).sigmoid());
            case "Gelu 20" -> c -> c.text("approximate", "none").equals("tanh") ? c.x(0).geluTanh() : c.x(0).gelu();
            case "Shrink 9" -> c -> {
                var x = c.x(0);
                double bias = c.number("bias", 0), edge = c.number("lambd", 0.5);
                return x.lt(-edge).where(x.add(bias), x.gt(edge).where(x.sub(bias), x.zerosLike())).to(x.dtype());
            };
            case "Softmax 1" -> c -> flat(c, 1).softmax(1).reshape(c.x(0).shape().toArray());
            case "Softmax 13" -> c -> c.x(0).softmax(c.axis("axis", -1, c.x(0).rank()));
            case "LogSoftmax 1" -> c -> flat(c, 1).logSoftmax(1).reshape(c.x(0).shape().toArray());
            case "LogSoftmax 13" -> c -> c.x(0).logSoftmax(c.axis("axis", -1, c.x(0).rank()));
            case "Hardmax 1" -> c -> hardmax(flat(c, 1), 1).reshape(c.x(0).shape().toArray());
            case "Hardmax 13" -> c -> hardmax(c.x(0), c.axis("axis", -1, c.x(0).rank()));
            case "com.microsoft:Gelu 1" -> of(Tensor::gelu);
            case "com.microsoft:FastGelu 1" -> c -> (c.has(1) ? c.x(0).add(c.x(1)) : c.x(0)).geluTanh();
            case "com.microsoft:BiasGelu 1" -> c -> c.x(0).add(c.x(1)).gelu();
            case "com.microsoft:QuickGelu 1" -> c -> c.x(0).mul(c.x(0).mul(c.number("alpha", 1.702f)).sigmoid());
            default -> throw Operators.unknown(row);
        };
    }

    private ActivationOperators() {}

    static Tensor elu(Tensor x, double alpha) { return x.lt(0).where(x.expm1().mul(alpha), x); }

    static Tensor hardSigmoid(Tensor x, double alpha, double beta) { return x.mul(alpha).add(beta).clamp(0.0, 1.0); }

    /** A matrix whose rows are all from that axis on, as operator sets before 13 mean it. */
    private static Tensor flat(Call c, long otherwise) {
        var x = c.x(0);
        return matrix(x, firstColumn(c.integer("axis", otherwise), x.rank()));
    }

    /** An axis, or the place behind the last one. */
    static int firstColumn(long axis, int rank) { return axis == rank ? rank : Call.axis(axis, rank); }

    static Tensor matrix(Tensor x, int axis) {
        long rows = 1, columns = 1;
        for (int i = 0; i < x.rank(); i++) {
            if (i < axis) rows *= x.size(i);
            else columns *= x.size(i);
        }
        return x.reshape(rows, columns);
    }

    private static Tensor hardmax(Tensor x, int axis) {
        var shape = new long[x.rank()];
        Arrays.fill(shape, 1);
        shape[axis] = x.size(axis);
        return x.argmax(axis, true).eq(Tensor.arange(x.size(axis)).to(DType.I64).reshape(shape)).to(x.dtype());
    }
}
