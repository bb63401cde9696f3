package lyceum.nn;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * How a head of a {@link NeuralTuringMachine} finds its rows: by content, from where it was, a step aside, and sharper.
 *
 * <pre>
 * content  c_i = softmax_i(strength cos(key, M_i))
 * gate     g = gate c + (1 - gate) previous
 * shift    s_i = sum_j g_j shift_(i - j mod rows)
 * sharpen  w_i = s_i^sharpness / sum_j s_j^sharpness
 * </pre>
 *
 * @param key (batch, width)
 * @param strength (batch, 1), positive
 * @param gate (batch, 1), in [0, 1]
 * @param shift (batch, 2 reach + 1) of sum 1: the weights of walking by {@code -reach .. reach} rows
 * @param sharpness (batch, 1), at least 1
 * @see <a href="https://arxiv.org/abs/1410.5401">Graves, Wayne and Danihelka (2014), section 3.3</a>
 */
public record TapeAddress(Tensor key, Tensor strength, Tensor gate, Tensor shift, Tensor sharpness) {
    /** Added to the squares of a norm: a row of zeros has no direction, and a gradient. */
    private static final double SQUARE = 1e-8;
    /** Added to a weight before its logarithm; far below what a sum of weights notices. */
    private static final double TINY = 1e-16;

    public TapeAddress {
        if (shift.size(-1) % 2 == 0)
            throw new ShapeException("TapeAddress: a shift of shape " + shift.shape() + "; its last axis is 2 reach + 1");
    }

    /** How many numbers of a controller make an address. */
    static long size(long width, long reach) { return width + 3 + 2 * reach + 1; }

    /** From any numbers (batch, width + 3 + 2 reach + 1), by tanh, softplus, sigmoid, softmax and {@code 1 + softplus}. */
    public static TapeAddress of(Tensor controls, long width, int reach) {
        if (controls.rank() != 2 || controls.size(1) != size(width, reach))
            throw new ShapeException("TapeAddress: controls " + controls.shape() + "; they are (batch, " + size(width, reach) + ")");
        return new TapeAddress(controls.narrow(1, 0, width).tanh(), controls.narrow(1, width, 1).softplus(),
                controls.narrow(1, width + 1, 1).sigmoid(), controls.narrow(1, width + 2, 2L * reach + 1).softmax(-1),
                controls.narrow(1, width + 3 + 2L * reach, 1).softplus().add(1));
    }

    /**
     * The weights of the rows (batch, rows): not negative, of sum 1.
     *
     * @param memory (batch, rows, width)
     * @param previous weights (batch, rows)
     */
    public Tensor weights(Tensor memory, Tensor previous) {
        if (memory.rank() != 3 || previous.rank() != 2 || memory.size(1) != previous.size(1) || memory.size(2) != key.size(1))
            throw new ShapeException("TapeAddress: memory " + memory.shape() + ", weights " + previous.shape() + " and a key " + key.shape()
                    + "; they are (batch, rows, width), (batch, rows) and (batch, width)");
        var content = unit(memory).matmul(unit(key).unsqueeze(2)).squeeze(2).mul(strength).softmax(-1);
        var gated = gate.mul(content).add(gate.rsub(1.0).mul(previous));
        return shifted(gated).add(TINY).log().mul(sharpness).softmax(-1);
    }

    private static Tensor unit(Tensor x) { return x.mul(x.square().sum(-1, true).add(SQUARE).rsqrt()); }

    private Tensor shifted(Tensor weights) {
        int reach = (int) (shift.size(1) / 2);
        Tensor sum = null;
        for (int by = -reach; by <= reach; by++) {
            var part = weights.roll(1, by).mul(shift.narrow(1, reach + by, 1));
            sum = sum == null ? part : sum.add(part);
        }
        return sum;
    }
}
