package lyceum.learn.ensemble;

import java.util.ArrayList;
import java.util.Set;
import java.util.function.LongFunction;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Rows;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;

/**
 * {@link Bagging} of classifiers: probabilities are averaged, or votes counted.
 *
 * @param plan what each member sees
 * @param member the learner for a seed
 */
public record BaggedClassifier(Bagging plan, LongFunction<? extends Classifier> member) implements Classifier {
    @Override public Set<Tag> tags() { return BagDraws.tags(member.apply(0)); }

    @Override public BaggedClassifierModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public BaggedClassifierModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.labels(labels);
        double[] w = input.weights(weights);
        int[] kept = Rows.ofWeight(w), codes = new int[kept.length];
        for (int i = 0; i < kept.length; i++) codes[i] = found.codes()[kept[i]];
        long[] classes = found.classes();
        int k = classes.length;
        if (plan.balanced()) requireAll(codes, classes, input.operation());
        var fitted = BagDraws.fit(plan, input, labels, w, weights != null, b -> plan.rows(b, codes, k), ClassificationModel[]::new, k,
                (b, rows, own, weight) -> member.apply(plan.seedOf(b)).fit(rows, own, weight),
                (model, features, rows) -> BaggedClassifierModel.votes(model, features, rows, classes, plan.softVotes()));
        var members = new ArrayList<Member<ClassificationModel>>();
        for (int b = 0; b < plan.members(); b++) members.add(new Member<>(fitted.models()[b], fitted.features()[b]));
        double[] unseen = fitted.sums();
        for (int i = 0; i < unseen.length; i++) unseen[i] /= fitted.counts()[i / k];
        return new BaggedClassifierModel(classes, input.columns(), members, plan.softVotes(), unseen, score(unseen, found.codes(), k, w));
    }

    private static void requireAll(int[] codes, long[] classes, String operation) {
        var seen = new boolean[classes.length];
        for (int c : codes) seen[c] = true;
        for (int c = 0; c < seen.length; c++)
            if (!seen[c])
                throw new IllegalArgumentException(operation + ": class " + classes[c] + " has no row of positive weight to balance");
    }

    /** Accuracy over the rows that have votes. */
    static double score(double[] p, int[] codes, int k, double[] w) {
        double weight = 0, right = 0;
        for (int i = 0; i < codes.length; i++) {
            if (Double.isNaN(p[i * k])) continue;
            int best = 0;
            for (int c = 1; c < k; c++) if (p[i * k + c] > p[i * k + best]) best = c;
            weight += w[i];
            if (best == codes[i]) right += w[i];
        }
        return weight == 0 ? Double.NaN : right / weight;
    }
}
