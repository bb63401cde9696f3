package lyceum.models.vision.segment;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * Panoptic quality: segments of a class that overlap by an IoU above a half are pairs, of which no segment can have two. {@code PQ = SQ RQ}, the mean
 * IoU of the pairs times {@code TP / (TP + FP / 2 + FN / 2)}; over classes it is averaged. True segments of a class that stands for
 * "nobody labelled this" are void, as in panopticapi: their pixels belong to no union, and a segment that lies in them by more than a half is not wrong. For
 * one thread.
 *
 * @see <a href="https://arxiv.org/abs/1801.00868">Kirillov et al. (2019), section 4</a>
 */
public final class PanopticScore {
    /**
     * Of one class over all pictures.
     *
     * @param overlap sum of the pairs' IoUs
     * @param right pairs
     * @param wrong segments that were found and have none
     * @param missed true segments that have none
     */
    public record Tally(double overlap, int right, int wrong, int missed) {
        /** SQ; 0 without a pair. */
        public double segmentation() { return right == 0 ? 0 : overlap / right; }

        /** RQ. */
        public double recognition() { return right / (right + 0.5 * wrong + 0.5 * missed); }

        /** PQ. */
        public double quality() { return overlap / (right + 0.5 * wrong + 0.5 * missed); }

        private Tally plus(double o, int r, int w, int m) { return new Tally(overlap + o, right + r, wrong + w, missed + m); }
    }

    private final int unlabelled;
    private final Map<Integer, Tally> tallies = new TreeMap<>();

    /** Void is class -1. */
    public PanopticScore() { this(-1); }

    /** @param unlabelled the class that is void */
    public PanopticScore(int unlabelled) { this.unlabelled = unlabelled; }

    /** A picture. Returns this. */
    public PanopticScore add(Segmentation found, Segmentation truth) {
        int[] a = found.segmentOf(), b = truth.segmentOf();
        int n = found.segments().size(), m = truth.segments().size();
        if (a.length != b.length)
            throw new IllegalArgumentException("PanopticScore: " + a.length + " found and " + b.length + " true pixels");
        int[][] both = new int[n][m];
        int[] foundArea = new int[n], trueArea = new int[m];
        for (int i = 0; i < a.length; i++) {
            both[a[i]][b[i]]++;
            foundArea[a[i]]++;
            trueArea[b[i]]++;
        }
        var paired = new boolean[m];
        for (int s = 0; s < n; s++) {
            int kind = found.segments().get(s).kind(), mate = -1, beyond = 0;
            if (foundArea[s] == 0 || kind == unlabelled) continue;
            for (int t = 0; t < m; t++) if (truth.segments().get(t).kind() == unlabelled) beyond += both[s][t];
            double overlap = 0;
            for (int t = 0; t < m; t++) {
                double iou = (double) both[s][t] / (foundArea[s] - beyond + trueArea[t] - both[s][t]);
                if (truth.segments().get(t).kind() != kind || !(iou > 0.5)) continue;
                mate = t;
                overlap = iou;
            }
            if (mate >= 0) paired[mate] = true;
            if (mate >= 0 || beyond <= 0.5 * foundArea[s]) tally(kind, overlap, mate >= 0 ? 1 : 0, mate >= 0 ? 0 : 1, 0);
        }
        for (int t = 0; t < m; t++) {
            int kind = truth.segments().get(t).kind();
            if (!paired[t] && trueArea[t] > 0 && kind != unlabelled) tally(kind, 0, 0, 0, 1);
        }
        return this;
    }

    private void tally(int kind, double overlap, int right, int wrong, int missed) {
        tallies.put(kind, tallies.getOrDefault(kind, new Tally(0, 0, 0, 0)).plus(overlap, right, wrong, missed));
    }

    /** Of a class; all zero if it is nowhere. */
    public Tally of(int kind) { return tallies.getOrDefault(kind, new Tally(0, 0, 0, 0)); }

    /** PQ, the mean over classes that were found or are there. */
    public double quality() { return mean(Tally::quality); }

    /** SQ, the mean over these. */
    public double segmentation() { return mean(Tally::segmentation); }

    /** RQ, the mean over these. */
    public double recognition() { return mean(Tally::recognition); }

    private double mean(ToDoubleFunction<Tally> of) { return tallies.values().stream().mapToDouble(of).average().orElse(Double.NaN); }
}
