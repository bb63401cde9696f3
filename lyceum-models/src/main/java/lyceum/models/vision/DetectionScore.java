package lyceum.models.vision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import lyceum.tensor.Tensor;

/**
 * How well a detector finds what is there, as COCO and Pascal VOC measure it: over all pictures, from the surest box of a class down, a
 * box is right if it meets an object of its class that no surer box has taken by at
 * least an IoU; the precision at each recall, made non-increasing, is averaged.
 *
 * {@snippet :
 * var score = new DetectionScore();
 * score.add(found, scores, kinds, truths, truthKinds);      // each picture
 * double map50 = score.at(0.5), map = score.mean();
 * }
 *
 * <p>A box is matched as in COCO, whatever the {@link Points}: to the object it meets most among those not yet taken. VOC's kit looks at
 * the object that it meets most among all, and counts the box as wrong if that one is taken. Of each class in a picture COCO takes the 100 surest boxes, VOC
 * all. Classes without an object are left out; there are no crowds and no limits of area. For one thread.
 *
 * @see <a href="https://arxiv.org/abs/1405.0312">Lin et al. (2014)</a>
 */
public final class DetectionScore {
    /** Which recalls are averaged. */
    public enum Points {
        /** 0, 0.01 .. 1 (COCO). */
        COCO,
        /** 0, 0.1 .. 1 (VOC 2007). */
        VOC_2007,
        /** All: the area under the curve (VOC 2010). */
        AREA
    }

    private record Picture(double[][] iou, double[] scores, int[] kinds, int[] truthKinds) {}

    private record Found(int picture, int row, double score) {}

    private static final int MOST = 100;

    private final Points points;
    private final List<Picture> pictures = new ArrayList<>();

    /** As COCO. */
    public DetectionScore() { this(Points.COCO); }

    public DetectionScore(Points points) { this.points = points; }

    /** A picture: boxes (n, 4) that were found with scores (n) and classes, and boxes (m, 4) that are there. */
    public void add(Tensor found, Tensor scores, int[] kinds, Tensor truths, int[] truthKinds) {
        if (found.size(0) != kinds.length || scores.count() != kinds.length || truths.size(0) != truthKinds.length)
            throw new IllegalArgumentException("DetectionScore: " + found.size(0) + " boxes, " + scores.count() + " scores, " + kinds.length
                    + " classes; " + truths.size(0) + " truths, " + truthKinds.length + " classes");
        add(kinds.length == 0 || truthKinds.length == 0 ? new double[kinds.length][truthKinds.length]
                : BoxOverlap.IOU.pairs(found, truths).toRows(), scores, kinds, truthKinds);
    }

    /** A picture whose things, boxes or masks, overlap by the given IoUs (n, m). */
    public void add(double[][] iou, Tensor scores, int[] kinds, int[] truthKinds) {
        if (iou.length != kinds.length || scores.count() != kinds.length || iou.length > 0 && iou[0].length != truthKinds.length)
            throw new IllegalArgumentException("DetectionScore: IoUs of " + iou.length + " found, " + scores.count() + " scores, "
                    + kinds.length + " classes; " + truthKinds.length + " truths");
        pictures.add(new Picture(iou, scores.toDoubleArray(), kinds.clone(), truthKinds.clone()));
    }

    /** Mean over the classes at an IoU; NaN if no object was there. */
    public double at(double threshold) {
        return pictures.stream().flatMapToInt(p -> Arrays.stream(p.truthKinds)).distinct().sorted()
                .mapToDouble(kind -> ofClass(kind, threshold)).average().orElse(Double.NaN);
    }

    /** Mean over IoUs 0.5, 0.55 .. 0.95: COCO's AP. */
    public double mean() {
        double sum = 0;
        for (int i = 0; i < 10; i++) sum += at(0.5 + 0.05 * i);
        return sum / 10;
    }

    /** Of one class at an IoU. */
    public double ofClass(int kind, double threshold) {
        var found = new ArrayList<Found>();
        var surest = Comparator.comparingDouble(Found::score).reversed();
        int there = 0;
        for (int p = 0; p < pictures.size(); p++) {
            var picture = pictures.get(p);
            var own = new ArrayList<Found>();
            for (int i = 0; i < picture.kinds.length; i++) if (picture.kinds[i] == kind) own.add(new Found(p, i, picture.scores[i]));
            own.sort(surest);
            found.addAll(points == Points.COCO && own.size() > MOST ? own.subList(0, MOST) : own);
            for (int truth : picture.truthKinds) if (truth == kind) there++;
        }
        found.sort(surest);
        var taken = pictures.stream().map(p -> new boolean[p.truthKinds.length]).toList();
        double[] precision = new double[found.size()], recall = new double[found.size()];
        int right = 0;
        for (int i = 0; i < found.size(); i++) {
            var f = found.get(i);
            var picture = pictures.get(f.picture);
            int best = -1;
            for (int t = 0; t < picture.truthKinds.length; t++) {
                if (picture.truthKinds[t] != kind || taken.get(f.picture)[t] || picture.iou[f.row][t] < threshold) continue;
                if (best < 0 || picture.iou[f.row][t] > picture.iou[f.row][best]) best = t;
            }
            if (best >= 0) {
                taken.get(f.picture)[best] = true;
                right++;
            }
            precision[i] = right / (i + 1.0);
            recall[i] = (double) right / there;
        }
        for (int i = precision.length - 2; i >= 0; i--) precision[i] = Math.max(precision[i], precision[i + 1]);
        return averaged(precision, recall);
    }

    private double averaged(double[] precision, double[] recall) {
        double sum = 0, last = 0;
        if (points == Points.AREA) {
            for (int i = 0; i < recall.length; i++) {
                sum += (recall[i] - last) * precision[i];
                last = recall[i];
            }
            return sum;
        }
        int steps = points == Points.COCO ? 100 : 10;
        for (int s = 0, i = 0; s <= steps; s++) {
            while (i < recall.length && recall[i] < (double) s / steps - 1e-12) i++;
            if (i < recall.length) sum += precision[i];
        }
        return sum / (steps + 1);
    }
}
