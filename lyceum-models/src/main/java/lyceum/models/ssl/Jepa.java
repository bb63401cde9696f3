package lyceum.models.ssl;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.vision.VisionTransformer;
import lyceum.nn.InBatches;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.SinusoidalPositions;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.CollapseDiagnostics;
import lyceum.train.Trainer;

/**
 * A joint-embedding predictive architecture: from the visible patches of a picture, or of a clip, a predictor tells what a slow copy of the encoder, which sees
 * everything, makes of hidden blocks. Features are predicted, not pixels: what cannot be known may be left out of them.
 * {@code loss = mean over target positions of smoothL1(g(f(context), position), layerNorm(teacher(all)))}.
 *
 * {@snippet :
 * var jepa = new Jepa(new JepaConfig(vit), rng);
 * new Trainer(new AdamW(1e-3), 10).withListener(jepa.following(steps))
 *         .start(jepa, n, jepa.objective(images), null, rng).finish(Progress.SILENT);
 * Tensor features = jepa.features(images, 64);
 * System.out.println(jepa.diagnose(images));                                  // has it collapsed?
 * }
 *
 * <p>Pictures are (batch, channels, height, width), clips (batch, frames, channels, height, width): I-JEPA and V-JEPA. The module itself gives the teacher's
 * mean over tokens, (batch, width). Names: {@code encoder}, {@code teacher}, {@code predictor_embed}, {@code mask_token}, {@code predictor}, {@code
 * predictor_proj}.
 *
 * @see <a href="https://arxiv.org/abs/2301.08243">Assran et al. (2023): pictures</a>
 * @see <a href="https://arxiv.org/abs/2404.08471">Bardes et al. (2024): clips</a>
 */
public final class Jepa extends Module {
    private final JepaConfig config;
    private final VisionTransformer encoder, teacher;
    private final Linear predictor_embed, predictor_proj;
    private final Tensor mask_token;
    private final TransformerEncoder predictor;

    public Jepa(JepaConfig config, Rng rng) {
        this.config = config;
        var seen = config.encoder();
        encoder = new VisionTransformer(seen, rng);
        teacher = new EmaTeacher<>(encoder).module();
        predictor_embed = new Linear(seen.width(), config.width(), true, seen.dtype(), Init.glorotUniform(), rng);
        mask_token = Init.begin(Init.normal(0.02), rng, seen.dtype(), 1, 1, config.width()).requiresGrad();
        predictor = new TransformerEncoder(config.block(), config.depth(), rng);
        predictor_proj = new Linear(config.width(), seen.width(), true, seen.dtype(), Init.glorotUniform(), rng);
    }

    public JepaConfig config() { return config; }

    /** The teacher: what is kept after training. Frozen. For pictures, a {@link VisionTransformer} like any other. */
    public VisionTransformer encoder() { return teacher; }

    /** The teacher takes a step toward the context encoder. @param momentum of the teacher, in [0, 1] */
    public void follow(double momentum) { EmaTeacher.follow(teacher, encoder, momentum); }

    /** For a trainer: the teacher follows each step, its momentum rising from the configured one to 1 by a cosine over that many steps. */
    public Trainer.Listener following(long steps) { return EmaTeacher.following(teacher, encoder, config.momentum(), steps); }

    /**
     * @param predicted features of the target positions, (batch, blocks * patches of a block, width), in the masks' order
     * @param wanted the teacher's normalised features of all positions, (batch, patches, width); no gradient flows
     */
    public record Prediction(Tensor predicted, Tensor wanted, BlockMasks.Draw masks) {
        /** Mean absolute error of each target position, (batch, blocks * patches of a block). */
        public Tensor errors() {
            return Autograd.noGrad(() -> predicted.detach().sub(Tokens.at(wanted, flat(masks))).abs().mean(2, false));
        }
    }

    private static Tensor flat(BlockMasks.Draw masks) { return masks.targets().reshape(masks.targets().size(0), -1); }

    /** What a trainer minimises on pictures or clips. */
    public BatchLoss objective(Tensor items) {
        return (rows, pass) -> {
            var x = items.rows(rows);
            if (pass.rng() == null)
                throw new IllegalArgumentException("Jepa: the pass has no random numbers to draw blocks by; use Pass.training(rng)");
            var told = predict(x, config.masks().draw(rows.length, rows(x), columns(x), config.times(), pass.rng()), pass);
            return error(told.predicted(), told.wanted(), told.masks());
        };
    }

    /** Blocks of these pictures or clips, given those that are hidden. */
    public Prediction predict(Tensor items, BlockMasks.Draw masks, Pass pass) {
        var wanted = Autograd.noGrad(
                () -> teacher.through(tokens(teacher, items, Pass.inference()), Pass.inference()).layerNorm(null, null, 1e-6).compute());
        if (masks.patches() != wanted.size(1) || masks.context().size(0) != wanted.size(0)) throw new ShapeException(
                "Jepa: masks for " + masks.context().size(0) + " of " + masks.patches() + " patches; there are " + wanted.shape());
        var seen = encoder.through(Tokens.at(tokens(encoder, items, pass), masks.context()), pass);

        long n = wanted.size(0), blocks = masks.targets().size(1), size = masks.targets().size(2), near = seen.size(1),
                width = config.width();
        var positions = positions(rows(items), columns(items), config.width()).to(seen.dtype()).expand(n, masks.patches(), width);
        var context = predictor_embed.forward(seen, pass).add(Tokens.at(positions, masks.context()));
        var asked = mask_token.add(Tokens.at(positions, flat(masks))).reshape(n * blocks, size, width);
        var each = context.unsqueeze(1).expand(n, blocks, near, width).reshape(n * blocks, near, width); // each block is told by itself
        var told = predictor.forward(Tensor.concat(1, each, asked), pass).narrow(1, near, size);
        return new Prediction(predictor_proj.forward(told, pass).reshape(n, blocks * size, wanted.size(2)), wanted, masks);
    }

    /**
     * Mean smooth L1 distance at target positions.
     *
     * @param predicted (batch, blocks * patches of a block, width)
     * @param features of all positions, (batch, patches, width)
     */
    public Tensor error(Tensor predicted, Tensor features, BlockMasks.Draw masks) {
        return Loss.smoothL1(config.beta()).of(predicted, Tokens.at(features, flat(masks)));
    }

    /** The teacher's features of each token, (n, times * rows * columns, width), under inference. @param batch items at a time */
    public Tensor tokenFeatures(Tensor items, int batch) {
        return InBatches.of(items, batch, some -> teacher.through(tokens(teacher, some, Pass.inference()), Pass.inference()));
    }

    /** The teacher's mean over tokens, (n, width), under inference. */
    public Tensor features(Tensor items, int batch) { return Autograd.noGrad(() -> tokenFeatures(items, batch).mean(1, false).compute()); }

    /** Whether the {@link #features} of these have collapsed. */
    public CollapseDiagnostics diagnose(Tensor items) { return CollapseDiagnostics.of(features(items, 256)); }

    private int rows(Tensor items) { return (int) (items.size(items.rank() - 2) / config.encoder().patch()); }

    private int columns(Tensor items) { return (int) (items.size(items.rank() - 1) / config.encoder().patch()); }

    /** Embedded patches with their places and times, (n, times * rows * columns, width). */
    private Tensor tokens(VisionTransformer vit, Tensor items, Pass pass) {
        if (items.rank() == 4 && config.frames() == 1) return vit.patches(items, pass);
        if (items.rank() != 5 || items.size(1) != config.frames())
            throw new ShapeException("Jepa: " + items.shape() + "; " + (config.frames() == 1 ? "pictures (n, channels, height, width)"
                    : "clips (n, " + config.frames() + ", channels, height, width)"));
        long n = items.size(0), times = config.times();
        var tubelets = items.reshape(n * times, config.tubelet() * items.size(2), items.size(3), items.size(4));
        var placed = vit.patches(tubelets, pass).reshape(n, times, -1, vit.width());
        return placed.add(clock(vit.width()).to(placed.dtype()).unsqueeze(1)).reshape(n, -1, vit.width());
    }

    /** Places and times of a grid, (1, times * rows * columns, width). */
    private Tensor positions(int rows, int columns, int width) {
        var places = VisionTransformer.sinusoidal(rows, columns, width);
        if (config.times() == 1) return places;
        return places.unsqueeze(1).add(clock(width).unsqueeze(1)).reshape(1, -1, width);
    }

    /** (times, width). */
    private Tensor clock(int width) { return new SinusoidalPositions(width).table(0, config.times(), DType.F64); }

    @Override protected Tensor compute(Tensor items, Pass pass) {
        return teacher.through(tokens(teacher, items, pass), pass).mean(1, false);
    }
}
