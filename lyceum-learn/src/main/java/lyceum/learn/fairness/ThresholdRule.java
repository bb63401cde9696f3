package lyceum.learn.fairness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;

/**
 * Randomised thresholds for each group.
 *
 * @param criterion that they meet on the rows they were fitted to
 * @param groups ascending
 * @param thresholds of each group
 * @param accuracy expected, on those rows
 */
public record ThresholdRule(FairnessCriterion criterion, long[] groups, List<RandomThreshold> thresholds, double accuracy) {
    /**
     * Accepts with probability {@code keep (share [score >= looser] + (1 - share) [score >= stricter]) + (1 - keep) coin}.
     *
     * @param stricter the higher threshold, perhaps infinite: then it accepts none
     * @param looser the lower one
     * @param share how often the lower one is used
     * @param keep how often the score is looked at
     * @param coin the chance of a row whose score is not
     */
    public record RandomThreshold(double stricter, double looser, double share, double keep, double coin) {
        public double acceptance(double score) {
            boolean strictly = score >= stricter && stricter < Double.POSITIVE_INFINITY;
            return keep * ((score >= looser ? share : 0) + (strictly ? 1 - share : 0)) + (1 - keep) * coin;
        }
    }

    static void check(FairnessCriterion criterion) {
        if (criterion == FairnessCriterion.PREDICTIVE_PARITY) throw new IllegalArgumentException(
                "ThresholdRule: thresholds for PREDICTIVE_PARITY are not a convex problem; take another criterion");
    }

    /**
     * The most accurate rule that meets the criterion exactly on these rows. Along the hull of a group's ROC curve accuracy is concave and
     * piecewise linear in the value that groups must share, so that the best shared value is a corner of one of them.
     *
     * @param scores higher for label 1
     * @param labels 0 or 1, both in every group
     */
    public static ThresholdRule fit(double[] scores, long[] labels, long[] groups, FairnessCriterion criterion) {
        check(criterion);
        if (scores.length != labels.length)
            throw new ShapeException("ThresholdRule: " + scores.length + " scores, " + labels.length + " labels");
        GroupedRows.binary("ThresholdRule", labels, scores.length);
        var found = GroupedRows.groups("ThresholdRule", groups, scores.length);
        var hulls = new ArrayList<RocHull>();
        for (int g = 0; g < found.count(); g++) hulls.add(RocHull.of(scores, labels, found.codes(), g, found.classes()[g]));
        double best = Double.NEGATIVE_INFINITY;
        List<RandomThreshold> rule = List.of();
        for (double shared : candidates(hulls, criterion)) {
            var points = hulls.stream().map(h -> h.at(criterion, shared)).toList();
            double tpr = points.stream().mapToDouble(RocHull.Point::truePositiveRate).min().getAsDouble(), right = 0;
            for (int g = 0; g < hulls.size(); g++) {
                var p = points.get(g);
                right += hulls.get(g).right(p.falsePositiveRate(),
                        criterion == FairnessCriterion.EQUALISED_ODDS ? tpr : p.truePositiveRate());
            }
            if (right <= best) continue;
            best = right;
            rule = points.stream().map(p -> criterion == FairnessCriterion.EQUALISED_ODDS ? p.loweredTo(tpr) : p.threshold(1, 0)).toList();
        }
        return new ThresholdRule(criterion, found.classes(), rule, best / scores.length);
    }

    /** Corners of every hull, and for equalised odds the places where two hulls cross between them. */
    private static double[] candidates(List<RocHull> hulls, FairnessCriterion criterion) {
        double[] corners = hulls.stream().flatMapToDouble(h -> Arrays.stream(h.corners(criterion))).sorted().distinct().toArray();
        if (criterion != FairnessCriterion.EQUALISED_ODDS) return corners;
        var all = new ArrayList<Double>();
        for (int k = 0; k < corners.length; k++) {
            all.add(corners[k]);
            if (k + 1 == corners.length) break;
            double from = corners[k], to = corners[k + 1];
            for (var a : hulls) {
                for (var b : hulls) {
                    double before = a.at(criterion, from).truePositiveRate() - b.at(criterion, from).truePositiveRate(),
                            after = a.at(criterion, to).truePositiveRate() - b.at(criterion, to).truePositiveRate();
                    if (before > 0 && after < 0) all.add(from + (to - from) * before / (before - after));
                }
            }
        }
        return all.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** The probability of a positive decision for each score. @throws IllegalArgumentException if a group was not in the fitted rows */
    public double[] acceptance(double[] scores, long[] group) {
        var p = new double[scores.length];
        for (int i = 0; i < p.length; i++) p[i] = thresholds.get(GroupedRows.code("ThresholdRule", groups, group[i])).acceptance(scores[i]);
        return p;
    }

    /** A copy. */
    @Override public long[] groups() { return groups.clone(); }
}
