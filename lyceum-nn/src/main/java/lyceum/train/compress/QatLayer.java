package lyceum.train.compress;

import lyceum.autograd.Autograd;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;

/** A linear or convolutional layer, with the batch norm that follows it, which computes with rounded weights and inputs while its float weights learn. */
final class QatLayer extends Module {
    private final Qat how;
    private final Layer layer;
    private final BatchNorm norm;
    /** Of the weight's integers, one an output; learnt or fixed. Null where they follow the weights. */
    private final Tensor weight_step;
    /** Step of the inputs; learnt or not. */
    private final Tensor input_step;
    /** The zero point, and the ends of the inputs' range that is observed. */
    private final Tensor input_zero, observed;
    private final Tensor switches;

    QatLayer(Qat how, Layer layer, BatchNorm norm, QuantisationRange input) {
        this.how = how;
        this.layer = layer;
        this.norm = norm;
        var weight = Autograd.noGrad(() -> folded().compute());
        boolean learned = how.ranges() == Qat.Ranges.LEARNED;
        weight_step = how.ranges() == Qat.Ranges.OBSERVED ? null : tracked(steps(weight, learned), learned);
        input_step = tracked(Tensor.of(new float[] {input.scale()}), learned);
        input_zero = Tensor.of(new float[] {input.zero()});
        observed = Tensor.of(new float[] {input.low(), input.high()});
        switches = Tensor.of(new float[] {1, 0});
    }

    private static Tensor tracked(Tensor x, boolean learned) {
        x = x.compute();
        return learned ? x.requiresGrad() : x;
    }

    /** The paper's start, {@code 2 mean |w| / sqrt(above)}, or from the largest magnitude. */
    private Tensor steps(Tensor weight, boolean learned) {
        if (!learned)
            return PostTrainingQuantizer.column(Tensor.of(PostTrainingQuantizer.steps(weight, how.weightBits(), true)), weight.rank());
        var mean = weight.abs().reshape(weight.size(0), -1).mean(1).mul(2 / Math.sqrt(above())).maximum((double) Math.ulp(1f));
        return PostTrainingQuantizer.column(mean, weight.rank());
    }

    private int above() { return (1 << how.weightBits() - 1) - 1; }

    void quantising(boolean on) { switches.set_(on ? 1.0 : 0, Index.at(0)); }

    void freezeNorm(boolean on) { switches.set_(on ? 1.0 : 0, Index.at(1)); }

    private Tensor weight() { return PostTrainingQuantizer.weight(layer); }

    private Tensor folded() { return norm == null ? weight() : PostTrainingQuantizer.foldedWeight(weight(), norm); }

    private Tensor rounded(Tensor weight) {
        if (weight_step != null) return QuantisationRange.learned(weight,
                how.ranges() == Qat.Ranges.LEARNED ? weight_step : weight_step.detach(), above(), above());
        var steps = PostTrainingQuantizer.column(Tensor.of(PostTrainingQuantizer.steps(weight, how.weightBits(), true)), weight.rank());
        return QuantisationRange.learned(weight, steps, above(), above());
    }

    QuantisationRange input() {
        int half = 1 << how.activationBits() - 1;
        if (how.ranges() == Qat.Ranges.OBSERVED) {
            var ends = observed.toFloatArray();
            return QuantisationRange.of(ends[0], ends[1], -half, half - 1, false);
        }
        return new QuantisationRange(Math.max(input_step.detach().toFloatArray()[0], Math.ulp(1f)), (int) input_zero.item(), -half,
                half - 1);
    }

    private Tensor roundedInput(Tensor x, Pass pass) {
        if (how.ranges() == Qat.Ranges.OBSERVED && pass.isRemembered()) Autograd.noGrad(() -> {
            double low = x.detach().min().item(), high = x.detach().max().item();
            observed.copy_(observed.lerp(Tensor.of(new float[] {(float) low, (float) high}), 0.01));
        });
        if (how.ranges() != Qat.Ranges.LEARNED) return input().fake(x);
        int half = 1 << how.activationBits() - 1, zero = (int) input_zero.item();
        return QuantisationRange.learned(x, input_step, half + zero, half - 1 - zero);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        boolean on = switches.item(0) == 1, frozen = switches.item(1) == 1 || !pass.isTraining();
        var bias = PostTrainingQuantizer.bias(layer);
        if (!on) {
            var y = run(x, weight(), bias);
            return norm == null ? y : norm.forward(y, frozen ? Pass.inference() : pass);
        }
        var input = roundedInput(x, pass);
        if (norm == null) return run(input, rounded(weight()), bias);
        if (frozen) return run(input, rounded(folded()), PostTrainingQuantizer.foldedBias(weight(), bias, norm));
        // Rounds what will be folded, and takes the factor out again so that the batch norm sees what it normalises (Krishnamoorthi 2018, figure 6).
        var factor = PostTrainingQuantizer.column(PostTrainingQuantizer.factor(norm).detach(), weight().rank());
        return norm.forward(run(input, rounded(weight().mul(factor)).div(factor), bias), pass);
    }

    private Tensor run(Tensor x, Tensor weight, Tensor bias) {
        return layer instanceof Conv2d conv ? x.conv(weight, bias, conv.how()) : x.affine(weight, bias);
    }

    /** The layer in integers, its batch norm folded. */
    IntegerLayer integers() {
        return Autograd.noGrad(() -> {
            Tensor weight = folded().compute(), bias = PostTrainingQuantizer.bias(layer);
            if (norm != null) bias = PostTrainingQuantizer.foldedBias(weight(), bias, norm);
            var steps = weight_step == null ? PostTrainingQuantizer.steps(weight, how.weightBits(), true) : weight_step.toFloatArray();
            return new IntegerLayer(weight, how.weightBits(), steps, bias, input(), how.activationBits(),
                    layer instanceof Conv2d conv ? conv.how() : null);
        });
    }
}
