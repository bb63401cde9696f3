package lyceum.learn.linear;

import java.util.List;
import java.util.Set;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;

/**
 * Ridge with its strength chosen by leave-one-out or generalised cross-validation, at the price of one SVD.
 *
 * @param alphas the candidates, positive
 * @param criterion leave-one-out by default
 * @param ridge the other options; its alpha plays no part
 */
public record RidgeCv(List<Double> alphas, Criterion criterion, Ridge ridge) implements Regressor {

    /** What is made small. */
    public enum Criterion {
        /** Mean squared error of each row predicted by the others. */
        LEAVE_ONE_OUT,
        /** {@code n RSS / (n - df)^2}: leave-one-out with every row's leverage replaced by the mean, which no rotation of the rows changes. */
        GCV
    }

    public RidgeCv {
        alphas = List.copyOf(alphas);
        if (alphas.isEmpty()) throw new IllegalArgumentException("RidgeCv: there are no alphas to choose from");
        for (double a : alphas)
            if (!(a > 0 && a < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("RidgeCv: alpha " + a + " is among the candidates; they are positive and finite");
    }

    public RidgeCv(double... alphas) { this(Ridge.boxed(alphas), Criterion.LEAVE_ONE_OUT, new Ridge(1)); }

    public RidgeCv withCriterion(Criterion criterion) { return new RidgeCv(alphas, criterion, ridge); }

    public RidgeCv withIntercept(boolean intercept) { return new RidgeCv(alphas, criterion, ridge.withIntercept(intercept)); }

    public RidgeCv withPenalties(double... penalties) { return new RidgeCv(alphas, criterion, ridge.withPenalties(penalties)); }

    @Override public Set<Tag> tags() { return Set.of(Tag.MULTI_OUTPUT); }

    @Override public RidgeCvModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public RidgeCvModel fit(Tensor x, Tensor y, Tensor weights) {
        var path = ridge.path(x, y, weights);
        var scores = new double[alphas.size()];
        int best = 0;
        for (int i = 0; i < scores.length; i++) {
            scores[i] = criterion == Criterion.GCV ? path.gcv(alphas.get(i)) : path.leaveOneOutScore(alphas.get(i));
            if (scores[i] < scores[best]) best = i;
        }
        return new RidgeCvModel(path.model(alphas.get(best)), alphas, Ridge.boxed(scores));
    }
}
