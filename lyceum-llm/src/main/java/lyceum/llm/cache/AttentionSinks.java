package lyceum.llm.cache;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * How much of a decoder's attention lies on the first tokens of a text, head by head; and tokens that are there for nothing else.
 *
 * {@snippet :
 * var sinks = AttentionSinks.of(model, ids, 1);
 * double most = sinks.strongest() / sinks.uniform();          // 1: no sink; 20: this head rests on the first token
 * }
 *
 * @param mass of each layer and head: mean share of the weights that lies on the first tokens, over all queries behind them
 * @param uniform what it would be if each query weighed all that it sees alike
 * @see <a href="https://arxiv.org/abs/2309.17453">Xiao et al. (2024)</a>
 */
public record AttentionSinks(double[][] mass, double uniform) {

    /**
     * Of texts (batch, T). Weights are quadratic in T.
     *
     * @param first how many tokens at the beginning count, less than T
     */
    public static AttentionSinks of(DecoderLM model, Tensor ids, int first) {
        long n = ids.size(1);
        if (first < 1 || first >= n) throw new IllegalArgumentException("AttentionSinks: the first " + first + " of " + n + " tokens");
        var mass = new double[model.config().layers()][];
        var hooks = Hooks.of(model);
        for (int layer = 0; layer < mass.length; layer++) {
            int l = layer;
            hooks.on("decoder.layers." + l + ".attention.weights", (name, input, weights) -> {
                mass[l] = weights.detach().narrow(2, first, n - first).narrow(3, 0, first).to(DType.F64).sum(3).mean(2, false)
                        .mean(0, false).toDoubleArray();
                return weights;
            });
        }
        Autograd.noGrad(() -> model.hidden(ids, Pass.inference().with(hooks)).compute());
        double uniform = 0;
        for (long p = first; p < n; p++) uniform += (double) first / (p + 1) / (n - first);
        return new AttentionSinks(mass, uniform);
    }

    /** The largest mass of a head. */
    public double strongest() { return Arrays.stream(mass).flatMapToDouble(Arrays::stream).max().orElseThrow(); }

    /**
     * The model with so many more ids, {@code vocabulary ..}, for learnable sinks: put {@linkplain #before before} every text in training, they are what heads rest
     * on, and {@link StreamingCache} keeps them as its first positions.
     */
    public static DecoderLM withSinkTokens(DecoderLM model, int count, Rng rng) {
        if (count < 1) throw new IllegalArgumentException("AttentionSinks: " + count + " sink tokens; at least 1");
        return model.resized(Math.addExact(model.vocabulary(), count), rng);
    }

    /** Texts (batch, T) behind the sink tokens {@code first .. first + count - 1}: (batch, count + T). */
    public static Tensor before(Tensor ids, int first, int count) {
        return Tensor.concat(1, Tensor.arange(first, first + count, 1).to(ids.dtype()).unsqueeze(0).expand(ids.size(0), -1), ids);
    }
}
