package lyceum.text.lm;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * One vector of several layers' vectors, as a task wants it: {@code gamma sum_j s_j h_j}, with {@code s = softmax(weights)}. It begins with equal shares and
 * gamma 1. A penalty on the weights ({@code Regularizer.l2(1e-3).on("*weights")}) keeps shares near the average.
 *
 * <p>Parameters: {@code weights} (layers) and {@code gamma}, a scalar.
 *
 * @see <a href="https://arxiv.org/abs/1802.05365">Peters and others (2018), equation 1</a>
 */
public final class ElmoMix extends Module {
    private final Tensor weights, gamma;

    public ElmoMix(int layers) {
        if (layers < 1) throw new IllegalArgumentException("ElmoMix: " + layers + " layers; at least 1 is needed");
        weights = Tensor.zeros(DType.F32, layers).compute().requiresGrad();
        gamma = Tensor.full(DType.F32, 1).compute().requiresGrad();
    }

    /** s: the share of each layer. */
    public double[] shares() { return weights.detach().softmax(0).toDoubleArray(); }

    public double gamma() { return gamma.item(); }

    /** (layers, ..) to (..). */
    @Override protected Tensor compute(Tensor layers, Pass pass) {
        if (layers.rank() < 2 || layers.size(0) != weights.size(0))
            throw new ShapeException("ElmoMix: layers " + layers.shape() + "; their first axis is " + weights.size(0));
        var ones = new long[layers.rank()];
        Arrays.fill(ones, 1);
        ones[0] = weights.size(0);
        return layers.mul(weights.softmax(0).reshape(ones)).sum(0).mul(gamma);
    }
}
