package lyceum.models.vision;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.nn.Conv2d;
import lyceum.nn.ConvTranspose2d;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Down through levels of half the size and back up, each level's map joined to the one that returns: what is where, and what it is. One
 * class for masks and for
 * denoising, for pictures (batch, channels, height, width) and signals (batch, channels, length).
 *
 * {@snippet :
 * var masks = new UNet(UNetConfig.padded(3, 4, 16, 32, 64), rng);
 * Tensor logits = masks.forward(images, pass);                          // (batch, 4, height, width)
 * var denoiser = new UNet(UNetConfig.denoiser(1, 32, 64, 128).withContextWidth(64), rng);
 * Tensor noise = denoiser.forward(noisy, steps, captions, pass);        // steps (batch), captions (batch, T, 64)
 * }
 *
 * <p>Children: {@code down.0 ..} (the last is the bottom), {@code shrink.0 ..}, {@code grow.0 ..} and {@code up.0 ..} from the coarsest
 * to the finest, {@code out}; with a
 * time {@code time1} and {@code time2}; with norms in residual blocks {@code norm}.
 *
 * @see <a href="https://arxiv.org/abs/1505.04597">Ronneberger, Fischer and Brox (2015)</a>
 * @see <a href="https://arxiv.org/abs/2006.11239">Ho, Jain and Abbeel (2020): time and attention</a>
 */
public final class UNet extends Module {
    private final UNetConfig config;
    private final Linear time1, time2;
    private final List<UNetBlock> down;
    private final List<Conv2d> shrink;
    private final List<Module> grow;
    private final List<UNetBlock> up;
    private final Layer norm;
    private final Conv2d out;

    public UNet(UNetConfig config, Rng rng) {
        this.config = config;
        int levels = config.widths().size(), t = config.timeWidth();
        time1 = t == 0 ? null : new Linear(t, t, true, config.dtype(), Init.torchLinear(t), rng);
        time2 = t == 0 ? null : new Linear(t, t, true, config.dtype(), Init.torchLinear(t), rng);
        boolean strided = config.scale() == UNetConfig.Scale.STRIDED;
        var downs = new ArrayList<UNetBlock>();
        var shrinks = new ArrayList<Conv2d>();
        int inputs = config.inputs();
        for (int i = 0; i < levels; i++) {
            int width = config.widths().get(i);
            downs.add(new UNetBlock(config, inputs, width, config.attends(i), rng));
            if (strided && i < levels - 1) shrinks.add(UNetBlock.conv(config, width, width, 3, 2, rng));
            inputs = width;
        }
        var grows = new ArrayList<Module>();
        var ups = new ArrayList<UNetBlock>();
        for (int i = levels - 2; i >= 0; i--) {
            int below = config.widths().get(i + 1), width = config.widths().get(i);
            grows.add(strided ? UNetBlock.conv(config, below, width, 3, 1, rng) : new ConvTranspose2d(below, width, config.over(2),
                    new Convolution().withStride(config.over(2)), true, config.dtype(), null, rng));
            ups.add(new UNetBlock(config, config.skips() ? 2 * width : width, width, config.attends(i), rng));
        }
        down = List.copyOf(downs);
        shrink = List.copyOf(shrinks);
        grow = List.copyOf(grows);
        up = List.copyOf(ups);
        norm = config.residual() ? UNetBlock.norm(config, config.widths().getFirst()) : null;
        out = UNetBlock.conv(config, config.widths().getFirst(), config.outputs(), 1, 1, rng);
    }

    public UNetConfig config() { return config; }

    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, null, pass); }

    /**
     * @param time of each picture, (batch), any number: a step, a noise level; null unless {@link UNetConfig#timeWidth}
     * @param context (batch, T, contextWidth), or null
     */
    public Tensor forward(Tensor x, Tensor time, Tensor context, Pass pass) { return emit(x, through(x, time, context, pass), pass); }

    private Tensor through(Tensor given, Tensor time, Tensor context, Pass pass) {
        check(given, time, context);
        var x = config.axes() == 1 ? given.unsqueeze(2) : given;
        Tensor embedded = null;
        if (time1 != null) {
            embedded = time2.forward(
                    config.activation().forward(time1.forward(embedding(time, config.timeWidth()).to(config.dtype()), pass), pass), pass);
        }
        var maps = new ArrayList<Tensor>();
        for (int i = 0; i < down.size(); i++) {
            x = down.get(i).forward(x, embedded, context, pass);
            if (i == down.size() - 1) break;
            maps.add(x);
            x = shrink.isEmpty() ? x.maxPool(new Pooling(config.over(2))) : shrink.get(i).forward(x, pass);
        }
        for (int i = 0; i < up.size(); i++) {
            var map = maps.get(maps.size() - 1 - i);
            x = grow.get(i).forward(shrink.isEmpty() ? x : twice(x), pass);
            if (config.skips()) x = Tensor.concat(1, cropped(map, x), x);
            x = up.get(i).forward(x, embedded, context, pass);
        }
        if (norm != null) x = config.activation().forward(norm.forward(x, pass), pass);
        x = out.forward(x, pass);
        return config.axes() == 1 ? x.squeeze(2) : x;
    }

    private Tensor twice(Tensor x) {
        var wide = x.repeatInterleave(3, 2);
        return config.axes() == 1 ? wide : wide.repeatInterleave(2, 2);
    }

    private void check(Tensor x, Tensor time, Tensor context) {
        if (x.rank() != config.axes() + 2 || x.size(1) != config.inputs()) throw new ShapeException("UNet: input " + x.shape()
                + "; it takes (batch, " + config.inputs() + (config.axes() == 1 ? ", length)" : ", height, width)"));
        if ((time == null) != (config.timeWidth() == 0))
            throw new IllegalArgumentException("UNet: a time is given if and only if timeWidth is above 0");
        if ((context == null) != (config.contextWidth() == 0))
            throw new IllegalArgumentException("UNet: a context is given if and only if contextWidth is above 0");
        int reduction = 1 << config.widths().size() - 1;
        for (int axis = 2; config.padded() && axis < x.rank(); axis++)
            if (x.size(axis) % reduction != 0) throw new ShapeException(
                    "UNet: side " + x.size(axis) + " is not a multiple of " + reduction + "; pad the input, and crop what comes out");
    }

    /** The middle of a map, as large as another. */
    static Tensor cropped(Tensor map, Tensor like) {
        for (int axis = 2; axis < 4; axis++) map = map.narrow(axis, (map.size(axis) - like.size(axis)) / 2, like.size(axis));
        return map;
    }

    /** Sines, then cosines, of times (batch) at frequencies {@code 10000^(-2 i / width)}: (batch, width), F64. */
    public static Tensor embedding(Tensor time, int width) {
        int half = width / 2;
        var frequencies = Tensor.arange(half).to(DType.F64).mul(-Math.log(10_000) / half).exp();
        var angles = time.to(DType.F64).reshape(-1, 1).mul(frequencies);
        return Tensor.concat(1, angles.sin(), angles.cos());
    }
}
