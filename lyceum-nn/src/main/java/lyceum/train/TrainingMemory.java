package lyceum.train;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.optim.UpdateRule;
import lyceum.tensor.Tensor;

/**
 * What training a model will hold in memory, in bytes, before it begins.
 *
 * {@snippet :
 * System.out.println(TrainingMemory.of(model, new AdamW(1e-4), DType.F32).withActivations(() -> loss.of(rows, pass)));
 * // 16,000,000 bytes of states: weights 4,000,000, gradients 4,000,000, master weights 0, optimiser 8,000,000; activations 2,345,678
 * }
 *
 * <p>AdamW takes 16 bytes a parameter in F32 (4 + 4 + 8) and in BF16 with master weights (2 + 2 + 4 + 8). Frozen weights cost their own bytes alone,
 * which is what makes {@link lyceum.train.peft.Peft} small.
 *
 * @param weights of parameters and buffers
 * @param gradients of what is trained
 * @param master F32 copies of trained weights that are narrower, see {@link lyceum.optim.Optimizer#withMasterWeights}
 * @param optimizer what the rule remembers
 * @param activations what a forward pass asks for, kept until the step ends; 0 if not measured
 * @see <a href="https://arxiv.org/abs/1910.02054">Rajbhandari et al. (2020), section 3</a>
 */
public record TrainingMemory(long weights, long gradients, long master, long optimizer, long activations) {

    /**
     * Of a model whose floats are cast to a type; with F16 and BF16 there are master weights. Activations are not known yet.
     *
     * @param type F32, or BF16 or F16 for mixed precision; F64
     */
    public static TrainingMemory of(Module model, UpdateRule rule, DType type) {
        if (!type.isFloat()) throw new IllegalArgumentException("TrainingMemory: parameters of " + type + "; a float type");
        long weights = 0, gradients = 0, master = 0, optimizer = 0;
        boolean narrow = type.bytes() < 4;
        for (var tensor : model.state().values()) {
            weights += tensor.count() * (tensor.dtype().isFloat() ? type : tensor.dtype()).bytes();
            if (!tensor.isTracked()) continue;
            gradients += tensor.count() * type.bytes();
            if (narrow) master += tensor.count() * 4;
            var shape = Tensor.zeros(narrow ? DType.F32 : type, tensor.shape().toArray());
            for (var slot : rule.slots(shape)) {
                var value = rule.start(slot, shape);
                optimizer += value.count() * value.dtype().bytes();
            }
        }
        return new TrainingMemory(weights, gradients, master, optimizer, 0);
    }

    /** With the bytes that computing a loss asks for, measured by computing it once, recorded, on a batch of the size that will be used. */
    public TrainingMemory withActivations(Supplier<Tensor> loss) {
        try (var scope = Scope.open("activations")) {
            loss.get().item();
            return new TrainingMemory(weights, gradients, master, optimizer, scope.allocated());
        }
    }

    /** Bytes that stay from step to step, and gradients. */
    public long states() { return weights + gradients + master + optimizer; }

    public long total() { return states() + activations; }

    /** Bytes by kind, for figures. */
    public Map<String, Long> parts() {
        var parts = new LinkedHashMap<String, Long>();
        parts.put("weights", weights);
        parts.put("gradients", gradients);
        parts.put("master weights", master);
        parts.put("optimiser", optimizer);
        parts.put("activations", activations);
        return parts;
    }

    @Override public String toString() {
        return String.format(Locale.ROOT,
                "%,d bytes of states: weights %,d, gradients %,d, master weights %,d, optimiser %,d; activations %,d", states(), weights,
                gradients, master, optimizer, activations);
    }
}
