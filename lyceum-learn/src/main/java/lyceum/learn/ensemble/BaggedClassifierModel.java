package lyceum.learn.ensemble;

import java.util.Arrays;
import java.util.List;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link BaggedClassifier}. Probabilities are the members' mean ones, or the shares of their votes.
 *
 * @param classes the labels, ascending
 * @param members the fits; one may have seen fewer classes
 * @param softVotes whether members vote by probabilities, where they have any
 * @param oobVotes for each training row and class the mean over the members that have not seen the row (out of bag); NaN if all have
 * @param oobScore accuracy by them; NaN if there are none
 */
public record BaggedClassifierModel(long[] classes, int nFeatures, List<Member<ClassificationModel>> members, boolean softVotes,
        double[] oobVotes, double oobScore) implements ClassificationModel {
    public BaggedClassifierModel {
        members = List.copyOf(members);
    }

    @Override public long[] classes() { return classes.clone(); }

    /** A copy, {@code classes().length} numbers a row. */
    @Override public double[] oobVotes() { return oobVotes.clone(); }

    /** A member's vote for each of the classes. */
    static double[] votes(ClassificationModel member, int[] features, Tensor x, long[] classes, boolean soft) {
        int n = (int) x.size(0), k = classes.length;
        var rows = BagDraws.columns(x, features);
        var votes = new double[n * k];
        if (!soft || !member.hasProbabilities()) {
            long[] labels = member.predict(rows).toLongArray();
            for (int i = 0; i < n; i++) votes[i * k + Arrays.binarySearch(classes, labels[i])] = 1;
            return votes;
        }
        long[] own = member.classes();
        double[] p = member.predictProba(rows).toDoubleArray();
        if (own.length == k) return p;
        for (int c = 0; c < own.length; c++) {
            int place = Arrays.binarySearch(classes, own[c]);
            for (int i = 0; i < n; i++) votes[i * k + place] = p[i * own.length + c];
        }
        return votes;
    }

    private double[][] said(Tensor x) {
        return BagDraws.answers(members, LearnerInput.forModelWithNaN(this, x).x(),
                (member, features, rows) -> votes(member, features, rows, classes, softVotes));
    }

    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModelWithNaN(this, x).x();
        return Tensor.of(BagDraws.mean(said(rows)), rows.size(0), classes.length).to(rows.dtype());
    }

    /** The variance between members of each class's vote (n x classes), F64. NaN for a single member. */
    public Tensor variance(Tensor x) { return Tensor.of(BagDraws.variance(said(x)), x.size(0), classes.length); }

    /** The model of the first members alone; the out-of-bag figures are left out. */
    public BaggedClassifierModel first(int count) {
        var none = new double[oobVotes.length];
        Arrays.fill(none, Double.NaN);
        return new BaggedClassifierModel(classes, nFeatures, members.subList(0, count), softVotes, none, Double.NaN);
    }
}
