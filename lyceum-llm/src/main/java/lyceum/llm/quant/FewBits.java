package lyceum.llm.quant;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Hooks;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/** Ways to store the linear layers of a decoder in four bits, as a user names them. Embeddings, norms and the head stay as they are. */
public enum FewBits {
    /** {@link Gptq} with zero points, in groups of 128. */
    GPTQ4,
    /** {@link Awq} with zero points, in groups of 128. */
    AWQ4,
    /** {@link Nf4Weight}s in blocks of 64, their magnitudes in blocks of 256; looks at no text. */
    NF4;

    private static final int GROUP = 128;

    /** Whether it looks at what goes through the model. */
    public boolean isCalibrated() { return this != NF4; }

    /**
     * A model like this one in four bits; the given one stays as it is.
     *
     * @param calibration ids (rows, T) of texts; nobody reads them where nothing is {@linkplain #isCalibrated calibrated}
     * @throws IllegalArgumentException if it wants texts and there are none
     */
    public DecoderLM of(DecoderLM model, Iterable<Tensor> calibration, Progress progress) {
        if (isCalibrated() && !calibration.iterator().hasNext())
            throw new IllegalArgumentException("FewBits." + this + ": it is calibrated on texts; give it some");
        return switch (this) {
            case GPTQ4 -> new Gptq(4, GROUP).quantise(model, calibration, progress);
            case AWQ4 -> new Awq(4, GROUP).quantise(model, calibration, progress);
            case NF4 -> {
                var parts = new IdentityHashMap<Module, Module>();
                var stages = Gptq.stages(model, List.of("decoder.*"));
                int done = 0;
                for (var stage : stages) {
                    progress.step("NF4", done++, stages.size());
                    for (var name : stage) {
                        var layer = (Linear) model.modules().get(name);
                        parts.put(layer, Gptq.onto(Nf4Weight.of(layer.weight(), 64, 256, false), layer.bias(), layer.activation()));
                    }
                }
                progress.step("NF4", stages.size(), stages.size());
                yield Module.resized(model, new TreeMap<>(), parts);
            }
        };
    }

    /** Root mean square of what changed in the output of each block over that of the output, by the block's name, on ids (rows, T). */
    public static SequencedMap<String, Double> errors(DecoderLM before, DecoderLM after, Iterable<Tensor> batches) {
        var sums = new TreeMap<Integer, double[]>();
        Autograd.noGrad(() -> {
            for (var batch : batches) {
                try (var scope = Scope.open("errors")) {
                    SequencedMap<String, Tensor> own = outputs(before, batch), other = outputs(after, batch);
                    own.forEach((name, y) -> {
                        var sum = sums.computeIfAbsent(Integer.parseInt(name.substring(name.lastIndexOf('.') + 1)), _ -> new double[2]);
                        sum[0] += other.get(name).sub(y).square().sum().item();
                        sum[1] += y.square().sum().item();
                    });
                }
            }
        });
        var errors = new LinkedHashMap<String, Double>();
        sums.forEach((layer, sum) -> errors.put("decoder.layers." + layer, Math.sqrt(sum[0] / Math.max(1e-30, sum[1]))));
        return errors;
    }

    private static SequencedMap<String, Tensor> outputs(DecoderLM model, Tensor ids) {
        var hooks = Hooks.of(model);
        var seen = hooks.capture("decoder.layers.?");
        var more = hooks.capture("decoder.layers.??");
        var most = hooks.capture("decoder.layers.???");
        model.hidden(ids, Pass.inference().with(hooks)).compute();
        seen.putAll(more);
        seen.putAll(most);
        return seen;
    }
}
