package lyceum.models.graph;

import lyceum.DType;
import lyceum.nn.Layer;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The graph isomorphism network: {@code h_v' = nn((1 + eps) h_v + sum of h_u)}, as able to tell graphs apart as the 1-Weisfeiler-Leman test if nn is injective. With
 * features of edges as wide as the states, neighbours say {@code relu(h_u + e_uv)} (GINE). Parameters: {@code nn}, {@code eps}.
 *
 * @see <a href="https://arxiv.org/abs/1810.00826">Xu, Hu, Leskovec and Jegelka (2019)</a>
 * @see <a href="https://arxiv.org/abs/1905.12265">Hu et al. (2020), for features of edges</a>
 */
public final class GinLayer extends MessagePassing {
    private final Layer nn;
    private final Tensor eps;

    /** A network of one hidden layer of {@code outputs} units, and a trained eps that begins at 0. */
    public GinLayer(int inputs, int outputs, DType dtype, Rng rng) {
        this(new Mlp(MlpConfig.regressor(inputs, outputs, outputs).withDtype(dtype), rng), Tensor.zeros(dtype, 1).requiresGrad());
    }

    /** @param eps of one number; a parameter if it requires a gradient */
    public GinLayer(Layer nn, Tensor eps) {
        super(Aggregation.SUM);
        this.nn = nn;
        this.eps = eps;
    }

    @Override protected Tensor messages(GraphData graph, Tensor h, Pass pass) {
        return graph.features() == null ? null : h.indexSelect(0, graph.source()).add(graph.features().to(h.dtype())).relu();
    }

    @Override protected Tensor update(Tensor h, Tensor heard, Pass pass) { return nn.forward(h.mul(eps.add(1.0)).add(heard), pass); }
}
