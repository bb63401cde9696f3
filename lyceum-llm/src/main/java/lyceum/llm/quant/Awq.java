package lyceum.llm.quant;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.llm.LinearInputs;
import lyceum.memory.Scope;
import lyceum.nn.FeedForward;
import lyceum.nn.GatedFeedForward;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.RMSNorm;
import lyceum.nn.TransformerBlock;
import lyceum.nn.TransformerConfig.Norm;
import lyceum.nn.TransformerConfig.Placement;
import lyceum.progress.Progress;
import lyceum.tensor.Quantized;
import lyceum.tensor.Quantizer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Rounding that spares the inputs that are loud: column j of a weight is multiplied by {@code s_j = m_j^a} before it is rounded and its input divided by s_j,
 * {@code y = sum_j Q(w_j s_j) x_j / s_j}, where m_j is the mean magnitude of input j on calibration data. The exponent a is searched from 0, plain rounding, to 1,
 * one for all layers that read the same input, by the squared error of their outputs. The division goes into the norm or the layer that makes the input.
 *
 * {@snippet :
 * var small = new Awq(4, 128).quantise(model, batches, Progress.SILENT);               // a decoder of its own with no further operation
 * var choice = new Awq(3, 128).search(List.of(q.weight(), k.weight()), Awq.magnitudes(x), x.transpose().matmul(x));
 * }
 *
 * @param bits 2 to 8
 * @param group inputs that share a scale of the grid
 * @param symmetric without zero points
 * @param steps of the search between exponents 0 and 1
 * @param clip also searches how far each group's largest weights are cut off
 * @param layers names of linear layers to quantise in a model
 * @see <a href="https://arxiv.org/abs/2306.00978">Lin et al. (2024)</a>
 */
@Withers
public record Awq(int bits, int group, boolean symmetric, int steps, boolean clip, List<String> layers) implements AwqWithers {
    public Awq {
        if (bits < 2 || bits > 8) throw new IllegalArgumentException("Awq: " + bits + " bits; 2 to 8");
        if (group < 1 || steps < 1)
            throw new IllegalArgumentException("Awq: groups of " + group + " and " + steps + " steps; both are at least 1");
        layers = List.copyOf(layers);
    }

    /** With zero points, 20 steps, nothing cut off, the layers of {@code decoder}. */
    public Awq(int bits, int group) { this(bits, group, false, 20, false, List.of("decoder.*")); }

    /**
     * What a search found.
     *
     * @param exponent of the smallest error, the smaller one if two are alike
     * @param scales of the inputs, F64
     * @param errors squared output errors on calibration data, for exponents from 0 to 1
     */
    public record Choice(double exponent, Tensor scales, double[] errors) {}

    /**
     * Layers that read what one module gives.
     *
     * @param source name of a norm, or of a linear layer between which and the targets numbers stand for themselves
     * @param targets names of linear layers
     */
    public record Fold(String source, List<String> targets) {}

    /** How a weight is rounded. */
    public Quantizer quantizer() { return (symmetric ? Quantizer.symmetric(bits) : Quantizer.affine(bits)).byGroup(group); }

    /** Mean magnitude of each input over rows (.., inputs), F64. */
    public static Tensor magnitudes(Tensor x) { return x.detach().to(DType.F64).reshape(-1, x.size(-1)).abs().mean(0).compute(); }

    /** {@code m^a}, so that the product of the largest and the smallest is 1; ones for an exponent of 0, and for inputs that are silent. */
    public static Tensor scales(Tensor magnitudes, double exponent) {
        double[] m = magnitudes.to(DType.F64).toDoubleArray(), s = new double[m.length];
        double least = Double.POSITIVE_INFINITY, most = 0;
        for (int j = 0; j < m.length; j++) {
            s[j] = m[j] > 0 ? Math.pow(m[j], exponent) : 1;
            least = Math.min(least, s[j]);
            most = Math.max(most, s[j]);
        }
        double middle = exponent == 0 ? 1 : Math.sqrt(least * most);
        for (int j = 0; j < m.length; j++) s[j] /= middle;
        return Tensor.of(s);
    }

    /** A weight (outputs, inputs) times the scales of its inputs, rounded. @param gram for clipping; may be null where nothing is clipped */
    public Quantized of(Tensor weight, Tensor scales, Tensor gram) {
        var scaled = Autograd.noGrad(() -> weight.detach().to(DType.F64).mul(scales).to(DType.F32).compute());
        return quantizer().quantize(clip ? clipped(scaled, scales, gram) : scaled);
    }

    /** The exponent for layers that read the same inputs. @param gram {@code X'X} of calibration inputs */
    public Choice search(List<Tensor> weights, Tensor magnitudes, Tensor gram) {
        for (var w : weights)
            if (w.rank() != 2 || w.size(1) != magnitudes.size(0) || gram.size(0) != w.size(1)) throw new ShapeException("Awq: a weight "
                    + w.shape() + ", magnitudes " + magnitudes.shape() + " and a Gram matrix " + gram.shape() + " do not fit each other");
        var errors = new double[steps + 1];
        int best = 0;
        for (int i = 0; i <= steps; i++) {
            var s = scales(magnitudes, (double) i / steps);
            for (var w : weights) errors[i] += error(w, s, gram);
            if (errors[i] < errors[best]) best = i;
        }
        return new Choice((double) best / steps, scales(magnitudes, (double) best / steps), errors);
    }

    /** {@code |X (W - Q(W s) / s)'|^2}. */
    private double error(Tensor weight, Tensor scales, Tensor gram) {
        try (var scope = Scope.open("AWQ error")) {
            return Autograd.noGrad(() -> {
                var d = weight.detach().to(DType.F64).sub(of(weight, scales, gram).dequantize().to(DType.F64).div(scales)).compute();
                return d.matmul(gram.to(DType.F64)).mul(d).sum().item();
            });
        }
    }

    /** Each row's group cut off at the share of its largest magnitude, from 1 down to 0.5, that loses least. */
    private Tensor clipped(Tensor scaled, Tensor scales, Tensor gram) {
        int n = (int) scaled.size(1), rows = (int) scaled.size(0);
        var parts = new ArrayList<Tensor>();
        for (int from = 0; from < n; from += group) {
            int size = Math.min(group, n - from);
            var s = scales.narrow(0, from, size);
            var w = scaled.narrow(1, from, size).compute();
            var g = gram.to(DType.F64).narrow(0, from, size).narrow(1, from, size).div(s).div(s.unsqueeze(1)).compute();
            var most = w.abs().max(1, true).compute();
            Tensor best = w;
            double[] least = null;
            for (int i = 0; i <= 10; i++) {
                var bound = most.mul(1 - 0.05 * i);
                var cut = w.minimum(bound).maximum(bound.neg()).compute();
                var d = w.sub(quantizer().quantize(cut).dequantize()).to(DType.F64).compute();
                var loss = d.matmul(g).mul(d).sum(1).toDoubleArray();
                if (least == null) {
                    least = loss;
                    continue;
                }
                var better = new boolean[rows];
                for (int r = 0; r < rows; r++) if (better[r] = loss[r] < least[r]) least[r] = loss[r];
                best = Tensor.of(better, rows, 1).where(cut, best).compute();
            }
            parts.add(best);
        }
        return Tensor.concat(1, parts.toArray(Tensor[]::new)).compute();
    }

    /**
     * The folds of every {@link TransformerBlock}, as its configuration allows: norms before a half into all layers that read them, values into the output projection
     * where there are as many, and the upper half of a gated network into its lower layer. Norms that have no gain or stand behind a half (OLMo, GPT-1, OLMo 2), and
     * those that a mixer or experts read, have none: the layers behind them keep an exponent of 0.
     */
    public static List<Fold> folds(Module model) {
        var modules = model.modules();
        var folds = new ArrayList<Fold>();
        modules.forEach((name, module) -> {
            if (!(module instanceof TransformerBlock transformer)) return;
            var config = transformer.config();
            String block = name.isEmpty() ? "" : name + ".", attention = block + "attention.", mlp = block + "mlp.";
            boolean before = config.placement() == Placement.PRE || config.placement() == Placement.SANDWICH;
            boolean gained = before && config.norm() != Norm.PLAIN_LAYER;
            var first = switch (modules.get(block + "mlp")) {
                case GatedFeedForward _ -> List.of(mlp + "gate_proj", mlp + "up_proj");
                case FeedForward _ -> List.of(mlp + "fc1");
                case null, default -> List.<String>of();
            };
            boolean shared = config.parallel() && !config.normEach();
            if (config.mixer() == null) {
                var readers = new ArrayList<>(List.of(attention + "q_proj", attention + "k_proj", attention + "v_proj"));
                if (shared) readers.addAll(first);
                if (gained && !(shared && first.isEmpty())) folds.add(new Fold(block + "attention_norm", readers));
                if (modules.get(attention + "v_proj") instanceof Linear v && modules.get(attention + "o_proj") instanceof Linear o
                        && v.weight().size(0) == o.weight().size(1))
                    folds.add(new Fold(attention + "v_proj", List.of(attention + "o_proj")));
            }
            if (gained && !shared && !first.isEmpty()) folds.add(new Fold(block + "mlp_norm", first));
            if (modules.get(block + "mlp") instanceof GatedFeedForward) folds.add(new Fold(mlp + "up_proj", List.of(mlp + "down_proj")));
        });
        folds.removeIf(f -> !f.targets.stream().allMatch(target -> modules.get(target) instanceof Linear)
                || f.source.endsWith("_proj") && !(modules.get(f.source) instanceof Linear)); // adapters, say
        return folds;
    }

    /**
     * The same function with scales moved from inputs into weights, and nothing rounded.
     *
     * @param scales of each fold's inputs
     * @throws IllegalArgumentException if a source has no weight that could be divided
     */
    public static <M extends Module> M folded(M model, List<Fold> folds, List<Tensor> scales) {
        return Module.resized(model, moved(model, folds, scales), Map.of());
    }

    /** Tensors that change by name: sources divided, targets multiplied. */
    private static Map<String, Tensor> moved(Module model, List<Fold> folds, List<Tensor> scales) {
        if (folds.size() != scales.size())
            throw new IllegalArgumentException("Awq: " + folds.size() + " folds and " + scales.size() + " scales");
        var state = model.state();
        var modules = model.modules();
        var values = new HashMap<String, Tensor>();
        Autograd.noGrad(() -> {
            for (int f = 0; f < scales.size(); f++) {
                var s = scales.get(f).to(DType.F64);
                var source = folds.get(f).source;
                if (!state.containsKey(source + ".weight"))
                    throw new IllegalArgumentException("Awq: " + source + " has no weight to divide; fold into another module");
                double offset = modules.get(source) instanceof RMSNorm norm && norm.gain() == RMSNorm.Gain.ONE_PLUS_WEIGHT ? 1 : 0;
                for (var part : List.of(".weight", ".bias")) {
                    var old = values.getOrDefault(source + part, state.get(source + part));
                    if (old == null) continue;
                    var by = old.rank() == 2 ? s.unsqueeze(1) : s;
                    values.put(source + part, old.detach().to(DType.F64).add(offset).div(by).sub(offset).to(old.dtype()).compute());
                }
                for (var target : folds.get(f).targets) {
                    var old = values.getOrDefault(target + ".weight", state.get(target + ".weight"));
                    values.put(target + ".weight", old.detach().to(DType.F64).mul(s).to(old.dtype()).compute());
                }
            }
        });
        return values;
    }

    /**
     * A model like this one whose linear layers are stored in few bits, block after block; layers whose input nothing can be folded into are plainly rounded.
     *
     * @param batches inputs of the model
     * @throws lyceum.progress.CancelledException if progress says so
     */
    public <M extends Module> M quantise(M model, Iterable<Tensor> batches, Progress progress) {
        var stages = Gptq.stages(model, layers);
        int done = 0;
        for (var stage : stages) {
            progress.step("AWQ", done++, stages.size());
            model = block(model, stage, batches);
        }
        progress.step("AWQ", stages.size(), stages.size());
        return model;
    }

    private <M extends Module> M block(M model, List<String> stage, Iterable<Tensor> batches) {
        var sums = new HashMap<String, Tensor>();
        var rows = new HashMap<String, Long>();
        LinearInputs.visit(model, batches, stage::contains, (name, x) -> {
            var part = x.to(DType.F64).abs().sum(0).compute();
            var sum = sums.get(name);
            try (var kept = Scope.outside()) {
                sums.put(name, (sum == null ? part : sum.add(part)).copy().compute());
            }
            rows.merge(name, x.size(0), Long::sum);
        });
        var grams = LinearInputs.grams(model, batches, stage::contains);
        for (var name : stage)
            if (!grams.containsKey(name))
                throw new IllegalArgumentException("Awq: nothing goes into " + name + "; calibrate on batches that use it");
        var folds = folds(model).stream().filter(f -> stage.containsAll(f.targets)).toList();
        var scales = new LinkedHashMap<String, Tensor>();
        var chosen = new ArrayList<Tensor>();
        for (var fold : folds) {
            var first = fold.targets.getFirst();
            var weights = new ArrayList<Tensor>();
            for (var target : fold.targets) weights.add(((Linear) model.modules().get(target)).weight());
            var choice = search(weights, sums.get(first).div((double) rows.get(first)).compute(), grams.get(first));
            chosen.add(choice.scales);
            for (var target : fold.targets) scales.put(target, choice.scales);
        }
        var values = new HashMap<>(moved(model, folds, chosen));
        var parts = new IdentityHashMap<Module, Module>();
        for (var name : new LinkedHashSet<>(stage)) {
            var layer = (Linear) model.modules().get(name);
            var weight = values.getOrDefault(name + ".weight", layer.weight()); // scaled already
            var bias = values.getOrDefault(name + ".bias", layer.bias());
            var ones = Tensor.ones(DType.F64, weight.size(1));
            var s = scales.getOrDefault(name, ones);
            // Inputs come divided by s: their Gram matrix is that of x / s.
            var gram = grams.get(name).div(s).div(s.unsqueeze(1)).compute();
            parts.put(layer, Gptq.onto(GroupedWeight.of(of(weight, ones, gram)), bias, layer.activation()));
        }
        return Module.resized(model, values, parts);
    }
}
