package lyceum.learn.selection;

import java.util.Set;
import java.util.stream.IntStream;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/** Keeps the columns that correlate best with the labels: what must not happen before cross-validation. */
public record BestCorrelated(int keep) implements Transformer {
    @Override public Set<Tag> tags() { return Set.of(Tag.SUPERVISED); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] target = y.to(x.dtype()).sub(y.to(x.dtype()).mean()).toDoubleArray();
        var centred = x.sub(x.mean(0));
        double[] score = centred.mul(Tensor.of(target).unsqueeze(1)).sum(0).square().div(centred.square().sum(0)).toDoubleArray();
        int[] kept = IntStream.range(0, score.length).boxed().sorted((a, b) -> Double.compare(score[b], score[a])).limit(keep)
                .mapToInt(i -> i).sorted().toArray();
        return new Fitted(kept, input.columns());
    }

    public record Fitted(int[] kept, int nFeatures) implements FittedTransformer {
        @Override public int nOutputs() { return kept.length; }

        @Override public Tensor transform(Tensor x) { return x.indexSelect(1, Tensor.of(kept)); }
    }
}
