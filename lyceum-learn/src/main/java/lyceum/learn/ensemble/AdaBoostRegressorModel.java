package lyceum.learn.ensemble;

import java.util.Arrays;
import java.util.List;
import lyceum.learn.ensemble.AdaBoostClassifier.Stop;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link AdaBoostRegressor}.
 *
 * @param members the stages' fits
 * @param memberWeights their votes
 * @param errors the weighted mean loss of each
 * @param stop why there are no more
 */
public record AdaBoostRegressorModel(int nFeatures, List<RegressionModel> members, double[] memberWeights, double[] errors, Stop stop)
        implements RegressionModel {
    public AdaBoostRegressorModel {
        members = List.copyOf(members);
    }

    /** A copy. */
    @Override public double[] memberWeights() { return memberWeights.clone(); }

    /** A copy. */
    @Override public double[] errors() { return errors.clone(); }

    /** The weighted median of the members: the least prediction up to which half of the votes lie. */
    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        int n = (int) rows.size(0), count = members.size();
        var said = new double[count][];
        for (int m = 0; m < count; m++) said[m] = members.get(m).predict(rows).toDoubleArray();
        var out = new double[n];
        var order = new int[count];
        double half = 0;
        for (double v : memberWeights) half += v / 2;
        for (int i = 0; i < n; i++) {
            for (int m = 0; m < count; m++) {
                int j = m;
                for (; j > 0 && said[order[j - 1]][i] > said[m][i]; j--) order[j] = order[j - 1];
                order[j] = m;
            }
            double below = 0;
            int at = -1;
            while (at + 1 < count && below < half - 1e-12 * half) below += memberWeights[order[++at]];
            out[i] = said[order[Math.max(at, 0)]][i];
        }
        return Tensor.of(out).to(rows.dtype());
    }

    /** The model of the first members alone: staged predictions. */
    public AdaBoostRegressorModel first(int count) {
        return new AdaBoostRegressorModel(nFeatures, members.subList(0, count), Arrays.copyOf(memberWeights, count),
                Arrays.copyOf(errors, count), Stop.STAGES);
    }
}
