package lyceum.models.generative.diffusion;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Activation;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.SinusoidalPositions;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A small network for points (n, d) instead of pictures: residual layers with SiLU, to which the time comes as waves and the class as a vector.
 *
 * {@snippet :
 * var network = new PointDenoiser(new PointDenoiserConfig(2).withClasses(8), Rng.of(1));
 * }
 */
public final class PointDenoiser extends Module implements Denoiser {
    private final PointDenoiserConfig config;
    private final Linear input, time, output;
    private final Embedding classes;
    private final List<Linear> layers;

    public PointDenoiser(PointDenoiserConfig config, Rng rng) {
        this.config = config;
        int width = config.width();
        input = linear(config.dimensions(), width, rng);
        time = linear(width, width, rng);
        classes = config.classes() == 0 ? null
                : new Embedding(new EmbeddingConfig(config.classes() + 1L, width).withDtype(config.dtype()), rng);
        var hidden = new ArrayList<Linear>();
        for (int i = 0; i < config.depth(); i++) hidden.add(linear(width, width, rng));
        layers = List.copyOf(hidden);
        output = linear(width, config.dimensions() * config.outputs(), rng);
    }

    private Linear linear(int from, int to, Rng rng) { return new Linear(from, to, true, config.dtype(), Init.torchLinear(from), rng); }

    public PointDenoiserConfig config() { return config; }

    @Override public Tensor predict(Tensor x, Tensor t, Tensor condition, Pass pass) {
        if (x.rank() != 2 || x.size(1) != config.dimensions())
            throw new ShapeException("PointDenoiser: data " + x.shape() + "; they are (n, " + config.dimensions() + ")");
        var waves = new SinusoidalPositions(config.width()).of(t.mul(config.timeScale()), config.dtype());
        var h = input.forward(x, pass).add(time.forward(waves, pass));
        if (classes != null) {
            var kinds = condition == null ? Tensor.full(DType.I64, (long) config.classes(), x.size(0)) : condition;
            h = h.add(classes.forward(kinds, pass));
        } else if (condition != null)
            throw new IllegalArgumentException("PointDenoiser: a condition " + condition.shape() + " for a network without classes");
        return emit(x, compute(h, pass), pass);
    }

    /** From the sum of its inputs' features (n, width) on. */
    @Override protected Tensor compute(Tensor h, Pass pass) {
        for (var layer : layers) h = h.add(layer.forward(Activation.SILU.forward(h, pass), pass));
        return output.forward(Activation.SILU.forward(h, pass), pass);
    }
}
