package lyceum.learn.ensemble;

import java.util.Arrays;
import java.util.List;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link BaggedRegressor}.
 *
 * @param members the fits
 * @param oobPredictions for each training row the mean of the members that have not seen it (out of bag); NaN if all have
 * @param oobScore their R2; NaN if there are none
 */
public record BaggedRegressorModel(int nFeatures, List<Member<RegressionModel>> members, double[] oobPredictions, double oobScore)
        implements RegressionModel {
    public BaggedRegressorModel {
        members = List.copyOf(members);
    }

    /** A copy. */
    @Override public double[] oobPredictions() { return oobPredictions.clone(); }

    static double[] answers(RegressionModel member, int[] features, Tensor x) {
        return member.predict(BagDraws.columns(x, features)).toDoubleArray();
    }

    private double[][] said(Tensor x) {
        return BagDraws.answers(members, LearnerInput.forModelWithNaN(this, x).x(), BaggedRegressorModel::answers);
    }

    @Override public Tensor predict(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        return Tensor.of(BagDraws.mean(said(rows))).to(rows.dtype());
    }

    /** What each member says: (members x n), F64. */
    public Tensor memberPredictions(Tensor x) { return Tensor.of(said(x)); }

    /** The variance between members at each row (n), F64; the mean's own is smaller. NaN for a single member. */
    public Tensor variance(Tensor x) { return Tensor.of(BagDraws.variance(said(x))); }

    /** The model of the first members alone; the out-of-bag figures are left out. */
    public BaggedRegressorModel first(int count) {
        var none = new double[oobPredictions.length];
        Arrays.fill(none, Double.NaN);
        return new BaggedRegressorModel(nFeatures, members.subList(0, count), none, Double.NaN);
    }
}
