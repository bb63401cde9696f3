package lyceum.models.graph;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A spectral filter as a polynomial of the graph's Laplacian: {@code H' = sum over k of T_k(L~) H W_k' + b} with {@code L~ = 2 L / lambdaMax - I},
 * {@code L = I - D^-1/2 A D^-1/2} and Chebyshev's {@code T_k(x) = 2 x T_k-1(x) - T_k-2(x)}, of degree K. No eigenvector is computed, and nothing from beyond
 * K hops enters. GCN is degree 1 with {@code W_0 = -W_1} and {@code lambdaMax = 2}. Parameters: {@code lins.0.weight}, ..., {@code bias}.
 *
 * @see <a href="https://arxiv.org/abs/1606.09375">Defferrard, Bresson and Vandergheynst (2016)</a>
 */
public final class ChebyshevLayer extends GraphLayer {
    private final List<Linear> lins;
    private final Tensor bias;
    private final double lambdaMax;

    /** @param degree K, at least 0 @param lambdaMax the largest eigenvalue of L, or 2, its bound */
    public ChebyshevLayer(int inputs, int outputs, int degree, double lambdaMax, boolean withBias, DType dtype, Rng rng) {
        if (degree < 0 || !(lambdaMax > 0)) throw new IllegalArgumentException(
                "ChebyshevLayer: degree " + degree + ", lambdaMax " + lambdaMax + "; degrees are at least 0, eigenvalues above 0");
        this.lambdaMax = lambdaMax;
        lins = IntStream.rangeClosed(0, degree).mapToObj(k -> new Linear(inputs, outputs, false, dtype, Init.glorotUniform(), rng))
                .toList();
        bias = withBias ? Tensor.zeros(dtype, outputs).requiresGrad() : null;
    }

    @Override protected Tensor compute(GraphData graph, Tensor h, Pass pass) {
        var g = graph.normalised(false);
        Tensor before = null, t = h, sum = lins.getFirst().forward(h, pass);
        for (int k = 1; k < lins.size(); k++) {
            var next = scaled(g, t);
            if (before != null) next = next.mul(2.0).sub(before);
            before = t;
            t = next;
            sum = sum.add(lins.get(k).forward(t, pass));
        }
        return bias == null ? sum : sum.add(bias);
    }

    /** {@code L~ x}. */
    private Tensor scaled(GraphData g, Tensor x) { return x.sub(g.gather(Aggregation.SUM, x)).mul(2 / lambdaMax).sub(x); }
}
