package lyceum.models.generative.diffusion;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.models.vision.VisionTransformer;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A transformer as denoiser (DiT): the input (n, channels, size, size) is cut into patches, which become tokens with fixed positions; blocks follow whose norms
 * take scale, shift and gate from the time and the class, {@code x + gate f((1 + scale) norm(x) + shift)}; a last linear map turns tokens into patches again. At
 * first every gate and the last map are zero, so that a block is the identity and the output is 0.
 *
 * {@snippet :
 * var config = new DiffusionTransformerConfig(8, 4, 2, 64, 4, 4, 10);
 * var network = new DiffusionTransformer(config, Rng.of(1));
 * Tensor noise = network.predict(Tensor.randn(Rng.of(2), 16, 4, 8, 8), 500, Tensor.randint(Rng.of(3), 0, 10, 16));
 * long count = Skeleton.of(() -> new DiffusionTransformer(DiffusionTransformerConfig.extraLarge(2), Rng.of(1))).parameterCount();
 * }
 *
 * <p>Parameters have the published names ({@code blocks.0.adaLN_modulation.1.weight}, {@code y_embedder.embedding_table.weight}), so that its checkpoints load;
 * those count steps from 0, as {@link Denoiser#countingFromZero} does. Without a condition the class is "none".
 *
 * @see <a href="https://arxiv.org/abs/2212.09748">Peebles and Xie (2023)</a>
 */
public final class DiffusionTransformer extends Module implements Denoiser {
    private final DiffusionTransformerConfig config;
    private final Tensor pos_embed;
    private final DitPatches x_embedder;
    private final DitTime t_embedder;
    private final Classes y_embedder;
    private final List<DitBlock> blocks;
    private final DitHead final_layer;

    static final class Classes extends Module {
        private final Embedding embedding_table;

        Classes(DiffusionTransformerConfig config, Rng rng) {
            embedding_table = new Embedding(
                    new EmbeddingConfig(config.classes() + 1L, config.width()).withDtype(config.dtype()).withInit(Init.normal(0.02)), rng);
        }

        @Override protected Tensor compute(Tensor ids, Pass pass) { return embedding_table.forward(ids, pass); }
    }

    public DiffusionTransformer(DiffusionTransformerConfig config, Rng rng) {
        this.config = config;
        int side = config.size() / config.patch();
        pos_embed = VisionTransformer.sinusoidal(side, side, config.width()).to(config.dtype()).compute();
        x_embedder = new DitPatches(config, rng);
        t_embedder = new DitTime(config, rng);
        y_embedder = config.classes() == 0 ? null : new Classes(config, rng);
        var all = new ArrayList<DitBlock>();
        for (int i = 0; i < config.depth(); i++) all.add(new DitBlock(config, rng));
        blocks = List.copyOf(all);
        final_layer = new DitHead(config, rng);
    }

    public DiffusionTransformerConfig config() { return config; }

    /** The blocks, first to last. */
    public List<? extends Module> blocks() { return blocks; }

    @Override public Tensor predict(Tensor x, Tensor t, Tensor condition, Pass pass) {
        return emit(x, answer(x, t, condition, pass), pass);
    }

    private Tensor answer(Tensor x, Tensor t, Tensor condition, Pass pass) {
        if (x.rank() != 4 || x.size(1) != config.channels() || x.size(2) != config.size() || x.size(3) != config.size())
            throw new ShapeException("DiffusionTransformer: data " + x.shape() + "; they are (n, " + config.channels() + ", "
                    + config.size() + ", " + config.size() + ")");
        if (condition != null && y_embedder == null)
            throw new IllegalArgumentException("DiffusionTransformer: a condition " + condition.shape() + " for a network without classes");
        var time = t_embedder.forward(t.mul(config.timeScale()), pass);
        Tensor kind = y_embedder == null ? null
                : y_embedder.forward(condition == null ? Tensor.full(DType.I64, (long) config.classes(), x.size(0)) : condition, pass);
        var tokens = x_embedder.forward(patchify(x, config.patch()), pass).add(pos_embed);
        return unpatchify(through(tokens, time, kind, pass), config.patch(), config.outputs());
    }

    private Tensor through(Tensor tokens, Tensor time, Tensor kind, Pass pass) {
        Tensor vector = kind == null ? time : time.add(kind), memory = null;
        int extra = 0;
        if (config.conditioning() != DiffusionTransformerConfig.Conditioning.ADAPTIVE_NORM_ZERO)
            memory = kind == null ? time.unsqueeze(1) : Tensor.stack(1, time, kind);
        if (config.conditioning() == DiffusionTransformerConfig.Conditioning.IN_CONTEXT) {
            extra = (int) memory.size(1);
            tokens = Tensor.concat(1, memory, tokens);
        }
        for (var block : blocks) tokens = block.forward(tokens, vector, memory, pass);
        return final_layer.forward(tokens.narrow(1, extra, config.tokens()), vector, pass);
    }

    /** Not of one input alone: see {@link #predict(Tensor, Tensor, Tensor, Pass)}. Here at time 0 without a condition. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return answer(x, Tensor.zeros(x.dtype(), x.size(0)), null, pass); }

    /** The patches of (n, channels, side, side) row by row, each with its channels last: (n, patches, patch patch channels). */
    public static Tensor patchify(Tensor x, int patch) {
        long n = x.size(0), channels = x.size(1), rows = x.size(2) / patch, columns = x.size(3) / patch;
        if (x.size(2) % patch != 0 || x.size(3) % patch != 0)
            throw new ShapeException("patchify: patches of " + patch + " do not fill " + x.shape());
        return x.reshape(n, channels, rows, patch, columns, patch).permute(0, 2, 4, 3, 5, 1).reshape(n, rows * columns,
                patch * patch * channels);
    }

    /** The square picture of patches: undoes {@link #patchify}. */
    public static Tensor unpatchify(Tensor patches, int patch, int channels) {
        long n = patches.size(0), side = Math.round(Math.sqrt(patches.size(1)));
        if (side * side != patches.size(1) || patches.size(2) != (long) patch * patch * channels) throw new ShapeException(
                "unpatchify: " + patches.shape() + " is not a square of patches of " + patch + " with " + channels + " channels");
        return patches.reshape(n, side, side, patch, patch, channels).permute(0, 5, 1, 3, 2, 4).reshape(n, channels, side * patch,
                side * patch);
    }
}
