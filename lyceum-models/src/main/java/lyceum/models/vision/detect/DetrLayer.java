package lyceum.models.vision.detect;

import lyceum.nn.AttentionConfig;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A post-norm layer in which places are added to queries and keys of every attention, never to values.
 *
 * @see <a href="https://arxiv.org/abs/2005.12872">Carion et al. (2020), appendix A.3</a>
 */
public final class DetrLayer extends Module {
    private final MultiHeadAttention self_attn, multihead_attn;
    private final Linear linear1, linear2;
    private final LayerNorm norm1, norm2, norm3;

    /** @param cross whether it looks at a memory */
    public DetrLayer(DetrConfig config, boolean cross, Rng rng) {
        var attention = new AttentionConfig(config.width(), config.heads());
        self_attn = new MultiHeadAttention(attention, rng);
        multihead_attn = cross ? new MultiHeadAttention(attention, rng) : null;
        linear1 = new Linear(config.width(), config.hidden(), rng);
        linear2 = new Linear(config.hidden(), config.width(), rng);
        norm1 = new LayerNorm(config.width());
        norm2 = new LayerNorm(config.width());
        norm3 = cross ? new LayerNorm(config.width()) : null;
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return forward(x, x.zerosLike(), null, null, pass); }

    /** @param x (n, T, width) at places alike; memory (n, S, width) at its own, or null */
    public Tensor forward(Tensor x, Tensor places, Tensor memory, Tensor memoryPlaces, Pass pass) {
        var at = x.add(places);
        x = norm1.forward(x.add(self_attn.forward(at, at, x, self_attn.config().attention(), pass)), pass);
        if (multihead_attn != null) {
            var seen = multihead_attn.forward(x.add(places), memory.add(memoryPlaces), memory, multihead_attn.config().attention(), pass);
            x = norm2.forward(x.add(seen), pass);
        }
        var y = x.add(linear2.forward(linear1.forward(x, pass).relu(), pass));
        return (norm3 == null ? norm2 : norm3).forward(y, pass);
    }
}
