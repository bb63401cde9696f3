package lyceum.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.autograd.Mode;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.nn.Rnn;
import lyceum.tensor.Tensor;

/**
 * Real-time recurrent learning: the exact gradient of a recurrent network, forwards. With the state it carries the matrix of the state's derivatives by all
 * parameters, {@code P_t = J_t P_(t-1) + d+h_t/dW}, and nothing grows with time. It costs states times parameters numbers and a product of them at each
 * step: for small cells, and to check {@link Bptt}.
 *
 * @see <a href="https://doi.org/10.1162/neco.1989.1.2.270">Williams and Zipser (1989)</a>
 */
public final class Rtrl {
    private Rtrl() {}

    /**
     * The gradient of the sum of all steps' losses.
     *
     * @param x one sequence, (1, T, inputs) or (T, 1, inputs) as the network's layout is
     * @param loss of the state after each step; reads no parameter of the network
     */
    public static SequencedMap<String, Tensor> gradients(Rnn network, Tensor x, RecurrentState initial, Bptt.StepLoss loss) {
        int axis = network.config().batchFirst() ? 1 : 0;
        if (x.rank() != 3 || x.size(1 - axis) != 1) throw new ShapeException("Rtrl: input " + x.shape() + "; it is one sequence");
        var parameters = network.parameters();
        var weights = flat(parameters.values().stream().map(Tensor::detach).toArray(Tensor[]::new));
        var state = initial.detach();
        var influence = Tensor.zeros(weights.dtype(), state.size(), weights.count());
        var gradient = weights.zerosLike();
        for (int t = 0; t < x.size(axis); t++) {
            var input = x.select(axis, t);
            var before = state;
            var start = flat(state.tensors().values().toArray(Tensor[]::new));
            var byState = Autograd.jacobian(s -> flat(network.step(input, shaped(s, before), Pass.inference()).state()), start,
                    Mode.FORWARD);
            var byWeights = Autograd.jacobian(
                    w -> flat(Module.with(network, named(w, parameters)).step(input, before, Pass.inference()).state()), weights,
                    Mode.FORWARD);
            influence = byState.matmul(influence).add(byWeights).detach().compute();
            state = network.step(input, before, Pass.inference()).state().detach();
            int now = t;
            var after = state;
            if (loss.at(t, state) == null) continue;
            var byLoss = Autograd.grad(s -> loss.at(now, shaped(s, after))).apply(flat(after));
            gradient = gradient.add(byLoss.unsqueeze(0).matmul(influence).flatten()).detach().compute();
        }
        return new LinkedHashMap<>(named(gradient, parameters));
    }

    private static Tensor flat(RecurrentState state) { return flat(state.tensors().values().toArray(Tensor[]::new)); }

    private static Tensor flat(Tensor[] parts) {
        var flat = new Tensor[parts.length];
        for (int i = 0; i < parts.length; i++) flat[i] = parts[i].flatten();
        return Tensor.concat(0, flat);
    }

    private static RecurrentState shaped(Tensor flat, RecurrentState like) {
        return RecurrentState.of(new LinkedHashMap<>(named(flat, like.tensors())));
    }

    private static Map<String, Tensor> named(Tensor flat, Map<String, Tensor> like) {
        var named = new LinkedHashMap<String, Tensor>();
        long at = 0;
        for (var entry : like.entrySet()) {
            named.put(entry.getKey(), flat.narrow(0, at, entry.getValue().count()).reshape(entry.getValue().shape().toArray()));
            at += entry.getValue().count();
        }
        return named;
    }
}
