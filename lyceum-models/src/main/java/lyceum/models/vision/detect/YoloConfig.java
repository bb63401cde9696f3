package lyceum.models.vision.detect;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link Yolo}.
 *
 * @param classes of objects
 * @param coding of boxes: a generation of heads
 * @param width channels at stride 2; each further stage doubles them
 * @param depth bottlenecks of a CSP block
 * @param stages after the first convolution, each halving the map: the coarsest stride is {@code 2^(stages + 1)}
 * @param levels from the coarsest on that have a head; more than one are a pyramid, in which finer maps see coarser ones
 * @param priors widths and heights in pixels, the same number for each level, the finest level's first; for {@link YoloCoding#ANCHORS}
 * @param dual whether a second head learns one box an object, which needs no suppression (v10); for {@link YoloCoding#ANCHOR_FREE}
 * @param assigned boxes an object that the first head learns, at most; for {@link YoloCoding#ANCHOR_FREE}
 * @param threshold of scores that are told; 0.001 for a {@link Detector#score measure}, 0.25 to look at
 * @param suppression IoU above which the less sure of two boxes of a class is left out
 */
@Withers
public record YoloConfig(int classes, YoloCoding coding, int width, int depth, int stages, int levels, List<Prior> priors, boolean dual,
        int assigned, double threshold, double suppression) implements YoloConfigWithers {

    /** A usual size of objects, in pixels. */
    public record Prior(double width, double height) {
        public Prior {
            if (!(width > 0 && height > 0)) throw new IllegalArgumentException("Prior: " + width + " x " + height + "; above 0");
        }

        private double like(Prior other) {
            double both = Math.min(width, other.width) * Math.min(height, other.height);
            return both / (width * height + other.width * other.height - both);
        }

        private static final int MOST_ROUNDS = 300;

        /**
         * The k means of sizes whose distance is {@code 1 - IoU} of boxes about one middle, the smallest first (Redmon and Farhadi 2017).
         *
         * @throws IllegalArgumentException unless there are at least k sizes
         */
        public static List<Prior> clustered(List<Prior> sizes, int k, Rng rng) {
            if (k < 1 || sizes.size() < k)
                throw new IllegalArgumentException("Prior.clustered: " + k + " means of " + sizes.size() + " sizes");
            var means = new Prior[k];
            int[] first = rng.sample(sizes.size(), k), of = new int[sizes.size()];
            for (int c = 0; c < k; c++) means[c] = sizes.get(first[c]);
            boolean moved = true; // means need not raise their share of overlap, so an end is not certain
            for (int round = 0; moved && round < MOST_ROUNDS; round++) {
                moved = false;
                double[] w = new double[k], h = new double[k];
                var count = new int[k];
                for (int i = 0; i < of.length; i++) {
                    int best = of[i];
                    for (int c = 0; c < k; c++) if (sizes.get(i).like(means[c]) > sizes.get(i).like(means[best]) + 1e-12) best = c;
                    moved |= best != of[i];
                    of[i] = best;
                    w[best] += sizes.get(i).width;
                    h[best] += sizes.get(i).height;
                    count[best]++;
                }
                for (int c = 0; c < k; c++) if (count[c] > 0) means[c] = new Prior(w[c] / count[c], h[c] / count[c]);
            }
            return Arrays.stream(means).sorted(Comparator.comparingDouble(p -> p.width * p.height)).toList();
        }
    }

    public YoloConfig {
        Objects.requireNonNull(coding, "coding");
        priors = List.copyOf(priors);
        if (classes < 1 || width < 2 || width % 2 != 0 || depth < 1 || stages < 1 || levels < 1 || levels > stages || assigned < 1)
            throw new IllegalArgumentException("YoloConfig: " + classes + " classes, width " + width + " (even), depth " + depth + ", "
                    + stages + " stages, " + levels + " levels (at most as many), " + assigned + " assigned");
        if (coding == YoloCoding.ANCHORS != !priors.isEmpty() || priors.size() % levels != 0)
            throw new IllegalArgumentException("YoloConfig: " + priors.size() + " priors with " + coding
                    + "; ANCHORS have as many on each of " + levels + " levels, others none");
        if (coding == YoloCoding.GRID && levels > 1) throw new IllegalArgumentException(
                "YoloConfig: GRID on " + levels + " levels; a box has one cell, so coarser ones would learn nothing: take 1");
        if (dual && coding != YoloCoding.ANCHOR_FREE)
            throw new IllegalArgumentException("YoloConfig: dual heads go with ANCHOR_FREE, not with " + coding);
        if (!(threshold >= 0 && threshold < 1 && suppression >= 0 && suppression <= 1)) throw new IllegalArgumentException(
                "YoloConfig: threshold " + threshold + ", suppression " + suppression + "; they lie between 0 and 1");
    }

    /** One level at stride 8, width 12; {@link #anchored} gives anchors. */
    public YoloConfig(int classes, YoloCoding coding) { this(classes, coding, 12, 1, 2, 1, List.of(), false, 10, 0.001, 0.5); }

    /** With anchors: priors of so many levels, the finest level's first. */
    public YoloConfig anchored(List<Prior> priors, int levels) {
        return new YoloConfig(classes, YoloCoding.ANCHORS, width, depth, stages, levels, priors, false, assigned, threshold, suppression);
    }

    /** Boxes at each cell. */
    int each() { return priors.isEmpty() ? 1 : priors.size() / levels; }
}
