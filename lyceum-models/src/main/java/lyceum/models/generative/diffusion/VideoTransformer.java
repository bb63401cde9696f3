package lyceum.models.generative.diffusion;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.SinusoidalPositions;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A transformer as denoiser of clips (n, frames, channels, height, width): blocks of some frames and some pixels a side become tokens with a position in time and
 * two in space; blocks attend in space and time and are conditioned as those of {@link DiffusionTransformer}. At first the output is 0.
 *
 * {@snippet :
 * var network = new VideoTransformer(new VideoTransformerConfig(1, 1, 4, 48, 3, 4, 4), Rng.of(1));
 * Tensor velocity = network.predict(clips, 0.5, directions);            // (n, 8, 1, 8, 8), (n)
 * }
 *
 * <p>A clip may bring one more channel, 1 where its pixels are known and clean, 0 else: nothing moves there, and the answer of that channel is 0.
 *
 * @see <a href="https://arxiv.org/abs/2212.09748">Peebles and Xie (2023)</a>
 * @see <a href="https://arxiv.org/abs/2204.03458">Ho and others (2022), Video diffusion models</a>
 */
public final class VideoTransformer extends Module implements Denoiser {
    private final VideoTransformerConfig config;
    private final Linear x_embedder;
    private final DitTime t_embedder;
    private final DiffusionTransformer.Classes y_embedder;
    private final Linear context_embedder;
    private final List<VideoBlock> blocks;
    private final DitHead final_layer;

    public VideoTransformer(VideoTransformerConfig config, Rng rng) {
        this.config = config;
        var parts = config.parts();
        int cell = config.patchTime() * config.patch() * config.patch();
        x_embedder = DitHead.linear(cell * (config.channels() + 1), config.width(), parts, rng);
        t_embedder = new DitTime(parts, rng);
        y_embedder = config.classes() == 0 ? null : new DiffusionTransformer.Classes(parts, rng);
        context_embedder = config.contextWidth() == 0 ? null : DitHead.linear(config.contextWidth(), config.width(), parts, rng);
        var all = new ArrayList<VideoBlock>();
        for (int i = 0; i < config.depth(); i++) all.add(new VideoBlock(config, rng));
        blocks = List.copyOf(all);
        final_layer = new DitHead(parts, rng);
    }

    public VideoTransformerConfig config() { return config; }

    /** @param condition class numbers (n), or vectors of a text (n, T, contextWidth); null for none */
    @Override public Tensor predict(Tensor x, Tensor t, Tensor condition, Pass pass) {
        return emit(x, answer(x, t, condition, null, pass), pass);
    }

    /**
     * An answer, and where it looked at the text.
     *
     * @param maps of each block, (n, heads, tokens, T): how much a token of the clip looks at a vector of the text; sums over T are 1
     */
    public record Look(Tensor answer, List<Tensor> maps) {}

    /** As {@link #predict(Tensor, Tensor, Tensor, Pass)}, with the maps of attention to the text. @throws IllegalArgumentException without a text */
    public Look look(Tensor x, Tensor t, Tensor condition, Pass pass) {
        if (context_embedder == null || condition == null)
            throw new IllegalArgumentException("VideoTransformer.look: no text to look at; contextWidth is " + config.contextWidth());
        var maps = new ArrayList<Tensor>();
        return new Look(emit(x, answer(x, t, condition, maps, pass), pass), maps);
    }

    private Tensor answer(Tensor x, Tensor t, Tensor condition, List<Tensor> maps, Pass pass) {
        int channels = config.channels();
        if (x.rank() != 5 || x.size(2) != channels && x.size(2) != channels + 1) throw new ShapeException("VideoTransformer: clips "
                + x.shape() + "; they are (n, frames, " + channels + ", height, width), with or without a channel of what is known");
        boolean told = x.size(2) > channels;
        Tensor known = told ? x.narrow(2, channels, 1) : Tensor.zeros(x.dtype(), x.size(0), x.size(1), 1, x.size(3), x.size(4));
        Tensor whole = told ? x : Tensor.concat(2, x, known), vector = t_embedder.forward(t.mul(config.timeScale()), pass), text = null;
        if (y_embedder != null) vector = vector
                .add(y_embedder.forward(condition == null ? Tensor.full(DType.I64, (long) config.classes(), x.size(0)) : condition, pass));
        if (context_embedder != null) text = context_embedder
                .forward(condition == null ? Tensor.zeros(x.dtype(), x.size(0), 1, config.contextWidth()) : condition, pass);
        if (y_embedder == null && context_embedder == null && condition != null)
            throw new IllegalArgumentException("VideoTransformer: a condition " + condition.shape() + " for a network without one");
        var patches = patchify(whole, config.patchTime(), config.patch());
        int frames = (int) x.size(1) / config.patchTime(), rows = (int) x.size(3) / config.patch(),
                columns = (int) x.size(4) / config.patch();
        var tokens = x_embedder.forward(patches, pass).add(positions(frames, rows, columns, config.width()).to(x.dtype()));
        for (var block : blocks) tokens = block.forward(tokens, vector, text, frames, maps, pass);
        var said = unpatchify(final_layer.forward(tokens, vector, pass), config.patchTime(), config.patch(), (int) x.size(3),
                (int) x.size(4));
        return told ? Tensor.concat(2, said.mul(known.rsub(1)), known.zerosLike()) : said;
    }

    /** Not of one input alone: see {@link #predict(Tensor, Tensor, Tensor, Pass)}. Here at time 0 without a condition. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return answer(x, Tensor.zeros(x.dtype(), x.size(0)), null, null, pass); }

    /**
     * Blocks of clips (n, frames, channels, height, width), by time, row and column; each by frame, row, column and channel: (n, tokens, time side side channels).
     *
     * @param time frames of a block
     * @param side pixels of it
     */
    public static Tensor patchify(Tensor x, int time, int side) {
        if (x.rank() != 5 || x.size(1) % time != 0 || x.size(3) % side != 0 || x.size(4) % side != 0)
            throw new ShapeException("patchify: blocks of " + time + " frames, " + side + " x " + side + " do not fill " + x.shape());
        long n = x.size(0), frames = x.size(1) / time, channels = x.size(2), rows = x.size(3) / side, columns = x.size(4) / side;
        return x.reshape(n, frames, time, channels, rows, side, columns, side).permute(0, 1, 4, 6, 2, 5, 7, 3).reshape(n,
                frames * rows * columns, time * side * side * channels);
    }

    /** The clips of blocks: undoes {@link #patchify}. */
    public static Tensor unpatchify(Tensor patches, int time, int side, int height, int width) {
        long n = patches.size(0), rows = height / side, columns = width / side, cell = (long) time * side * side;
        if (patches.rank() != 3 || height % side != 0 || width % side != 0 || patches.size(1) % (rows * columns) != 0
                || patches.size(2) % cell != 0)
            throw new ShapeException("unpatchify: " + patches.shape() + " for " + height + " x " + width + " pixels of blocks of " + time
                    + " frames, " + side + " x " + side);
        long frames = patches.size(1) / (rows * columns), channels = patches.size(2) / cell;
        return patches.reshape(n, frames, rows, columns, time, side, side, channels).permute(0, 1, 4, 7, 2, 5, 3, 6).reshape(n,
                frames * time, channels, height, width);
    }

    /** Sines and cosines of the frame, the row and the column, a third of the width each: (tokens, width). */
    private static Tensor positions(int frames, int rows, int columns, int width) {
        var waves = new SinusoidalPositions(width / 3, 10_000, false, 1, 0);
        long[] all = {frames, rows, columns, width / 3};
        return Tensor
                .concat(-1, waves.table(0, frames, DType.F64).unsqueeze(1).unsqueeze(1).expand(all),
                        waves.table(0, rows, DType.F64).unsqueeze(1).expand(all), waves.table(0, columns, DType.F64).expand(all))
                .reshape(-1, width);
    }
}
