package lyceum.models.generative.diffusion;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.models.generative.Generator;
import lyceum.models.generative.flow.Made;
import lyceum.models.generative.flow.MadeConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Likelihood;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * Rows of numbers one after the other, each from a mixture of normal laws whose parameters a {@link Made} says of those before it: MADE MoG. An exact density in one
 * pass, a sample in d.
 *
 * @see <a href="https://arxiv.org/abs/1502.03509">Germain, Gregor, Murray and Larochelle (2015)</a>
 */
public final class AutoregressiveMixture extends Module implements Generator {
    private final int features, components;
    private final DType dtype;
    private final Made network;
    private final Likelihood likelihood;

    /** @param hidden widths of the network's hidden layers */
    public AutoregressiveMixture(int features, int components, DType dtype, Rng rng, int... hidden) {
        likelihood = Likelihood.mixture(components, 2, Likelihood.gaussian());
        this.features = features;
        this.components = components;
        this.dtype = dtype;
        network = new Made(new MadeConfig(features, 3 * components, hidden).withDtype(dtype), rng);
    }

    /** (n, d, 3 K): logits of the components, then mean and log variance of each. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        return network.forward(x.to(dtype), pass).reshape(x.size(0), 3L * components, features).transpose(1, 2);
    }

    /** The log density (n) of rows (n, d), in nats, recorded. */
    public Tensor logDensity(Tensor x, Pass pass) { return likelihood.logDensity(forward(x, pass), x.to(dtype)).sum(1); }

    /** The same, not recorded. */
    public Tensor logDensity(Tensor x) { return Autograd.noGrad(() -> logDensity(x, Pass.inference()).compute()); }

    public BatchLoss over(Tensor x) { return (rows, pass) -> logDensity(x.rows(rows), pass).mean().neg(); }

    @Override public Tensor sample(int n, Rng rng) {
        if (n < 1) throw new IllegalArgumentException("AutoregressiveMixture.sample: " + n + " rows; at least 1");
        var columns = IntStream.range(0, features).mapToObj(i -> Tensor.zeros(dtype, n, 1)).toArray(Tensor[]::new);
        for (int i = 0; i < features; i++) {
            int at = i;
            var x = Tensor.concat(1, columns);
            double[][] said = Autograd.noGrad(() -> forward(x, Pass.inference()).select(1, at).to(DType.F64).compute()).toRows();
            var drawn = new double[n];
            for (int b = 0; b < n; b++) {
                int k = TokenNetwork.draw(said[b], 0, components, rng);
                drawn[b] = said[b][components + 2 * k] + Math.exp(said[b][components + 2 * k + 1] / 2) * rng.nextGaussian();
            }
            columns[i] = Tensor.of(drawn, n, 1).to(dtype);
        }
        return Tensor.concat(1, columns).compute();
    }
}
