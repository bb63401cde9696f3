package lyceum.llm.quant;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.linalg.Cholesky;
import lyceum.llm.LinearInputs;
import lyceum.nn.Activation;
import lyceum.nn.Globs;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.StoredWeight;
import lyceum.progress.Progress;
import lyceum.tensor.Quantized;
import lyceum.tensor.Quantizer;
import lyceum.tensor.Rounding;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Rounds a layer's weights one input after the other and tells the inputs that are still to come about each error, so that outputs on calibration data change
 * least: with U the upper Cholesky factor of the inverse of {@code H = X'X + damping mean(diag X'X) I}, column q of W (outputs, inputs) becomes
 * {@code quant(w_q)}, and each later column k loses {@code (w_q - quant(w_q)) U_qk / U_qq}.
 *
 * {@snippet :
 * var small = new Gptq(4, 128).quantise(model, batches, Progress.SILENT);           // a model of its own, linear layers in 4 bits
 * Quantized weights = new Gptq(3, 32).of(layer.weight(), x.transpose().matmul(x));  // one matrix
 * }
 *
 * <p>Scales of a group are those of its weights when its first column is reached, or, with {@code activationOrder}, of the weights at the start (columns are
 * then taken by falling {@code H_qq}; groups stay runs of neighbours). An input that is always zero has weights of zero. Computed in F64.
 *
 * @param bits 2 to 8
 * @param group inputs that share a scale; the last group may be shorter
 * @param symmetric without zero points
 * @param damping share of the mean diagonal, positive
 * @param block columns between lazy updates of those that follow, rounded up to whole groups
 * @param activationOrder the inputs with most energy first
 * @param layers names of linear layers to quantise in a model: {@code *} is any text, {@code ?} a character
 * @see <a href="https://arxiv.org/abs/2210.17323">Frantar, Ashkboos, Hoefler and Alistarh (2023)</a>
 */
@Withers
public record Gptq(int bits, int group, boolean symmetric, double damping, int block, boolean activationOrder, List<String> layers)
        implements GptqWithers {
    public Gptq {
        if (bits < 2 || bits > 8) throw new IllegalArgumentException("Gptq: " + bits + " bits; 2 to 8");
        if (group < 1 || block < 1)
            throw new IllegalArgumentException("Gptq: groups of " + group + ", blocks of " + block + "; both are at least 1");
        if (!(damping > 0 && damping < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Gptq: damping is " + damping + "; it is positive, 0.01 as a rule");
        layers = List.copyOf(layers);
    }

    /** With zero points, damped by 1%, in blocks of 128, left to right, the layers of {@code decoder}, so that embeddings and head stay as they are. */
    public Gptq(int bits, int group) { this(bits, group, false, 0.01, 128, false, List.of("decoder.*")); }

    /** How a weight is rounded. */
    public Quantizer quantizer() { return (symmetric ? Quantizer.symmetric(bits) : Quantizer.affine(bits)).byGroup(group); }

    /** A weight (outputs, inputs). @param gram {@code X'X} (inputs, inputs) of calibration inputs */
    public Quantized of(Tensor weight, Tensor gram) {
        if (weight.rank() != 2 || gram.rank() != 2 || gram.size(0) != weight.size(1) || gram.size(1) != weight.size(1))
            throw new ShapeException("Gptq: a weight " + weight.shape() + " and a Gram matrix " + gram.shape()
                    + "; they are (outputs, inputs) and (inputs, inputs)");
        int rows = (int) weight.size(0), n = (int) weight.size(1);
        double[] w = weight.detach().to(DType.F64).toDoubleArray(), h = gram.detach().to(DType.F64).toDoubleArray();
        for (double v : w) if (!Double.isFinite(v)) throw new IllegalArgumentException("Gptq: a weight is " + v + "; weights are finite");
        double mean = 0;
        for (int i = 0; i < n; i++) {
            if (!(h[i * n + i] >= 0 && h[i * n + i] < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("Gptq: input " + i + " has energy " + h[i * n + i] + "; it is finite and not negative");
            mean += h[i * n + i] / n;
        }
        var order = IntStream.range(0, n).toArray();
        if (activationOrder)
            order = IntStream.range(0, n).boxed().sorted(Comparator.comparingDouble(i -> -h[i * n + i])).mapToInt(i -> i).toArray();
        var damped = new double[n * n];
        for (int a = 0; a < n; a++) for (int b = 0; b < n; b++) damped[a * n + b] = h[order[a] * n + order[b]];
        for (int a = 0; a < n; a++) {
            if (damped[a * n + a] == 0) {
                for (int i = 0; i < rows; i++) w[i * n + order[a]] = 0;
                damped[a * n + a] = mean == 0 ? 1 : mean;
            }
            damped[a * n + a] += damping * mean;
        }
        var upper = Cholesky.of(Cholesky.of(Tensor.of(damped, n, n)).inverse()).lower().transpose().toDoubleArray();
        int groups = (n + group - 1) / group;
        var scales = new float[rows * groups];
        var zeros = new int[rows * groups];
        if (activationOrder) for (int g = 0; g < groups; g++) grid(w, rows, n, g, scales, zeros);
        return run(w, rows, n, order, upper, groups, scales, zeros);
    }

    /** Scales and zero points of a group's columns as they stand. */
    private void grid(double[] w, int rows, int n, int g, float[] scales, int[] zeros) {
        int from = g * group, size = Math.min(group, n - from), groups = (n + group - 1) / group;
        var part = new double[rows * size];
        for (int i = 0; i < rows; i++) System.arraycopy(w, i * n + from, part, i * size, size);
        var grid = quantizer().quantize(Tensor.of(part, rows, size).to(DType.F32));
        float[] s = grid.scales().toFloatArray();
        int[] z = grid.zeroPoints().toIntArray();
        for (int i = 0; i < rows; i++) {
            scales[i * groups + g] = s[i];
            zeros[i * groups + g] = z[i];
        }
    }

    private Quantized run(double[] w, int rows, int n, int[] order, double[] upper, int groups, float[] scales, int[] zeros) {
        int least = quantizer().least(), most = quantizer().most();
        // A group's grid is that of columns that know of all errors before them: so blocks end where groups do.
        int step = activationOrder ? block : (block + group - 1) / group * group, width = Math.min(step, n);
        var error = new double[rows * width];
        for (int start = 0; start < n; start += step) {
            int end = Math.min(n, start + step);
            for (int from = start; from < end;) {
                // Up to the next column that begins a group, whose grid must wait for what is before it.
                int g = order[from] / group, to = from + 1;
                if (!activationOrder && from % group == 0) grid(w, rows, n, g, scales, zeros);
                while (to < end && (activationOrder || to % group != 0)) to++;
                int a = from, b = to, stop = end, first = start;
                Parallel.range(rows, Math.max(1, 4096 / n), 4.0 * (b - a) * (stop - a), (lo, hi) -> {
                    for (int i = (int) lo; i < hi; i++) for (int q = a; q < b; q++) {
                        int at = i * n + order[q], s = i * groups + order[q] / group;
                        float inverse = 1 / scales[s];
                        int code = (int) Math.clamp(Rounding.NEAREST_EVEN.round((float) w[at] * inverse) + zeros[s], (double) least,
                                (double) most);
                        double value = scales[s] * (code - zeros[s]), e = (w[at] - value) / upper[q * n + q];
                        w[at] = value;
                        error[i * width + q - first] = e;
                        for (int k = q + 1; k < stop; k++) w[i * n + order[k]] -= e * upper[q * n + k];
                    }
                });
                from = to;
            }
            int first = start, last = end;
            Parallel.range(rows, Math.max(1, 4096 / n), 1.0 * (last - first) * Math.max(1, n - last), (lo, hi) -> {
                for (int i = (int) lo; i < hi; i++) for (int q = first; q < last; q++) {
                    double e = error[i * width + q - first];
                    if (e != 0) for (int k = last; k < n; k++) w[i * n + order[k]] -= e * upper[q * n + k];
                }
            });
        }
        return quantizer().quantize(Tensor.of(w, rows, n).to(DType.F32), scales, zeros);
    }

    /**
     * A model like this one whose linear layers are stored in few bits; those of one block are calibrated on what the blocks before it give when they are
     * quantised already. A block is what its name says up to its first number.
     *
     * @param batches inputs of the model
     * @throws lyceum.progress.CancelledException if progress says so
     */
    public <M extends Module> M quantise(M model, Iterable<Tensor> batches, Progress progress) {
        var stages = stages(model, layers);
        int done = 0;
        for (var stage : stages) {
            progress.step("GPTQ", done++, stages.size());
            var names = model.modules();
            var grams = LinearInputs.grams(model, batches, stage::contains);
            var parts = new IdentityHashMap<Module, Module>();
            for (var name : stage) {
                var gram = grams.get(name);
                if (gram == null)
                    throw new IllegalArgumentException("Gptq: nothing goes into " + name + "; calibrate on batches that use it");
                var layer = (Linear) names.get(name);
                parts.put(layer, onto(GroupedWeight.of(of(layer.weight(), gram)), layer.bias(), layer.activation()));
            }
            model = Module.resized(model, new LinkedHashMap<>(), parts);
        }
        progress.step("GPTQ", stages.size(), stages.size());
        return model;
    }

    static Linear onto(StoredWeight stored, Tensor bias, Activation activation) {
        var linear = Linear.on(stored, bias == null ? null : bias.detach());
        return activation == null ? linear : linear.activated(activation);
    }

    /** Names of linear layers that match, by block. */
    static List<List<String>> stages(Module model, List<String> globs) {
        var matches = globs.stream().map(Globs::of).toList();
        var stages = new LinkedHashMap<String, List<String>>();
        for (var entry : model.modules().entrySet()) {
            var name = entry.getKey();
            if (!(entry.getValue() instanceof Linear linear) || linear.stored() != null || matches.stream().noneMatch(m -> m.test(name)))
                continue;
            var parts = name.split("\\.");
            int number = 0;
            while (number < parts.length && !parts[number].chars().allMatch(Character::isDigit)) number++;
            var block = String.join(".", Arrays.copyOf(parts, Math.min(parts.length, number + 1)));
            stages.computeIfAbsent(block, b -> new ArrayList<>()).add(name);
        }
        if (stages.isEmpty()) throw new IllegalArgumentException("no linear layer matches " + globs + "; there are " + linears(model));
        return List.copyOf(stages.values());
    }

    private static LinkedHashSet<String> linears(Module model) {
        var names = new LinkedHashSet<String>();
        model.modules().forEach((name, module) -> { if (module instanceof Linear) names.add(name); });
        return names;
    }
}
