package lyceum.models.audio;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.Activation;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A causal transformer over tokens that each belong to a moment: tokens of one moment have one position, wherever they stand. An input
 * tells its own moment and, in the other half of its width, that of the token which follows, so that it knows where to look for what that
 * one goes by.
 */
final class CodeLm extends Module {
    private final Embedding tokens, moments;
    private final TransformerDecoder decoder;
    private final Linear head;

    CodeLm(int count, int moments, int width, int heads, int layers, Rng rng) {
        tokens = new Embedding(Init.normal(0.1).sample(rng, DType.F32, count, width));
        this.moments = new Embedding(Init.normal(0.2).sample(rng, DType.F32, moments, width / 2));
        var config = TransformerConfig.original(width, heads, 4 * width).withPlacement(TransformerConfig.Placement.PRE)
                .withActivation(Activation.GELU);
        decoder = new TransformerDecoder(config, layers, rng);
        head = new Linear(width, count, rng);
    }

    @Override protected Tensor compute(Tensor ids, Pass pass) {
        throw new UnsupportedOperationException("CodeLm: tokens belong to moments; use loss(..) and continued(..)");
    }

    /** Tokens from a place on. */
    private Tensor embedded(Tensor ids, int[] when, int from, Pass pass) {
        int to = from + (int) ids.size(1);
        Tensor own = moments.forward(Tensor.of(Arrays.copyOfRange(when, from, to)), pass);
        Tensor next = moments.forward(Tensor.of(Arrays.copyOfRange(when, from + 1, to + 1)), pass);
        return tokens.forward(ids, pass).add(Tensor.concat(1, own, next));
    }

    /** The mean cross-entropy of the tokens from a place on, each after those before it: ids (batch, T) at moments (T). */
    Tensor loss(Tensor ids, int[] when, int from, Pass pass) {
        var logits = logits(ids, when, from, pass);
        return new CrossEntropy().of(logits.reshape(-1, logits.size(2)), ids.narrow(1, from, when.length - from).flatten());
    }

    /** What is expected of the tokens from a place on, each after those before it: (batch, T - from, tokens there are). */
    Tensor logits(Tensor ids, int[] when, int from, Pass pass) {
        int length = when.length;
        var inputs = embedded(ids.narrow(1, 0, length - 1), when, 0, pass);
        return head.forward(decoder.forward(inputs, pass).narrow(1, from - 1, length - from), pass);
    }

    /**
     * Tokens after a beginning (batch, T): place i from there on has the moment {@code when[i]} and a token from {@code low[i]} to below
     * {@code high[i]}.
     *
     * @param temperature 0 takes the likeliest
     */
    Tensor continued(Tensor ids, int[] when, int[] low, int[] high, double temperature, Rng rng) {
        return Autograd.noGrad(() -> {
            int batch = (int) ids.size(0), start = (int) ids.size(1);
            var state = decoder.start(null, null, Pass.inference());
            var out = new Tensor[when.length - start];
            var last = ids;
            for (int i = start; i < when.length; i++) {
                var x = embedded(last, when, i - (int) last.size(1), Pass.inference());
                var y = decoder.forward(x, state, Pass.inference());
                var logits = head.forward(y.select(1, y.size(1) - 1)).narrow(1, low[i], (long) high[i] - low[i]);
                last = chosen(logits, temperature, rng).add(low[i]).reshape(batch, 1).compute();
                out[i - start] = last;
            }
            return out.length == 0 ? ids.narrow(1, 0, 0) : Tensor.concat(1, out).compute();
        });
    }

    private static Tensor chosen(Tensor logits, double temperature, Rng rng) {
        if (temperature == 0) return logits.argmax(1);
        // Gumbel's trick: the largest of scaled logits and noise is a draw
        var noise = Tensor.rand(rng, logits.shape().toArray()).maximum(1e-20).log().neg().log().neg();
        return logits.div(temperature).add(noise).argmax(1);
    }
}
