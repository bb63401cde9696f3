package lyceum.train;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.autograd.Autograd;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Running statistics of batch normalisation, collected anew: what averaged, interpolated or otherwise moved weights need before they predict.
 *
 * {@snippet :
 * var middle = Module.copy(space.at(model, point));
 * NormStatistics.refresh(middle, List.of(x));
 * }
 *
 * @see <a href="https://arxiv.org/abs/1803.05407">Izmailov et al. (2018), section 3.2</a>
 */
public final class NormStatistics {
    private NormStatistics() {}

    /**
     * Sets {@code running_mean} and {@code running_var} of every part of the model to their averages over the batches, each batch alike. The model is
     * run in training mode; dropout draws from a stream of its own.
     */
    public static void refresh(Module model, Iterable<Tensor> batches) {
        var running = new LinkedHashMap<String, Tensor>();
        model.state().forEach(
                (name, tensor) -> { if (name.endsWith("running_mean") || name.endsWith("running_var")) running.put(name, tensor); });
        if (running.isEmpty()) return;
        // A layer moves its statistic r to (1 - m) r + m s: from 0 it comes to m s, and from 1 to 1 - m more.
        Map<String, Tensor> sums = new LinkedHashMap<>(), momenta = new LinkedHashMap<>();
        Autograd.noGrad(() -> {
            long seen = 0;
            for (var batch : batches) {
                if (seen == 0) {
                    running.values().forEach(r -> r.fill_(1.0));
                    model.forward(batch, Pass.training(Rng.of(0)));
                    running.forEach((name, r) -> momenta.put(name, r.copy().compute()));
                }
                running.values().forEach(Tensor::zero_);
                model.forward(batch, Pass.training(Rng.of(seen)));
                for (var entry : running.entrySet()) {
                    var name = entry.getKey();
                    var r = entry.getValue();
                    if (seen == 0) momenta.compute(name, (n, fromOne) -> fromOne.sub(r).rsub(1).compute());
                    sums.merge(name, r.copy().compute(), (a, b) -> a.add(b).compute());
                }
                seen++;
            }
            if (seen == 0) throw new IllegalArgumentException("NormStatistics.refresh: there is no batch");
            long batchesSeen = seen;
            running.forEach((name, r) -> r.copy_(sums.get(name).div(batchesSeen).div(momenta.get(name))));
        });
    }
}
