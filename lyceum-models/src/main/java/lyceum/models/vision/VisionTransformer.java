package lyceum.models.vision;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.imagenet.Preprocessing;
import lyceum.nn.Dropout;
import lyceum.nn.Hooks;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerEncoder;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The Vision Transformer: a picture is a sentence of patches. Each patch is embedded, positions are added, a class token goes in front, a
 * {@link TransformerEncoder} follows, and a linear head reads the class token or the mean of the patches.
 *
 * {@snippet :
 * var vit = new VisionTransformer(new VisionTransformerConfig(28, 4, 1, 64, 4, 4).withClasses(10), rng);
 * Tensor logits = vit.forward(images, pass);                          // (batch, classes)
 * Tensor seen = vit.encode(images, pass).tokens();                    // (batch, 1 + 49, 64)
 * Tensor some = vit.through(vit.patches(images, pass).indexSelect(1, visible), pass);   // masked autoencoders hide patches
 * vit.loadPublished(Safetensors.read(path).tensors());                // torchvision's, timm's or Hugging Face's names
 * }
 *
 * <p>A picture of another size than the configuration's is seen with positions interpolated bicubically. Own names: {@code class_token},
 * {@code distillation_token},
 * {@code registers}, {@code positions}, {@code patch_embedding}, {@code encoder}, {@code head}, {@code distillation_head}; {@link
 * VitLayout} knows others.
 *
 * @see <a href="https://arxiv.org/abs/2010.11929">Dosovitskiy et al. (2021)</a>
 * @see <a href="https://arxiv.org/abs/2012.12877">Touvron et al. (2021): the distillation token</a>
 * @see <a href="https://arxiv.org/abs/2309.16588">Darcet et al. (2024): registers</a>
 */
public final class VisionTransformer extends Module implements VisionEncoder {
    private final VisionTransformerConfig config;
    private final Tensor class_token, distillation_token, registers, positions;
    private final PatchEmbedding patch_embedding;
    private final TransformerEncoder encoder;
    private final Linear head, distillation_head;

    public VisionTransformer(VisionTransformerConfig config, Rng rng) {
        this.config = config;
        class_token = config.classToken() ? learned(config, 1, rng) : null;
        distillation_token = config.distilled() ? learned(config, 1, rng) : null;
        registers = config.registers() > 0 ? learned(config, config.registers(), rng) : null;
        positions = config.positions() == VisionTransformerConfig.Positions.LEARNED
                ? learned(config, config.prefix() + config.patches(), rng) : null;
        patch_embedding = new PatchEmbedding(config.channels(), config.patch(), config.width(), true, config.dtype(), rng);
        encoder = new TransformerEncoder(config.block(), config.depth(), rng);
        head = head(config, config.classes() > 0, rng);
        distillation_head = head(config, config.distilled(), rng);
    }

    private static Tensor learned(VisionTransformerConfig c, long rows, Rng rng) {
        return Init.begin(Init.truncatedNormal(0.02, -0.04, 0.04), rng, c.dtype(), 1, rows, c.width()).requiresGrad();
    }

    private static Linear head(VisionTransformerConfig c, boolean wanted, Rng rng) {
        return wanted ? new Linear(c.width(), c.classes(), true, c.dtype(), Init.lecunNormal(), rng) : null;
    }

    public VisionTransformerConfig config() { return config; }

    @Override public int width() { return config.width(); }

    @Override public int stride() { return config.patch(); }

    @Override public Module module() { return this; }

    /** To the size of the configuration, of its shorter side if it is not square. */
    @Override public Preprocessing preprocessing() {
        return EncoderInput.of(config.channels(), Math.min(config.imageHeight(), config.imageWidth()));
    }

    public PatchEmbedding patchEmbedding() { return patch_embedding; }

    public TransformerEncoder encoder() { return encoder; }

    /** Tokens in front of the patches in what {@link #through} gives: class, distillation and registers. */
    public int prefix() { return config.prefix() + config.registers(); }

    /** Embedded patches with their positions, (batch, patches, width), before any block; nothing is in front. */
    public Tensor patches(Tensor images, Pass pass) {
        var x = patch_embedding.forward(images, pass);
        if (config.positions() == VisionTransformerConfig.Positions.NONE) return x;
        return x.add(gridPositions(images.size(2) / config.patch(), images.size(3) / config.patch()));
    }

    /** Positions of a grid of patches, (1, rows columns, width). */
    public Tensor gridPositions(long rows, long columns) {
        if (config.positions() == VisionTransformerConfig.Positions.SINUSOIDAL)
            return sinusoidal(rows, columns, config.width()).to(config.dtype());
        if (positions == null) throw new IllegalStateException("gridPositions: this model tells no positions");
        return interpolated(positions.narrow(1, config.prefix(), config.patches()), config.imageHeight() / config.patch(),
                config.imageWidth() / config.patch(), rows, columns);
    }

    /** A table (1, h w, width) of positions for another grid, bicubically. */
    static Tensor interpolated(Tensor table, long h, long w, long rows, long columns) {
        if (rows == h && columns == w) return table;
        var grid = table.reshape(h, w, table.size(2)).permute(2, 0, 1);
        return Resize.BICUBIC.of(grid, rows, columns).reshape(1, table.size(2), -1).transpose(1, 2);
    }

    /**
     * Fixed positions of a grid, (1, rows columns, width) in F64: a quarter of the width each for the sines and cosines of the column,
     * then of the row, at frequencies
     * {@code 10000^(-4 i / width)}: the table of masked autoencoders.
     */
    public static Tensor sinusoidal(long rows, long columns, int width) {
        int quarter = width / 4;
        var across = waves(columns, quarter).unsqueeze(0).expand(rows, columns, 2 * quarter);
        var down = waves(rows, quarter).unsqueeze(1).expand(rows, columns, 2 * quarter);
        return Tensor.concat(2, across, down).pad(2, 0, width - 4 * quarter, 0).reshape(1, rows * columns, width).compute();
    }

    /** Sines, then cosines, of each place: (places, 2 waves). */
    private static Tensor waves(long places, int waves) {
        var table = new double[Math.toIntExact(places * 2 * waves)];
        for (int p = 0; p < places; p++) for (int i = 0; i < waves; i++) {
            double angle = p * Math.pow(10_000, -(double) i / waves);
            table[p * 2 * waves + i] = Math.sin(angle);
            table[p * 2 * waves + waves + i] = Math.cos(angle);
        }
        return Tensor.of(table, places, 2 * waves);
    }

    /**
     * What all blocks and the last norm make of patches (batch, k, width), any of them in any order: (batch, {@link #prefix} + k, width).
     */
    public Tensor through(Tensor patches, Pass pass) { return encoder.forward(prefixed(patches, pass), pass); }

    /** What goes into each block, and the output. */
    public List<Tensor> hiddenStates(Tensor images, Pass pass) {
        return encoder.hiddenStates(prefixed(patches(images, pass), pass), null, pass);
    }

    private Tensor prefixed(Tensor patches, Pass pass) {
        var parts = new ArrayList<Tensor>();
        int place = 0;
        for (var token : new Tensor[] {class_token, distillation_token})
            if (token != null) parts.add(positions == null ? token : token.add(positions.narrow(1, place++, 1)));
        if (registers != null) parts.add(registers);
        parts.replaceAll(token -> token.expand(patches.size(0), token.size(1), token.size(2)));
        parts.add(patches);
        var all = parts.size() == 1 ? patches : Tensor.concat(1, parts.toArray(Tensor[]::new));
        return new Dropout(config.dropout()).forward(all, pass);
    }

    /** The vector of what {@link #through} gave, (batch, width). */
    public Tensor pooled(Tensor tokens) {
        return config.pool() == VisionTransformerConfig.Pool.CLASS ? tokens.select(1, 0)
                : tokens.narrow(1, prefix(), tokens.size(1) - prefix()).mean(1, false);
    }

    @Override public VisionFeatures encode(Tensor images, Pass pass) {
        var tokens = through(patches(images, pass), pass);
        long rows = images.size(2) / config.patch(), columns = images.size(3) / config.patch();
        var map = tokens.narrow(1, prefix(), rows * columns).transpose(1, 2).reshape(tokens.size(0), config.width(), rows, columns);
        var levels = new LinkedHashMap<String, Tensor>();
        levels.put("encoder", map);
        return new VisionFeatures(map, tokens, pooled(tokens), levels);
    }

    /** Logits (batch, classes): with a distillation head the mean of both; without a head the pooled vector. */
    @Override protected Tensor compute(Tensor images, Pass pass) {
        if (config.distilled()) {
            var both = heads(images, pass);
            return both.labels().add(both.teacher()).mul(0.5);
        }
        var pooled = pooled(through(patches(images, pass), pass));
        return head == null ? pooled : head.forward(pooled, pass);
    }

    /** Logits of the two heads of a distilled model: one learns from the labels, one from the teacher. */
    public record Heads(Tensor labels, Tensor teacher) {}

    /** @throws IllegalStateException unless the configuration is distilled */
    public Heads heads(Tensor images, Pass pass) {
        if (!config.distilled()) throw new IllegalStateException("heads: this model has no distillation token");
        var tokens = through(patches(images, pass), pass);
        return new Heads(head.forward(pooled(tokens), pass), distillation_head.forward(tokens.select(1, 1), pass));
    }

    /**
     * How much the class token draws on each patch through all blocks: the product of {@code (A + I) / 2}, heads averaged, (batch, rows,
     * columns).
     *
     * @see <a href="https://arxiv.org/abs/2005.00928">Abnar and Zuidema (2020): attention rollout</a>
     */
    public Tensor rollout(Tensor images) {
        if (!config.classToken()) throw new IllegalStateException("rollout: this model has no class token to look from");
        return Autograd.noGrad(() -> {
            var hooks = Hooks.of(this);
            var seen = hooks.capture("encoder.layers.*.attention.weights");
            forward(images, Pass.inference().with(hooks));
            Tensor all = null;
            for (var weights : seen.values()) {
                var mean = weights.mean(1, false);
                var layer = mean.add(Tensor.eye(mean.dtype(), mean.size(1))).mul(0.5);
                all = all == null ? layer : layer.matmul(all);
            }
            long rows = images.size(2) / config.patch(), columns = images.size(3) / config.patch();
            return all.select(1, 0).narrow(1, prefix(), rows * columns).reshape(images.size(0), rows, columns).compute();
        });
    }

    /**
     * Reads a checkpoint with the names of torchvision, timm or Hugging Face, whichever it has. A position table of another square grid
     * is interpolated.
     *
     * @throws lyceum.FormatException listing what is missing or unknown; nothing is loaded then
     */
    public void loadPublished(Map<String, Tensor> values) {
        var own = new LinkedHashMap<>(VitLayout.of(values.keySet()).read(this, values));
        var table = own.get("positions");
        if (positions != null && table != null && table.rank() == 3 && table.size(1) != positions.size(1))
            own.put("positions", fitted(table));
        load(own);
    }

    private Tensor fitted(Tensor table) {
        long patches = table.size(1) - config.prefix(), side = Math.round(Math.sqrt(patches));
        if (side * side != patches)
            throw new ShapeException("loadPublished: " + patches + " positions are not a square grid to interpolate from");
        var grid = interpolated(table.narrow(1, config.prefix(), patches), side, side, config.imageHeight() / config.patch(),
                config.imageWidth() / config.patch());
        return Tensor.concat(1, table.narrow(1, 0, config.prefix()), grid);
    }
}
