package lyceum.train.search;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Lu;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Scores of a network with its first weights, from one batch or none: higher is thought to be better. Compare them with the number of parameters, which
 * many of them follow.
 *
 * @see <a href="https://arxiv.org/abs/2101.08134">Abdelfattah, Mehrotra, Dudziak and Lane (2021), Zero-Cost Proxies for Lightweight NAS</a>
 */
public enum ZeroCostProxy {
    /** The sum of all saliencies of {@link #synflow}: no data is used (Tanaka, Kunin, Yamins and Ganguli 2020). */
    SYNFLOW,
    /** The sum over parameter tensors of the norm of the batch's gradient. */
    GRAD_NORM,
    /** The sum of {@code |w dL/dw|} (Lee, Ajanthan and Torr 2019). */
    SNIP,
    /**
     * {@code log |det K|} where {@code K_ij} counts the units that are on for both of rows i and j, or off for both (Mellor, Turner, Storkey and Crowley 2021). A network
     * that tells two rows apart by no unit, or has no activation, scores minus infinity.
     */
    NASWOT;

    /**
     * The score. The network is not changed.
     *
     * @param x a batch; of {@link #SYNFLOW} only its shape counts
     * @param y its targets, for the two that need a loss
     */
    public double score(Module network, Tensor x, Tensor y, Loss loss) {
        return switch (this) {
            case SYNFLOW -> {
                long[] row = x.shape().toArray();
                row[0] = 1;
                yield synflow(network, row).saliencies.values().stream().mapToDouble(Double::doubleValue).sum();
            }
            case GRAD_NORM -> gradients(network, x, y, loss, false);
            case SNIP -> gradients(network, x, y, loss, true);
            case NASWOT -> overlap(network, x);
        };
    }

    /**
     * @param objective the sum of the outputs
     * @param saliencies the sum of {@code w dR/dw} of each parameter tensor, by name
     */
    public record SynFlow(double objective, SequencedMap<String, Double> saliencies) {}

    /**
     * Synaptic flow: the objective R is the sum of the outputs for an input of ones when each parameter is replaced by its absolute value, in F64. In a ReLU network without
     * biases and norms R is homogeneous of degree 1 in each layer's weights, so each layer's saliencies sum to R.
     *
     * @param input the shape of an input, batch axis first
     */
    public static SynFlow synflow(Module network, long... input) {
        var wide = Module.to(network, DType.F64);
        var values = new LinkedHashMap<String, Tensor>();
        wide.parameters().forEach((name, w) -> values.put(name, w.detach().abs().compute().requiresGrad()));
        var flow = Module.with(wide, values).forward(Tensor.ones(DType.F64, input)).sum();
        var inputs = values.values().toArray(Tensor[]::new);
        var gradients = Autograd.gradients(flow, inputs, false);
        var sums = new LinkedHashMap<String, Double>();
        int i = 0;
        for (var name : values.keySet()) {
            sums.put(name, inputs[i].detach().mul(gradients[i]).sum().item());
            i++;
        }
        return new SynFlow(flow.item(), sums);
    }

    private static double gradients(Module network, Tensor x, Tensor y, Loss loss, boolean timesWeight) {
        var own = Module.copy(network); // batch norms write into what learns
        var inputs = own.parameters().values().toArray(Tensor[]::new);
        var gradients = Autograd.gradients(loss.of(own.forward(x, Pass.training(Rng.of(0))), y), inputs, false);
        double sum = 0;
        for (int i = 0; i < inputs.length; i++)
            sum += timesWeight ? inputs[i].detach().mul(gradients[i]).abs().sum().item() : gradients[i].norm().item();
        return sum;
    }

    private static double overlap(Module network, Tensor x) {
        int rows = (int) x.size(0);
        return Autograd.noGrad(() -> {
            var kernels = new ArrayList<Tensor>();
            network.forward(x, Pass.watched((activation, before, after) -> {
                Tensor on = before.reshape(rows, -1).gt(0).to(DType.F64), off = on.neg().add(1);
                kernels.add(on.matmul(on.transpose()).add(off.matmul(off.transpose())).compute());
            }));
            if (kernels.isEmpty()) return Double.NEGATIVE_INFINITY;
            var k = kernels.stream().reduce(Tensor::add).orElseThrow();
            return Lu.of(k).logAbsDet();
        });
    }
}
