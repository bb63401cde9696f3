package lyceum.models.sequence;

import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.random.Rng;

/**
 * RWKV: a recurrent network that learns like a transformer. Blocks mix positions ({@link RwkvTimeMix} of version 4 or {@link RwkvMatrixMix} of version 6)
 * and channels; each is told of the position before by a shift; the state has one size.
 *
 * {@snippet :
 * var model = Rwkv.model(new RwkvConfig(256, 6), 96, rng);                           // or .withVersion(RwkvConfig.Version.V6)
 * Tensor logits = model.forward(ids, Pass.training(rng));
 * var out = model.run(token, state, Pass.inference());                              // constant time and memory a token
 * }
 *
 * @see <a href="https://arxiv.org/abs/2305.13048">Peng et al. (2023), RWKV: Reinventing RNNs for the Transformer Era</a>
 * @see <a href="https://arxiv.org/abs/2404.05892">Peng et al. (2024), Eagle and Finch</a>
 */
public final class Rwkv {
    /**
     * All that a file says of a language model.
     *
     * @param config of the blocks
     * @param tokens there are
     */
    public record Plan(RwkvConfig config, int tokens) {
        public Plan { Objects.requireNonNull(config, "config"); }

        public RecurrentModel build(Rng rng) { return model(config, tokens, rng); }
    }

    private Rwkv() {}

    /** Token numbers to logits: embeddings, which begin small and are normalised first, blocks, norm, head. */
    public static RecurrentModel model(RwkvConfig config, int tokens, Rng rng) {
        var type = config.dtype();
        var table = new Embedding(Init.uniform(-1e-4, 1e-4).sample(rng, type, tokens, config.width()));
        var blocks = IntStream.range(0, config.layers()).mapToObj(i -> new RwkvBlock(config, i, rng)).toList();
        return new RecurrentModel(table, null, blocks, norm(config, type), RwkvBlock.linear(config.width(), tokens, type, rng));
    }

    private static LayerNorm norm(RwkvConfig config, DType type) { return new LayerNorm(1e-5, type, config.width()); }
}
