package lyceum.learn.preprocessing;

import java.util.Objects;
import java.util.Set;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/** Each row over its norm, so that only directions are left; a row of zeros stays. Lengths are lost, so there is no inverse. @param norm L2 by default */
public record Normalizer(Norm norm) implements Transformer {

    /** What a row is divided by. */
    public enum Norm {
        /** The sum of sizes. */
        L1,
        /** The Euclidean length. */
        L2,
        /** The largest size. */
        MAX
    }

    public Normalizer { Objects.requireNonNull(norm, "norm"); }

    public Normalizer() { this(Norm.L2); }

    @Override public Set<Tag> tags() { return Set.of(Tag.STATELESS); }

    @Override public Fitted fit(Tensor x) { return fit(x, null, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        if (weights != null) input.weights(weights); // checked, and without effect
        return new Fitted(norm, input.columns());
    }

    /** Knows its width alone. */
    public record Fitted(Norm norm, int nFeatures) implements FittedTransformer {
        @Override public int nOutputs() { return nFeatures; }

        @Override public Tensor transform(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x();
            // over the largest first, so that no square overflows
            Tensor most = nonzero(rows.abs().max(1, true)), small = rows.div(most);
            return small.div(nonzero(switch (norm) {
                case L1 -> small.abs().sum(1, true);
                case L2 -> small.square().sum(1, true).sqrt();
                case MAX -> small.abs().max(1, true);
            })).compute();
        }

        private static Tensor nonzero(Tensor sizes) { return sizes.eq(0).where(sizes.onesLike(), sizes); }
    }
}
