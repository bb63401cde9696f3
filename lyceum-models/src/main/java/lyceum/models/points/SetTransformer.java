package lyceum.models.points;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.nn.AttentionConfig;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Attention among the elements of a set, and pooling by attention:
 *
 * <pre>
 * MAB(X, Y) = norm(H + relu(W H)), H = norm(X + attention(X, Y, Y))
 * SAB(X)    = MAB(X, X)                       n^2 scores
 * ISAB(X)   = MAB(X, MAB(I, X))               2 n m scores, for m learned points I
 * PMA(X)    = MAB(S, relu(W X))               S learned seeds
 * </pre>
 *
 * <p>Encoder of SABs or ISABs, then PMA, a SAB among the seeds if they are several, and a linear map. Order does not matter; padding behind a set's length is not seen.
 *
 * {@snippet :
 * var net = SetTransformer.create(new SetTransformerConfig(2, 1).withInduced(16), Rng.of(1));
 * Tensor y = net.forward(sets, lengths, pass);                 // (sets, elements, 2) to (sets, seeds, 1)
 * }
 *
 * @see <a href="https://arxiv.org/abs/1810.00825">Lee et al. (2019)</a>
 */
public final class SetTransformer extends Module {
    private final SetTransformerConfig config;
    private final Linear input, before, output;
    private final List<Encoder> encoder;
    private final Tensor seeds;
    private final Mab pooling, among;

    /** Queries X look at Y. */
    private static final class Mab extends Module {
        private final MultiHeadAttention attention;
        private final Linear perceptron;
        private final LayerNorm norm1, norm2;

        Mab(SetTransformerConfig c, Rng rng) {
            attention = new AttentionConfig(c.width(), c.heads()).withDtype(c.dtype()).build(rng);
            perceptron = linear(c.width(), c.width(), c, rng);
            norm1 = c.norm() ? new LayerNorm(1e-5, c.dtype(), c.width()) : null;
            norm2 = c.norm() ? new LayerNorm(1e-5, c.dtype(), c.width()) : null;
        }

        Tensor forward(Tensor x, Tensor y, Tensor lengths, Pass pass) {
            var how = lengths == null ? new Attention() : new Attention().withKeyLengths(lengths);
            var h = x.add(attention.forward(x, y, how, pass));
            if (norm1 != null) h = norm1.forward(h, pass);
            h = h.add(perceptron.forward(h, pass).relu());
            return norm2 == null ? h : norm2.forward(h, pass);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return forward(x, x, null, pass); }
    }

    /** SAB, or with points ISAB. */
    private static final class Encoder extends Module {
        private final Mab mab0, mab1;
        private final Tensor points;

        Encoder(SetTransformerConfig c, Rng rng) {
            points = c.induced() == 0 ? null : learned(c.induced(), c, rng);
            mab0 = c.induced() == 0 ? null : new Mab(c, rng);
            mab1 = new Mab(c, rng);
        }

        Tensor forward(Tensor x, Tensor lengths, Pass pass) {
            if (points == null) return mab1.forward(x, x, lengths, pass);
            var seen = mab0.forward(points.expand(x.size(0), points.size(1), points.size(2)), x, lengths, pass);
            return mab1.forward(x, seen, null, pass);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return forward(x, null, pass); }
    }

    private SetTransformer(SetTransformerConfig c, Rng rng) {
        config = c;
        input = linear(c.inputs(), c.width(), c, rng);
        encoder = IntStream.range(0, c.layers()).mapToObj(i -> new Encoder(c, rng)).toList();
        before = linear(c.width(), c.width(), c, rng);
        seeds = learned(c.seeds(), c, rng);
        pooling = new Mab(c, rng);
        among = c.seeds() > 1 ? new Mab(c, rng) : null;
        output = linear(c.width(), c.outputs(), c, rng);
    }

    private static Linear linear(int inputs, int outputs, SetTransformerConfig c, Rng rng) {
        return new Linear(inputs, outputs, true, c.dtype(), Init.glorotUniform(), rng);
    }

    private static Tensor learned(int n, SetTransformerConfig c, Rng rng) {
        return Init.glorotUniform().sample(rng, c.dtype(), n, c.width()).reshape(1, n, c.width()).compute().requiresGrad();
    }

    public static SetTransformer create(SetTransformerConfig config, Rng rng) { return new SetTransformer(config, rng); }

    public SetTransformerConfig config() { return config; }

    /** What the encoder makes of each element, (sets, elements, width): permutes with them. @param lengths null for all */
    public Tensor encode(Tensor x, int[] lengths, Pass pass) {
        SetPooling.check("SetTransformer", x, config.inputs(), lengths);
        var n = lengths == null ? null : Tensor.of(lengths);
        var h = input.forward(x, pass);
        for (var block : encoder) h = block.forward(h, n, pass);
        return h;
    }

    /**
     * The answers for padded sets, (sets, seeds, outputs).
     *
     * @param x (sets, elements, inputs)
     * @param lengths how many elements of each set are real, the first ones; null for all
     */
    public Tensor forward(Tensor x, int[] lengths, Pass pass) { return emit(x, answer(x, lengths, pass), pass); }

    private Tensor answer(Tensor x, int[] lengths, Pass pass) {
        var h = before.forward(encode(x, lengths, pass), pass).relu();
        var pooled = pooling.forward(seeds.expand(x.size(0), seeds.size(1), seeds.size(2)), h, lengths == null ? null : Tensor.of(lengths),
                pass);
        return output.forward(among == null ? pooled : among.forward(pooled, pooled, null, pass), pass);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return answer(x, null, pass); }
}
