package lyceum.train.compress;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.nn.BatchNorm;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * Quantisation-aware training: the forward pass rounds weights and activations, the backward pass lets gradients straight through, so that the float weights settle
 * where rounding does little harm; then the network is converted to integers.
 *
 * {@snippet :
 * var qat = new Qat(4);
 * Sequential simulated = qat.prepare(model, inputs);
 * qat.fit(simulated, trainer, Loss::crossEntropy, data, rng);
 * Sequential integers = qat.convert(simulated);
 * }
 *
 * <p>Networks are those of {@link PostTrainingQuantizer}. Weights are symmetric with a step an output. A step that is learnt must stay positive: keep its learning rate small.
 *
 * @param weightBits 2 to 8
 * @param activationBits 2 to 8
 * @param ranges where steps come from
 * @param delay epochs of {@link #fit} without rounding first
 * @param freeze epoch of {@link #fit} from which batch norms keep their running statistics, folded into the rounded weights
 * @see <a href="https://arxiv.org/abs/1712.05877">Jacob and others (2018)</a>
 * @see <a href="https://arxiv.org/abs/1902.08153">Esser and others (2020)</a>
 */
@Withers
public record Qat(int weightBits, int activationBits, Ranges ranges, int delay, int freeze) implements QatWithers {

    /** Where the steps of weights and inputs come from. */
    public enum Ranges {
        /** From calibration, once. */
        FIXED,
        /** Weights: from the largest magnitude at each step; inputs: moving averages of minimum and maximum. */
        OBSERVED,
        /** Learnt as parameters. */
        LEARNED
    }

    public Qat {
        if (weightBits < 2 || weightBits > 8 || activationBits < 2 || activationBits > 8) throw new IllegalArgumentException(
                "Qat: weights of " + weightBits + " and activations of " + activationBits + " bits; both have 2 to 8");
        Objects.requireNonNull(ranges, "ranges");
        if (delay < 0 || freeze < 0)
            throw new IllegalArgumentException("Qat: delay " + delay + " and freeze " + freeze + " are epochs, at least 0");
    }

    /** Learnt steps, activations of 8 bits, no delay, batch norms frozen after the first epoch. */
    public Qat(int weightBits) { this(weightBits, 8, Ranges.LEARNED, 0, 1); }

    /** A network of its own that rounds; begun from the model's weights and the ranges of what goes into its layers. */
    public Sequential prepare(Sequential model, Tensor inputs) {
        var own = Module.copy(model);
        var flat = PostTrainingQuantizer.flat(own);
        var layers = new ArrayList<Layer>();
        int half = 1 << activationBits - 1;
        var x = inputs.detach();
        for (int i = 0; i < flat.size(); i++) {
            var layer = flat.get(i);
            var in = x;
            var out = Autograd.noGrad(() -> layer.forward(in).compute());
            if (PostTrainingQuantizer.weight(layer) == null) layers.add(layer);
            else {
                var norm = i + 1 < flat.size() && flat.get(i + 1) instanceof BatchNorm next ? next : null;
                layers.add(
                        new QatLayer(this, layer, norm, RangeCalibrator.minMax().of(List.of(in.toFloatArray()), -half, half - 1, false)));
                if (norm != null) {
                    out = normalised(norm, out);
                    i++;
                }
            }
            x = out;
        }
        return new Sequential(layers);
    }

    private static Tensor normalised(BatchNorm norm, Tensor x) { return Autograd.noGrad(() -> norm.forward(x).compute()); }

    /** Trains a prepared network by the schedule of {@link #delay} and {@link #freeze}; rounding is on at the end. */
    public History fit(Sequential prepared, Trainer trainer, Loss loss, Dataset data, Rng rng) {
        set(prepared, 0);
        var history = trainer.withListener((run, epoch) -> set(prepared, epoch.number() + 1)).fit(prepared, loss, data, rng);
        for (var layer : layers(prepared)) layer.quantising(true);
        return history;
    }

    private void set(Sequential prepared, int epoch) {
        for (var layer : layers(prepared)) {
            layer.quantising(epoch >= delay);
            layer.freezeNorm(epoch >= freeze);
        }
    }

    private static List<QatLayer> layers(Sequential prepared) {
        var found = prepared.layers().stream().filter(QatLayer.class::isInstance).map(QatLayer.class::cast).toList();
        if (found.isEmpty()) throw new IllegalArgumentException("Qat: this network was not prepared");
        return found;
    }

    /** The prepared network in integers: what it computes when predicting, up to the order of float sums. */
    public Sequential convert(Sequential prepared) {
        layers(prepared);
        return new Sequential(
                prepared.layers().stream().map(layer -> layer instanceof QatLayer qat ? (Layer) qat.integers() : layer).toList());
    }
}
