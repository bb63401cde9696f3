package lyceum.models.generative.latent;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.models.generative.diffusion.Denoiser;
import lyceum.nn.Conv2d;
import lyceum.nn.GroupNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The denoiser of Stable Diffusion: a U-Net of residual blocks that are told the time, with transformers that look at a text. State names are those of diffusers'
 * {@code UNet2DConditionModel}.
 *
 * {@snippet :
 * var unet = new ConditionalUNet(ConditionalUNetConfig.small(4, 64, 32, 64), rng);
 * Tensor noise = unet.predict(noisy, t, text, pass);                 // (n, 4, h, w), (n), (n, T, 64)
 * }
 *
 * @see <a href="https://arxiv.org/abs/2112.10752">Rombach, Blattmann, Lorenz, Esser and Ommer (2022)</a>
 */
public final class ConditionalUNet extends Module implements Denoiser {
    private final ConditionalUNetConfig config;
    private final Conv2d conv_in;
    private final Time time_embedding;
    private final List<Level> down_blocks, up_blocks;
    private final Level mid_block;
    private final GroupNorm conv_norm_out;
    private final Conv2d conv_out;

    public ConditionalUNet(ConditionalUNetConfig config, Rng rng) {
        this.config = config;
        var widths = config.widths();
        int levels = widths.size(), first = widths.getFirst(), time = 4 * first, last = widths.getLast();
        conv_in = ResnetBlock.conv(config.inputs(), first, 3, 1, 1, config.dtype(), rng);
        time_embedding = new Time(first, time, config.dtype(), rng);
        var down = new ArrayList<Level>();
        var kept = new ArrayList<>(List.of(first)); // widths of the maps that go across
        int before = first;
        for (int i = 0; i < levels; i++) {
            int width = widths.get(i);
            down.add(Level.down(Level.blocks(config.layers(), before, width, time, config.groups(), 1e-5, config.dtype(), rng),
                    looks(i, config.layers(), rng), i == levels - 1 ? null : Level.Resample.half(width, false, config.dtype(), rng)));
            for (int j = 0; j < config.layers() + (i == levels - 1 ? 0 : 1); j++) kept.add(width);
            before = width;
        }
        down_blocks = List.copyOf(down);
        mid_block = Level.middle(block(last, last, time, rng), look(last, rng), block(last, last, time, rng));
        var up = new ArrayList<Level>();
        for (int i = levels - 1; i >= 0; i--) {
            int width = widths.get(i);
            var blocks = new ArrayList<ResnetBlock>();
            for (int j = 0; j <= config.layers(); j++) {
                blocks.add(block(before + kept.removeLast(), width, time, rng));
                before = width;
            }
            up.add(Level.up(blocks, looks(i, config.layers() + 1, rng), i == 0 ? null : Level.Resample.twice(width, config.dtype(), rng)));
        }
        up_blocks = List.copyOf(up);
        conv_norm_out = new GroupNorm(config.groups(), first, 1e-5, config.dtype());
        conv_out = ResnetBlock.conv(first, config.outputs(), 3, 1, 1, config.dtype(), rng);
    }

    private ResnetBlock block(int inputs, int outputs, int time, Rng rng) {
        return new ResnetBlock(inputs, outputs, time, config.groups(), 1e-5, config.dtype(), rng);
    }

    private SpatialTransformer look(int width, Rng rng) {
        return new SpatialTransformer(width, config.contextWidth(), config.heads(), config.groups(), config.dtype(), rng);
    }

    private List<SpatialTransformer> looks(int level, int count, Rng rng) {
        var looks = new ArrayList<SpatialTransformer>();
        for (int i = 0; config.attends().get(level) && i < count; i++) looks.add(look(config.widths().get(level), rng));
        return looks;
    }

    public ConditionalUNetConfig config() { return config; }

    /**
     * @param x (n, inputs, height, width), sides that all halvings divide
     * @param t (n) steps; diffusers counts from 0: see {@link Denoiser#countingFromZero}
     * @param context (n, T, contextWidth); null where the context's width is 0
     */
    @Override public Tensor predict(Tensor x, Tensor t, Tensor context, Pass pass) { return emit(x, answer(x, t, context, pass), pass); }

    private Tensor answer(Tensor x, Tensor t, Tensor context, Pass pass) {
        int reduction = 1 << config.widths().size() - 1;
        if (x.rank() != 4 || x.size(1) != config.inputs() || x.size(2) % reduction != 0 || x.size(3) % reduction != 0)
            throw new ShapeException("ConditionalUNet: x " + x.shape() + "; it is (n, " + config.inputs()
                    + ", height, width) with sides that " + reduction + " divides");
        if ((context == null) != (config.contextWidth() == 0)
                || context != null && (context.rank() != 3 || context.size(0) != x.size(0) || context.size(2) != config.contextWidth()))
            throw new ShapeException("ConditionalUNet: the context is " + (context == null ? "missing" : context.shape()) + "; it is "
                    + (config.contextWidth() == 0 ? "not wanted" : "(" + x.size(0) + ", T, " + config.contextWidth() + ")"));
        var time = time_embedding.forward(t, pass);
        var y = conv_in.forward(x, pass);
        var kept = new ArrayList<>(List.of(y));
        for (var level : down_blocks) y = level.down(y, time, context, kept, pass);
        y = mid_block.across(y, time, context, pass);
        for (var level : up_blocks) y = level.up(y, time, context, kept, pass);
        return conv_out.forward(ResnetBlock.silu(conv_norm_out.forward(y, pass), pass), pass);
    }

    /** Not of one input alone: see {@link #predict(Tensor, Tensor, Tensor, Pass)}. Here at time 0 without a context, if it wants none. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return answer(x, Tensor.zeros(x.dtype(), x.size(0)), null, pass); }

    /** Cosines, then sines, through two layers. */
    private static final class Time extends Module {
        private final int waves;
        private final DType dtype;
        private final Linear linear_1, linear_2;

        Time(int waves, int width, DType dtype, Rng rng) {
            this.waves = waves;
            this.dtype = dtype;
            linear_1 = Heads.linear(waves, width, true, dtype, rng);
            linear_2 = Heads.linear(width, width, true, dtype, rng);
        }

        @Override protected Tensor compute(Tensor t, Pass pass) {
            int half = waves / 2;
            var rates = Tensor.arange(half).to(DType.F64).mul(-Math.log(10_000) / half).exp();
            var angles = t.to(DType.F64).reshape(-1, 1).mul(rates);
            var x = Tensor.concat(1, angles.cos(), angles.sin()).to(dtype);
            return linear_2.forward(ResnetBlock.silu(linear_1.forward(x, pass), pass), pass);
        }
    }
}
