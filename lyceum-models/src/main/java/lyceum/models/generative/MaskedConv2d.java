package lyceum.models.generative;

import java.util.Objects;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A convolution that sees only what comes earlier in reading order: the rows above, what stands to the left, and at the centre itself channels of earlier groups; type
 * {@link Type#B} those of its own group too. Rows below the centre, all zeros in the usual square mask, are not computed at all.
 *
 * <p>From (n, inputs, h, w) to (n, outputs, h, w). Channels are dealt to groups in equal runs, a run each for red, green and blue. {@code weight} (outputs, inputs,
 * above + 1, left + 1 + right), {@code bias}, and the {@code mask} by which the weight is multiplied.
 *
 * @see <a href="https://arxiv.org/abs/1601.06759">van den Oord, Kalchbrenner and Kavukcuoglu (2016), section 3.4</a>
 */
public final class MaskedConv2d extends Module {
    /** What is seen at the centre. */
    public enum Type {
        /** Channels of earlier groups: for the picture itself. */
        A,
        /** Those of the same group too: for features, which know only what is earlier. */
        B
    }

    /**
     * How far a kernel reaches.
     *
     * @param above rows above the centre
     * @param left columns to the left
     * @param right columns to the right, in the rows above
     */
    public record Reach(int above, int left, int right) {
        public Reach {
            if (above < 0 || left < 0 || right < 0)
                throw new IllegalArgumentException("MaskedConv2d: a reach of " + above + ", " + left + ", " + right + "; at least 0 each");
        }

        /** Of a square kernel of odd size. */
        public static Reach square(int kernel) { return new Reach(kernel / 2, kernel / 2, kernel / 2); }

        /** Along the row alone. */
        public static Reach row(int kernel) { return new Reach(0, kernel / 2, 0); }
    }

    private final Convolution how;
    private final Tensor weight, bias, mask;

    /**
     * @param groups of channels that are predicted one after the other: 1, or the picture's channels
     * @param runs how often the groups' runs are repeated along the outputs: 2 where a gate follows
     */
    public MaskedConv2d(int inputs, int outputs, Reach reach, Type type, int groups, int runs, DType dtype, Rng rng) {
        Objects.requireNonNull(type, "type");
        if (groups < 1 || runs < 1 || inputs < groups || outputs % runs != 0 || outputs / runs < groups)
            throw new IllegalArgumentException("MaskedConv2d: " + inputs + " inputs and " + outputs + " outputs in " + runs + " runs of "
                    + groups + " groups; each has one");
        int height = reach.above + 1, width = reach.left + 1 + reach.right;
        how = new Convolution().withPadding(new int[] {reach.above, reach.left}, new int[] {0, reach.right});
        int[] own = new int[outputs], group = new int[inputs], known = new int[groups + 1]; // inputs of groups before each
        for (int o = 0; o < outputs; o++) own[o] = o % (outputs / runs) * groups / (outputs / runs);
        for (int k = 0; k < inputs; k++) known[1 + (group[k] = k * groups / inputs)]++;
        for (int g = 0; g < groups; g++) known[g + 1] += known[g];
        int before = height * width - 1 - reach.right; // places that are earlier than the centre
        long seen = (long) outputs * inputs * before;
        for (int o : own) seen += known[type == Type.B ? o + 1 : o];
        Tensor place = Tensor.arange((long) height * width).reshape(1, 1, height, width), row = Tensor.of(own).reshape(outputs, 1, 1, 1),
                column = Tensor.of(group).reshape(1, inputs, 1, 1);
        var at = place.eq(before).and(type == Type.B ? column.le(row) : column.lt(row));
        mask = place.lt(before).or(at).to(dtype).compute();
        weight = Init.begin(Init.torchLinear(Math.max(1, seen / outputs)), rng, dtype, outputs, inputs, height, width).requiresGrad();
        bias = Tensor.zeros(dtype, outputs).compute().requiresGrad();
    }

    /** 1 where a weight counts. */
    public Tensor mask() { return mask; }

    @Override protected Tensor compute(Tensor x, Pass pass) { return x.conv(weight.mul(mask), bias, how); }
}
