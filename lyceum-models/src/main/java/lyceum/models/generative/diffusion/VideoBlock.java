package lyceum.models.generative.diffusion;

import java.util.List;
import lyceum.nn.Activation;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Attention in space and time, a look at a text where there is one, and a network at each token; time and class scale, shift and gate. */
final class VideoBlock extends Module {
    private final List<SpaceTimeAttention> looking;
    private final LayerNorm norm;
    private final List<DitBlock.SelfAttention> attn;
    private final DitBlock.Cross cross;
    private final DitBlock.Hidden mlp;
    private final Linear modulation;

    VideoBlock(VideoTransformerConfig config, Rng rng) {
        var parts = config.parts();
        norm = DitHead.norm(parts);
        looking = config.looking().steps();
        attn = looking.stream().map(step -> new DitBlock.SelfAttention(parts, rng)).toList();
        cross = config.contextWidth() == 0 ? null : new DitBlock.Cross(parts, rng);
        mlp = new DitBlock.Hidden(parts, rng);
        modulation = DitHead.zeros(config.width(), 3 * (attn.size() + 1) * config.width(), parts);
    }

    @Override protected String nameOf(String field) { return field.equals("modulation") ? "adaLN_modulation.1" : field; }

    /** @param vector (n, width) time and class @param text (n, T, width), or null @param maps where the text's map goes, or null */
    Tensor forward(Tensor x, Tensor vector, Tensor text, int frames, List<Tensor> maps, Pass pass) {
        int last = attn.size();
        var m = modulation.forward(Activation.SILU.forward(vector, pass), pass).unsqueeze(1).chunk(-1, 3 * (last + 1));
        Tensor y = x;
        for (int i = 0; i < last; i++)
            y = y.add(attn.get(i).forward(modulated(y, m, i, pass), looking.get(i), frames, pass).mul(m[3 * i + 2]));
        if (cross != null) {
            var asked = norm.forward(y, pass);
            if (maps != null) maps.add(cross.map(asked, text, pass));
            y = y.add(cross.forward(asked, text, pass));
        }
        return emit(x, y.add(mlp.forward(modulated(y, m, last, pass), pass).mul(m[3 * last + 2])), pass);
    }

    private Tensor modulated(Tensor x, Tensor[] m, int i, Pass pass) {
        return norm.forward(x, pass).mul(m[3 * i + 1].add(1)).add(m[3 * i]);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException("a block of a VideoTransformer needs the time; call the transformer's predict");
    }
}
