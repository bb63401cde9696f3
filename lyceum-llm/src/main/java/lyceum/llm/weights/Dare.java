package lyceum.llm.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Drop and rescale: each entry of a model's change is dropped with probability p, the others are divided by {@code 1 - p}, so that the mean stays; what is left
 * goes to another method.
 *
 * {@snippet :
 * var merged = new ModelMerger(new Dare(0.9, 1, new TiesMerging().withDensity(1))).merge(base, List.of(first, second));
 * TaskVector thin = new Dare(0.9, 1).of(TaskVector.between(base, first));      // a tenth of the entries, small as a file
 * }
 *
 * <p>Masks depend on the seed, the tensor's name and the model's number alone: not on the order in which files list tensors.
 *
 * @param drop p, in [0, 1): the share <em>dropped</em>
 * @param rescale divides what is kept by {@code 1 - p}
 * @param then what merges the thinned models; it sees them as {@code base + thinned change}
 * @see <a href="https://arxiv.org/abs/2311.03099">Yu, Yu, Yu, Huang and Li (2024)</a>
 */
@Withers
public record Dare(double drop, boolean rescale, long seed, MergeMethod then) implements MergeMethod, DareWithers {
    public Dare {
        Objects.requireNonNull(then, "then");
        if (!(drop >= 0 && drop < 1)) throw new IllegalArgumentException("Dare: drop is " + drop + "; the share dropped lies in [0, 1)");
        if (then instanceof FisherMean || then instanceof RegMean || then instanceof Dare)
            throw new IllegalArgumentException("Dare: then is " + then + "; Mean, Spherical, TaskArithmetic and TiesMerging follow it");
    }

    /** Rescaled, and then merged. */
    public Dare(double drop, long seed, MergeMethod then) { this(drop, true, seed, then); }

    /** Rescaled; changes are added. */
    public Dare(double drop, long seed) { this(drop, seed, new TaskArithmetic(List.of())); }

    @Override public boolean needsBase() { return true; }

    @Override public Tensor merge(Slot slot) {
        var thinned = new ArrayList<Tensor>();
        for (int i = 0; i < slot.models().size(); i++)
            thinned.add(slot.base().add(thinned(slot.name(), i, slot.models().get(i).sub(slot.base()))).compute());
        return then.merge(new Slot(slot.name(), slot.base(), thinned, slot.statistics()));
    }

    /** One tensor's change, thinned. @param model the number of the model that changed it */
    public Tensor thinned(String name, int model, Tensor change) {
        long stream = 1469598103934665603L; // FNV-1a of the name
        for (int i = 0; i < name.length(); i++) stream = (stream ^ name.charAt(i)) * 1099511628211L;
        var kept = Tensor.rand(Rng.of(seed).split(stream).split(model), DType.F64, change.shape().toArray()).ge(drop);
        return kept.where(rescale ? change.div(1 - drop) : change, change.zerosLike()).compute();
    }

    /** All tensors of a change, thinned as those of the first model of a merge. */
    public TaskVector of(TaskVector change) { return change.mapped((name, delta) -> thinned(name, 0, delta)); }
}
