package lyceum.learn.uncertainty;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import lyceum.ShapeException;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * Models that were fitted apart, averaged: a deep ensemble where they are networks of different seeds.
 *
 * @param members of the same classes, at least one
 * @see <a href="https://arxiv.org/abs/1612.01474">Lakshminarayanan, Pritzel and Blundell (2017)</a>
 */
public record ClassEnsemble(List<ClassificationModel> members) implements UncertaintyEstimator<ClassForecast> {
    public ClassEnsemble {
        members = List.copyOf(members);
        if (members.isEmpty()) throw new IllegalArgumentException("ClassEnsemble: there are no members");
        for (var m : members)
            if (!Arrays.equals(m.classes(), members.getFirst().classes()) || m.nFeatures() != members.getFirst().nFeatures())
                throw new ShapeException("ClassEnsemble: members know different classes or columns");
    }

    /** Fits the learners of seeds 0 to count - 1. */
    public static ClassEnsemble fit(LongFunction<? extends Classifier> bySeed, int count, Tensor x, Tensor labels) {
        return new ClassEnsemble(LongStream.range(0, count).mapToObj(s -> (ClassificationModel) bySeed.apply(s).fit(x, labels)).toList());
    }

    @Override public int nFeatures() { return members.getFirst().nFeatures(); }

    @Override public ClassForecast forecast(Tensor x) {
        return ClassForecast.ofMembers(members.getFirst().classes(),
                Tensor.stack(0, members.stream().map(m -> m.predictProba(x)).toArray(Tensor[]::new)));
    }
}
