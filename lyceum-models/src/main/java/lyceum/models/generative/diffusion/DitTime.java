package lyceum.models.generative.diffusion;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The time as 256 waves, through two layers. */
final class DitTime extends Module {
    private static final int WAVES = 128;
    private final List<Module> mlp;

    DitTime(DiffusionTransformerConfig config, Rng rng) {
        var layers = new ArrayList<Module>();
        layers.add(new Linear(2 * WAVES, config.width(), true, config.dtype(), Init.normal(0.02), rng));
        layers.add(new Silu());
        layers.add(new Linear(config.width(), config.width(), true, config.dtype(), Init.normal(0.02), rng));
        mlp = List.copyOf(layers);
        for (var layer : mlp) if (layer instanceof Linear linear) DitHead.zero(linear.bias());
    }

    /** A place in the list, so that the second layer is number 2. */
    private static final class Silu extends Module {
        @Override protected Tensor compute(Tensor x, Pass pass) { return Activation.SILU.forward(x, pass); }
    }

    @Override protected Tensor compute(Tensor t, Pass pass) {
        var rates = new double[WAVES];
        for (int k = 0; k < WAVES; k++) rates[k] = Math.pow(10_000, -(double) k / WAVES);
        var angles = t.to(DType.F64).unsqueeze(-1).mul(Tensor.of(rates));
        Tensor x = Tensor.concat(-1, angles.cos(), angles.sin()).to(t.dtype());
        for (var layer : mlp) x = layer.forward(x, pass);
        return x;
    }
}
