package lyceum.models.sequence;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.AttentionConfig;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Any input as rows (batch, elements, inputs), read into a latent array of fixed size by cross-attention, so that depth costs nothing for longer inputs:
 *
 * <pre>
 * Z = Z + attend(Z, X)      Z = Z + feedForward(Z)      Z = selfAttention^L(Z)      as often as it reads
 * classes = W mean(Z)       or, of queries U:  Y = W (U + attend(U, Z))             (Perceiver IO)
 * </pre>
 *
 * {@snippet :
 * var model = new Perceiver(new PerceiverConfig(40, 32, 64, 10), rng);
 * Tensor classes = model.forward(PerceiverInputs.grid(images, 2, 8, 28), pass);     // (batch, 10)
 * Tensor latents = model.encode(x, null, pass);
 * Tensor answers = model.query(latents, queries, pass);                             // (batch, any number, 10)
 * }
 *
 * <p>Norms stand before attention and feed-forward. The latents begin normal with deviation 0.02.
 *
 * @see <a href="https://arxiv.org/abs/2103.03206">Jaegle et al. (2021)</a>
 * @see <a href="https://arxiv.org/abs/2107.14795">Jaegle et al. (2022), Perceiver IO</a>
 */
public final class Perceiver extends Module {
    private final PerceiverConfig config;
    private final Tensor latents;
    private final List<Reading> readings = new ArrayList<>();
    private final List<TransformerEncoder> towers = new ArrayList<>();
    private final Reading output;
    private final Linear head, query_head;

    public Perceiver(PerceiverConfig config, Rng rng) {
        this.config = config;
        int w = config.width();
        var type = config.dtype();
        latents = Init.normal(0.02).sample(rng, type, config.latents(), w).compute().requiresGrad();
        int own = config.shared() ? Math.min(2, config.readings()) : config.readings();
        for (int i = 0; i < own; i++) readings.add(new Reading(w, config.inputs(), config.widening(), type, rng));
        var block = TransformerConfig.original(w, config.heads(), config.widening() * w).withPlacement(TransformerConfig.Placement.PRE);
        block = block.withAttention(block.attention().withDtype(type));
        if (config.layers() > 0) for (int i = 0; i < (config.shared() ? 1 : config.readings()); i++)
            towers.add(new TransformerEncoder(block, config.layers(), rng));
        output = new Reading(config.queries(), w, config.widening(), type, rng);
        head = new Linear(w, config.outputs(), true, type, Init.torchLinear(w), rng);
        query_head = new Linear(config.queries(), config.outputs(), true, type, Init.torchLinear(config.queries()), rng);
    }

    public PerceiverConfig config() { return config; }

    /** Cross-attention of one head and a feed-forward network: of rows that ask to rows that are read. */
    private static final class Reading extends Module {
        private final LayerNorm query_norm, input_norm, mlp_norm;
        private final MultiHeadAttention attention;
        private final Linear up, down;

        Reading(int width, int from, int widening, DType type, Rng rng) {
            query_norm = new LayerNorm(1e-5, type, width);
            input_norm = new LayerNorm(1e-5, type, from);
            mlp_norm = new LayerNorm(1e-5, type, width);
            attention = new MultiHeadAttention(new AttentionConfig(width, 1).withKeyWidth(from).withValueWidth(from).withDtype(type), rng);
            up = new Linear(width, (long) widening * width, true, type, Init.torchLinear(width), rng);
            down = new Linear((long) widening * width, width, true, type, Init.torchLinear((long) widening * width), rng);
        }

        Tensor of(Tensor z, Tensor x, Attention mask, Pass pass) {
            var read = input_norm.forward(x, pass);
            z = z.add(attention.forward(query_norm.forward(z, pass), read, mask, pass));
            return z.add(down.forward(up.forward(mlp_norm.forward(z, pass), pass).gelu(), pass));
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { throw new UnsupportedOperationException("Reading: who asks?"); }
    }

    /**
     * The latents (batch, latents, width) when all has been read.
     *
     * @param x (batch, elements, inputs)
     * @param lengths elements of each that are no padding; null if all are full
     */
    public Tensor encode(Tensor x, int[] lengths, Pass pass) {
        if (x.rank() != 3 || x.size(2) != config.inputs() || lengths != null && lengths.length != x.size(0)) throw new ShapeException(
                "Perceiver: input " + x.shape() + "; it is (batch, elements, " + config.inputs() + "), with a length each or none");
        var mask = lengths == null ? new Attention() : new Attention().withKeyLengths(Tensor.of(lengths).to(DType.I64));
        var z = latents.expand(x.size(0), config.latents(), config.width());
        for (int i = 0; i < config.readings(); i++) {
            z = readings.get(Math.min(i, readings.size() - 1)).of(z, x, mask, pass);
            if (!towers.isEmpty()) z = towers.get(Math.min(i, towers.size() - 1)).forward(z, pass);
        }
        return pass.point(this, "latents", z);
    }

    /** Answers (batch, n, outputs) to queries (batch, n, queries); none hears of the others. */
    public Tensor query(Tensor latents, Tensor queries, Pass pass) {
        if (queries.rank() != 3 || queries.size(2) != config.queries())
            throw new ShapeException("Perceiver: queries " + queries.shape() + "; they are (batch, n, " + config.queries() + ")");
        return query_head.forward(output.of(queries, latents, new Attention(), pass), pass);
    }

    /** Classes (batch, outputs). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return head.forward(encode(x, null, pass).mean(1), pass); }
}
