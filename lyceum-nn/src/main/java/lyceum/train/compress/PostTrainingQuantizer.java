package lyceum.train.compress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Turns a trained network into integers, with a few hundred inputs and no training.
 *
 * {@snippet :
 * Sequential integers = new PostTrainingQuantizer().quantise(model, inputs);
 * var small = new PostTrainingQuantizer().withWeightBits(4).withCalibrator(RangeCalibrator.mse()).quantise(model, inputs);
 * }
 *
 * <p>Steps: batch norms are folded into the layer before, weight ranges equalised across ReLUs, inputs of each layer calibrated, weights rounded, and biases corrected for the
 * shift of the mean that rounding causes. A network is a Sequential (perhaps nested) of Linear, Conv2d without groups and dilation, BatchNorm, and layers without parameters. An activated
 * Linear counts as two layers; one with adapters is refused.
 *
 * @param weightBits 2 to 8, symmetric
 * @param perChannel a step for each output of a layer, else one a layer
 * @param activationBits 2 to 8, affine
 * @param calibrator of the inputs' ranges
 * @param dynamic takes the range of each input at run time instead
 * @param equalise weight ranges across ReLUs first
 * @param correctBiases by the mean shift on the calibration inputs
 * @see <a href="https://arxiv.org/abs/1906.04721">Nagel and others (2019)</a>
 */
@Withers
public record PostTrainingQuantizer(int weightBits, boolean perChannel, int activationBits, RangeCalibrator calibrator, boolean dynamic,
        boolean equalise, boolean correctBiases) implements PostTrainingQuantizerWithers {
    public PostTrainingQuantizer {
        if (weightBits < 2 || weightBits > 8 || activationBits < 2 || activationBits > 8) throw new IllegalArgumentException(
                "PostTrainingQuantizer: weights of " + weightBits + " and activations of " + activationBits + " bits; both have 2 to 8");
        Objects.requireNonNull(calibrator, "calibrator");
    }

    /** Eight bits, a step an output, static ranges from minimum to maximum, biases corrected. */
    public PostTrainingQuantizer() { this(8, true, 8, RangeCalibrator.minMax(), false, false, true); }

    /** @param inputs for calibration, (n, ..), as the network takes them; batches of 100 */
    public Sequential quantise(Sequential model, Tensor inputs) {
        var ready = equalise ? equalised(folded(model)) : folded(model);
        var seen = inputs(ready, inputs);
        var layers = new ArrayList<Layer>();
        for (var layer : ready.layers()) {
            var weight = weight(layer);
            if (weight == null) {
                layers.add(layer);
                continue;
            }
            var batches = seen.get(layer);
            var values = new ArrayList<float[]>();
            for (var batch : batches) values.add(batch.toFloatArray());
            int half = 1 << activationBits - 1;
            var range = dynamic ? null : calibrator.of(values, -half, half - 1, false);
            var steps = steps(weight, weightBits, perChannel);
            var integers = new IntegerLayer(weight, weightBits, steps, bias(layer), range, activationBits,
                    layer instanceof Conv2d conv ? conv.how() : null);
            layers.add(correctBiases ? corrected(integers, layer, batches) : integers);
        }
        return new Sequential(layers);
    }

    /** Largest magnitude over the largest integer, one an output or one in all. */
    static float[] steps(Tensor weight, int bits, boolean perChannel) {
        var rows = weight.detach().abs().reshape(perChannel ? weight.size(0) : 1, -1).max(1).toFloatArray();
        for (int i = 0; i < rows.length; i++) rows[i] = Math.max(rows[i] / ((1 << bits - 1) - 1), Math.ulp(1f));
        return rows;
    }

    private static Layer corrected(IntegerLayer integers, Layer layer, List<Tensor> batches) {
        return Autograd.noGrad(() -> {
            Tensor shift = null;
            for (var x : batches) {
                var d = layer.forward(x).sub(integers.forward(x));
                d = (d.rank() == 4 ? d.mean(0, 2, 3) : d.reshape(-1, d.size(-1)).mean(0)).div(batches.size());
                shift = shift == null ? d : shift.add(d);
            }
            return integers.withBias((integers.bias() == null ? shift : integers.bias().add(shift)).compute());
        });
    }

    /** What goes into each layer, batch by batch. */
    private static Map<Layer, List<Tensor>> inputs(Sequential model, Tensor inputs) {
        return Autograd.noGrad(() -> {
            var seen = new IdentityHashMap<Layer, List<Tensor>>();
            for (long from = 0; from < inputs.size(0); from += 100) {
                var x = inputs.narrow(0, from, Math.min(100, inputs.size(0) - from));
                for (var layer : model.layers()) {
                    seen.computeIfAbsent(layer, l -> new ArrayList<>()).add(x.compute());
                    x = layer.forward(x, Pass.inference());
                }
            }
            return seen;
        });
    }

    /** One level of layers, none of them a Sequential; a Linear's activation is a layer of its own. */
    static List<Layer> flat(Sequential model) {
        var all = new ArrayList<Layer>();
        bare(model);
        for (var layer : model.layers()) {
            if (layer instanceof Module m) bare(m);
            if (layer instanceof Sequential inner) all.addAll(flat(inner));
            else if (layer instanceof Linear linear && linear.activation() != null) {
                all.add(Linear.sharing(linear.weight(), linear.bias()));
                all.add(linear.activation());
            } else if (layer instanceof Module m && !m.state().isEmpty() && weight(layer) == null && !(m instanceof BatchNorm))
                throw new IllegalArgumentException("quantise: " + m.getClass().getSimpleName()
                        + " is not known; a network is a Sequential of Linear, Conv2d, BatchNorm and layers without parameters");
            else all.add(layer);
        }
        return all;
    }

    /** What is attached to a module would be lost. */
    static void bare(Module module) {
        if (!module.adapters().isEmpty()) throw new IllegalArgumentException(
                "quantise: a " + module.getClass().getSimpleName() + " has adapters; merge them into its weights and take them off first");
    }

    static Tensor weight(Layer layer) {
        return switch (layer) {
            case Linear linear -> linear.weight();
            case Conv2d conv when conv.how().groups() == 1 && conv.how().dilation().stream().allMatch(d -> d == 1) -> conv.weight();
            case null, default -> null;
        };
    }

    static Tensor bias(Layer layer) { return layer instanceof Linear linear ? linear.bias() : ((Conv2d) layer).bias(); }

    static Layer like(Layer layer, Tensor weight, Tensor bias) {
        return layer instanceof Conv2d conv ? new Conv2d(weight.compute(), bias == null ? null : bias.compute(), conv.how())
                : new Linear(weight.compute(), bias == null ? null : bias.compute());
    }

    /** A network of its own, flat, whose batch norms are folded into the layers before them: {@code W' = g W / sqrt(var + eps)}, {@code b' = g (b - mean) / sqrt(var + eps) + beta}. */
    public static Sequential folded(Sequential model) {
        return Autograd.noGrad(() -> {
            var layers = new ArrayList<Layer>();
            for (var layer : flat(model)) {
                if (layer instanceof BatchNorm norm && !layers.isEmpty() && weight(layers.getLast()) != null) {
                    var last = layers.removeLast();
                    layers.add(like(last, foldedWeight(weight(last), norm), foldedBias(weight(last), bias(last), norm)));
                } else layers.add(weight(layer) == null ? layer
                        : like(layer, weight(layer).detach(), bias(layer) == null ? null : bias(layer).detach()));
            }
            return new Sequential(layers);
        });
    }

    static Tensor factor(BatchNorm norm) {
        var s = norm.state();
        return s.get("weight").mul(s.get("running_var").add(norm.epsilon()).rsqrt());
    }

    static Tensor foldedWeight(Tensor weight, BatchNorm norm) { return weight.mul(column(factor(norm), weight.rank())); }

    static Tensor foldedBias(Tensor weight, Tensor bias, BatchNorm norm) {
        var s = norm.state();
        var from = bias == null ? s.get("running_mean").neg() : bias.sub(s.get("running_mean"));
        return from.mul(factor(norm)).add(s.get("bias"));
    }

    static Tensor column(Tensor x, int rank) {
        var shape = new long[rank];
        Arrays.fill(shape, 1);
        shape[0] = x.count();
        return x.reshape(shape);
    }

    /**
     * Equal weight ranges across each ReLU: output i of one layer is divided by {@code s_i = sqrt(r1_i r2_i) / r2_i}, and input i of the next multiplied. Twenty
     * rounds; the network's function stays. Batch norms are to be folded first.
     */
    public static Sequential equalised(Sequential model) {
        return Autograd.noGrad(() -> {
            var layers = new ArrayList<>(folded(model).layers());
            for (int round = 0; round < 20; round++) {
                int last = -1;
                boolean scales = true;
                for (int i = 0; i < layers.size(); i++) {
                    if (weight(layers.get(i)) == null) {
                        scales &= layers.get(i) == Activation.RELU || layers.get(i) instanceof MaxPool2d || layers.get(i) == FLATTEN;
                        continue;
                    }
                    if (last >= 0 && scales) equalise(layers, last, i);
                    last = i;
                    scales = true;
                }
            }
            return new Sequential(layers);
        });
    }

    /** (n, ..) to (n, all): a layer that {@link #equalised} sees through. */
    public static final Layer FLATTEN = Layer.of(x -> x.reshape(x.size(0), -1));

    private static void equalise(List<Layer> layers, int i, int j) {
        Tensor first = weight(layers.get(i)), second = weight(layers.get(j));
        long n = first.size(0), each = second.size(1) / n;
        if (second.size(1) != n * each) return;
        Tensor r1 = first.abs().reshape(n, -1).max(1), bySource = second.transpose(0, 1).reshape(n, -1), r2 = bySource.abs().max(1);
        var s = r1.gt(0.0).and(r2.gt(0.0)).where(r1.div(r2).sqrt(), r1.onesLike()).compute();
        var bias = bias(layers.get(i));
        layers.set(i, like(layers.get(i), first.div(column(s, first.rank())), bias == null ? null : bias.div(s)));
        var wide = new long[second.rank()];
        Arrays.fill(wide, 1);
        wide[1] = n * each;
        layers.set(j, like(layers.get(j), second.mul(s.repeatInterleave(0, (int) each).reshape(wide)), bias(layers.get(j))));
    }
}
