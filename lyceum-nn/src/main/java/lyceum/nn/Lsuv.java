package lyceum.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Layer-sequential unit variance: linear and convolution layers begin orthogonal and without bias, then each in turn is divided by the deviation of its
 * output on a batch of real data. Works where no formula is known: odd activations, branches, gates.
 *
 * {@snippet :
 * Map<String, Double> variances = new Lsuv().fit(network, batch, rng);
 * }
 *
 * @param tolerance how far from 1 a variance may be left
 * @param passes how often the whole network may be gone through; one is enough unless layers are used twice
 * @see <a href="https://arxiv.org/abs/1511.06422">Mishkin and Matas (2016)</a>
 */
@Withers
public record Lsuv(double tolerance, int passes) implements LsuvWithers {
    public Lsuv {
        if (!(tolerance > 0)) throw new IllegalArgumentException("Lsuv: tolerance is " + tolerance + "; it is above 0");
        if (passes < 1) throw new IllegalArgumentException("Lsuv: " + passes + " passes; at least one is needed");
    }

    /** Within 0.02, ten passes. */
    public Lsuv() { this(0.02, 10); }

    /**
     * Sets the weights, and gives the variances of the layers' outputs by name, in the order in which they are run.
     *
     * @throws ConvergenceException if some variance stays outside the tolerance, is zero or not finite: it names the layer
     */
    public Map<String, Double> fit(Module network, Tensor x, Rng rng) {
        Init.orthogonal(1).fill(network, rng);
        return Autograd.noGrad(() -> {
            for (int pass = 0;; pass++) {
                var variances = pass(network, x, pass < passes);
                var worst = variances.entrySet().stream().max(Map.Entry.comparingByValue((a, b) -> Double.compare(off(a), off(b))))
                        .orElseThrow(() -> new IllegalArgumentException("Lsuv: the network has no linear or convolution layer"));
                if (off(worst.getValue()) <= tolerance) return variances;
                if (pass == passes || !(worst.getValue() > 0 && worst.getValue() < Double.POSITIVE_INFINITY))
                    throw new ConvergenceException(
                            "Lsuv: the output of " + worst.getKey() + " has variance " + worst.getValue() + " after " + pass + " passes");
            }
        });
    }

    private static double off(double variance) { return Double.isNaN(variance) ? Double.POSITIVE_INFINITY : Math.abs(variance - 1); }

    /** The variances found, each layer of which was scaled before the next was run. A layer is linear in its weight, so its output is scaled alike. */
    private Map<String, Double> pass(Module network, Tensor x, boolean scale) {
        var found = new LinkedHashMap<String, Double>();
        var hooks = Hooks.of(network);
        network.modules().forEach((name, module) -> {
            var weight = module instanceof Linear l ? l.weight() : module instanceof ConvLayer c ? c.weight() : null;
            if (weight == null) return;
            hooks.on(name, (at, in, out) -> {
                if (found.containsKey(at)) return out;
                var wide = out.to(DType.F64);
                double variance = wide.sub(wide.mean()).square().mean().item();
                found.put(at, variance);
                if (!scale || off(variance) <= tolerance || !(variance > 0 && variance < Double.POSITIVE_INFINITY)) return out;
                weight.mul_(1 / Math.sqrt(variance));
                return out.mul(1 / Math.sqrt(variance));
            });
        });
        network.forward(x, Pass.inference().with(hooks));
        return found;
    }
}
