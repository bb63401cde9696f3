package lyceum.models.fields;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.FourierFeatures;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A signal as a function of coordinates in [-1, 1]^d that a small network holds: pictures, sounds, distances to a surface. It has a value at every place, and
 * derivatives.
 *
 * {@snippet :
 * var field = NeuralField.create(new NeuralFieldConfig(2, 1), Rng.of(1));
 * Tensor places = NeuralField.grid(48, 48);
 * BatchLoss loss = (rows, pass) -> Loss.mse(field.forward(places, pass), pixels);
 * new Trainer(new Adam(1e-3), 500).start(field, 1, loss, null, Rng.of(2)).finish(Progress.SILENT);
 * Tensor twice = field.forward(NeuralField.grid(96, 96)).reshape(96, 96);
 * Tensor slopes = field.gradient(places);                       // (places, 2), exact
 * }
 *
 * <p>Parameters: {@code layers.0.weight}, ..., with a grid {@code grid.levels.0.table}, ...
 *
 * @see <a href="https://arxiv.org/abs/2006.09661">Sitzmann et al. (2020)</a>
 */
public final class NeuralField extends Module {
    private final NeuralFieldConfig config;
    private final FourierFeatures waves;
    private final HashGrid grid;
    private final List<Linear> layers;

    private NeuralField(NeuralFieldConfig c, Rng rng) {
        config = c;
        waves = c.encoding() instanceof FieldEncoding.Fourier f ? new FourierFeatures(c.inputs(), f.waves(), f.deviation(), c.dtype(), rng)
                : null;
        grid = c.encoding() instanceof FieldEncoding.Grid g ? new HashGrid(c.inputs(), g, c.dtype(), rng) : null;
        int width = switch (c.encoding()) {
            case FieldEncoding.Fourier f -> 2 * f.waves();
            case FieldEncoding.Grid g -> g.levels() * g.features();
            default -> c.inputs();
        };
        var all = new ArrayList<Linear>();
        for (int l = 0; l <= c.layers(); l++) {
            all.add(new Linear(width, l == c.layers() ? c.outputs() : c.hidden(), true, c.dtype(), init(c, l, width), rng));
            width = c.hidden();
        }
        layers = List.copyOf(all);
    }

    private static Init init(NeuralFieldConfig c, int layer, int inputs) {
        if (!(c.encoding() instanceof FieldEncoding.Sine s)) return Init.heUniform();
        double bound = layer == 0 ? 1.0 / inputs : Math.sqrt(6.0 / inputs) / s.hidden();
        return Init.uniform(-bound, bound);
    }

    public static NeuralField create(NeuralFieldConfig config, Rng rng) { return new NeuralField(config, rng); }

    public NeuralFieldConfig config() { return config; }

    /** The centres of a picture's pixels, row by row from the top, (height width, 2): x from left to right and y from top to bottom in [-1, 1]. F32. */
    public static Tensor grid(int height, int width) {
        var at = new float[2 * height * width];
        for (int i = 0; i < height; i++) for (int j = 0; j < width; j++) {
            at[2 * (i * width + j)] = (2 * j + 1f) / width - 1;
            at[2 * (i * width + j) + 1] = (2 * i + 1f) / height - 1;
        }
        return Tensor.of(at, (long) height * width, 2);
    }

    /** Peak signal-to-noise ratio in decibels of values whose range is 1: {@code -10 log10 of the mean squared error}. */
    public static double psnr(Tensor found, Tensor target) {
        return -10 * Math.log10(found.detach().to(DType.F64).sub(target.detach().to(DType.F64)).square().mean().item());
    }

    /** Values at places, (n, outputs). */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var enters = enters(x, pass);
        return enters.getLast();
    }

    /** What enters each activation, and the output: for a look at how signals travel. Predicting. */
    public List<Tensor> preActivations(Tensor x) { return Autograd.noGrad(() -> enters(x, Pass.inference())); }

    private List<Tensor> enters(Tensor x, Pass pass) {
        if (x.rank() != 2 || x.size(1) != config.inputs())
            throw new ShapeException("NeuralField: places " + x.shape() + "; they are (n, " + config.inputs() + ")");
        var h = waves != null ? waves.forward(x, pass) : grid != null ? grid.forward(x, pass) : x;
        var all = new ArrayList<Tensor>();
        for (int l = 0; l < layers.size(); l++) {
            var z = layers.get(l).forward(h, pass);
            boolean last = l == layers.size() - 1;
            if (!last && config.encoding() instanceof FieldEncoding.Sine s) {
                z = z.mul(l == 0 ? s.first() : s.hidden());
                h = z.sin();
            } else h = z.relu();
            all.add(z);
        }
        return all;
    }

    /**
     * The derivatives of a field of one number at places, (n, inputs): recorded, so that a loss may ask for them.
     *
     * @throws IllegalStateException if the field has more outputs than one
     */
    public Tensor gradient(Tensor x) {
        if (config.outputs() != 1)
            throw new IllegalStateException("NeuralField.gradient: " + config.outputs() + " outputs; a field of one number is meant");
        var at = x.detach().requiresGrad();
        return Autograd.gradients(forward(at).sum(), new Tensor[] {at}, true)[0];
    }

    /** How far the gradients at places are from given ones, (n, inputs), squared: a picture from its slopes, up to a constant (Poisson's equation). */
    public Tensor poissonLoss(Tensor x, Tensor slopes) { return gradient(x).sub(slopes).square().sum(1).mean(); }

    /**
     * A signed distance from points of a surface, (n, inputs), and their outward normals, and from places anywhere, where {@code |grad f| = 1} is asked for:
     * {@code mean f^2 + mean |grad f - normal|^2 + weight mean (|grad f| - 1)^2}, the first two on the surface.
     *
     * @see <a href="https://arxiv.org/abs/2002.10099">Gropp et al. (2020)</a>
     */
    public Tensor distanceLoss(Tensor surface, Tensor normals, Tensor anywhere, double weight) {
        var on = forward(surface).square().mean();
        var length = gradient(anywhere).square().sum(1).add(1e-12).sqrt();
        return on.add(poissonLoss(surface, normals)).add(length.sub(1.0).square().mean().mul(weight));
    }
}
