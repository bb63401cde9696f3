package lyceum.train.peft;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lyceum.nn.Activation;
import lyceum.nn.Adapter;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RMSNorm;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Residual bottlenecks after sublayers: what a sublayer gives, h, becomes {@code h + s up(activation(down(h)))}; parallel ones read what went into
 * the sublayer instead. Down and up have biases, so that one adds {@code 2 d m + d + m} numbers at a width d. With {@code start} 0 the way up begins
 * at zero and the model unchanged.
 *
 * {@snippet :
 * Peft.of(encoder, new BottleneckAdapter(16), "sentiment", rng);                                   // after attention and feed-forward (Houlsby)
 * Peft.of(encoder, new BottleneckAdapter(32).withTargets(List.of("mlp")), "topic", rng);           // one a block (Pfeiffer)
 * Peft.of(encoder, new BottleneckAdapter(16).withParallel(true).withScale(4), "genre", rng);       // beside the sublayers (He)
 * }
 *
 * @param width m of the bottleneck
 * @param activation between down and up
 * @param start standard deviation of the first weights of up, 0 for the identity
 * @param scale s
 * @param parallel reads the sublayer's input
 * @param norms whether the model's layer norms are trained as well
 * @param targets sublayers by name, or its end: modules that end in a {@link Linear} layer
 * @see <a href="https://arxiv.org/abs/1902.00751">Houlsby et al. (2019)</a>
 * @see <a href="https://arxiv.org/abs/2110.04366">He et al. (2022): parallel adapters</a>
 */
@Withers
public record BottleneckAdapter(int width, Activation activation, double start, double scale, boolean parallel, boolean norms,
        List<String> targets) implements PeftMethod, BottleneckAdapterWithers {
    public BottleneckAdapter {
        if (width < 1) throw new IllegalArgumentException("BottleneckAdapter: width is " + width + "; it is at least 1");
        Objects.requireNonNull(activation, "activation");
        if (!(start >= 0 && Double.isFinite(start)))
            throw new IllegalArgumentException("BottleneckAdapter: start is " + start + "; it is at least 0");
        if (!Double.isFinite(scale)) throw new IllegalArgumentException("BottleneckAdapter: scale is " + scale + "; it is finite");
        targets = List.copyOf(targets);
    }

    /** After the {@code attention} and the {@code mlp} of every block, GELU, from the identity; norms stay. */
    public BottleneckAdapter(int width) { this(width, Activation.GELU, 0, 1, false, false, List.of("attention", "mlp")); }

    @Override public List<Peft.Piece> pieces(Module model, String name, Rng rng) {
        var pieces = new ArrayList<Peft.Piece>();
        for (var place : PeftMethod.places("BottleneckAdapter", model, targets, m -> last(m) != null))
            pieces.add(new Peft.Piece(place.name(), place.module(),
                    new Bottleneck(this, name, last(place.module()), rng.split(pieces.size()))));
        return pieces;
    }

    private static Linear last(Module module) {
        Linear last = null;
        for (var part : module.modules().values()) if (part instanceof Linear linear) last = linear;
        return last;
    }

    @Override public List<String> tuned(Module model) {
        var names = new ArrayList<String>();
        if (norms) model.modules().forEach((name, module) -> {
            if (module instanceof LayerNorm || module instanceof RMSNorm) module.state().keySet().forEach(p -> names.add(name + "." + p));
        });
        return names;
    }

    private static final class Bottleneck extends Module implements Adapter {
        private final Activation activation;
        private final double scale;
        private final boolean parallel;
        private final Map<String, Module> adapter_down, adapter_up;

        Bottleneck(BottleneckAdapter c, String name, Linear last, Rng rng) {
            activation = c.activation;
            scale = c.scale;
            parallel = c.parallel;
            long d = last.weight().size(0);
            var dtype = last.weight().dtype();
            adapter_down = Map.of(name, new Linear(d, c.width, true, dtype, Init.torchLinear(d), rng));
            adapter_up = Map.of(name, new Linear(Init.normal(c.start).sample(rng, dtype, d, c.width), Tensor.zeros(dtype, d)));
        }

        @Override protected Tensor compute(Tensor h, Pass pass) {
            var y = only(adapter_up).forward(activation.forward(only(adapter_down).forward(h, pass), pass), pass);
            return scale == 1 ? y : y.mul(scale);
        }

        private static Module only(Map<String, Module> held) { return held.values().iterator().next(); }

        @Override public Tensor adapt(Tensor x, Tensor y, Pass pass) { return y.add(forward(parallel ? x : y, pass)); }
    }
}
