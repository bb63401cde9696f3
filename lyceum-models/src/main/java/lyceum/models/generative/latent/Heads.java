package lyceum.models.generative.latent;

import java.util.List;
import lyceum.DType;
import lyceum.nn.GroupNorm;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Attention as diffusers names it; over the positions of a map, with a norm before it and a way around, where there is one. */
final class Heads extends Module implements Looking {
    private final int heads;
    private final GroupNorm group_norm;
    private final Linear to_q, to_k, to_v;
    private final List<Linear> to_out;

    /** Among tokens, or at a context of that width, without biases. */
    Heads(int width, int context, int heads, DType dtype, Rng rng) { this(width, context, heads, null, dtype, rng); }

    /** Over a map, in one head, with biases. */
    static Heads overMap(int width, int groups, double epsilon, DType dtype, Rng rng) {
        return new Heads(width, width, 1, new GroupNorm(groups, width, epsilon, dtype), dtype, rng);
    }

    private Heads(int width, int context, int heads, GroupNorm norm, DType dtype, Rng rng) {
        this.heads = heads;
        group_norm = norm;
        to_q = linear(width, width, norm != null, dtype, rng);
        to_k = linear(context, width, norm != null, dtype, rng);
        to_v = linear(context, width, norm != null, dtype, rng);
        to_out = List.of(linear(width, width, true, dtype, rng));
    }

    static Linear linear(int inputs, int outputs, boolean bias, DType dtype, Rng rng) {
        return new Linear(inputs, outputs, bias, dtype, Init.torchLinear(inputs), rng);
    }

    /** Tokens (n, T, width) at (n, S, context). */
    Tensor at(Tensor x, Tensor context, Pass pass) {
        var seen = new Attention().of(split(to_q.forward(x, pass)), split(to_k.forward(context, pass)), split(to_v.forward(context, pass)));
        return to_out.getFirst().forward(seen.transpose(1, 2).reshape(x.size(0), x.size(1), x.size(2)), pass);
    }

    private Tensor split(Tensor x) { return x.reshape(x.size(0), x.size(1), heads, -1).transpose(1, 2); }

    @Override public Tensor look(Tensor x, Tensor context, Pass pass) {
        var tokens = SpatialTransformer.tokens(group_norm.forward(x, pass));
        return x.add(SpatialTransformer.map(at(tokens, tokens, pass), x));
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return at(x, x, pass); }
}
