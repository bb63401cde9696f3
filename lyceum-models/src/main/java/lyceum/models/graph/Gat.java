package lyceum.models.graph;

import java.util.stream.IntStream;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.random.Rng;

/**
 * A graph attention network: {@link GatLayer}s whose weights come from features, not degrees, so that it carries over to graphs it has not seen.
 *
 * {@snippet :
 * var gat = Gat.create(new GatConfig(features, classes).withHeads(4), Rng.of(1));
 * Tensor logits = gat.forward(graph, x);
 * var looks = gat.layer(0).attention(graph, x);            // the share of each edge, head by head
 * }
 *
 * @see <a href="https://arxiv.org/abs/1710.10903">Veličković et al. (2018)</a>
 * @see <a href="https://arxiv.org/abs/2105.14491">Brody, Alon and Yahav (2022)</a>
 */
public final class Gat extends GraphStack {
    private final GatConfig config;

    private Gat(GatConfig config, Rng rng) {
        super(IntStream.range(0, config.layers()).mapToObj(i -> layer(config, i, rng)).toList(), config.activation(), config.dropout(),
                config.residual(), config.task() == GraphTask.GRAPH ? config.readout() : null, config.task() != GraphTask.GRAPH ? null
                        : new Linear(config.width() * config.heads(), config.outputs(), true, config.dtype(), Init.glorotUniform(), rng));
        this.config = config;
    }

    private static GatLayer layer(GatConfig c, int i, Rng rng) {
        int inputs = i == 0 ? c.inputs() : c.width() * c.heads();
        boolean last = c.isLast(i);
        return new GatLayer(inputs, last ? c.outputs() : c.width(), last ? c.outputHeads() : c.heads(), !last, c.features(), c.scoring(),
                c.loops(), c.attentionDropout(), c.dtype(), rng);
    }

    public static Gat create(GatConfig config, Rng rng) { return new Gat(config, rng); }

    public GatConfig config() { return config; }

    public GatLayer layer(int i) { return (GatLayer) layers().get(i); }
}
