package lyceum.models.vision.detect;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.models.vision.DetectionScore;
import lyceum.models.vision.NonMaxSuppression;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * Finds objects: pictures (n, channels, height, width) become boxes with classes and scores, however many there are. Boxes are left, top,
 * right, bottom in pixels of the picture.
 *
 * <p>Three generations over one kit: {@link RegionDetector} is R-CNN, Fast and Faster R-CNN by its configuration, {@link Detr} predicts a
 * set; {@link Yolo} is one stage. Each tells its {@linkplain #loss loss}, so that a {@link lyceum.train.Trainer} trains it.
 */
public interface Detector {
    /**
     * What is there.
     *
     * @param boxes (m, 4)
     * @param kinds class numbers from 0 on
     */
    record Truth(Tensor boxes, int[] kinds) {
        public Truth {
            if (boxes.rank() != 2 || boxes.size(1) != 4 || boxes.size(0) != kinds.length)
                throw new ShapeException("Truth: boxes " + boxes.shape() + " with " + kinds.length + " classes; (m, 4) with m");
        }
    }

    /**
     * What was found, the surest first.
     *
     * @param boxes (m, 4)
     * @param scores (m), in [0, 1]
     * @param kinds class numbers
     */
    record Found(Tensor boxes, Tensor scores, int[] kinds) {
        /** Those of a score of at least that. */
        public Found above(double score) {
            double[] s = scores.toDoubleArray();
            return rows(IntStream.range(0, s.length).filter(i -> s[i] >= score).toArray());
        }

        /** Some of them, in that order. */
        Found rows(int... rows) { return new Found(boxes.rows(rows), scores.rows(rows), IntStream.of(rows).map(i -> kinds[i]).toArray()); }

        /** Without those that overlap a surer one of their class by more than an IoU. */
        Found suppressed(double iou) { return rows(new NonMaxSuppression(iou).keep(boxes, scores, kinds)); }
    }

    /** What is in each picture. Nothing is recorded or learned. */
    List<Found> detect(Tensor images);

    /** A scalar to descend: a mean over pictures, objects or samples, as the detector says. @throws IllegalArgumentException unless there is a truth for each picture, of known classes */
    Tensor loss(Tensor images, List<Truth> truths, Pass pass);

    /** The detector as a module. */
    Module module();

    /** How well it finds what is in pictures, by all that it finds above its threshold; COCO's measure wants that near 0. */
    default DetectionScore score(Tensor images, List<Truth> truths) {
        if (images.size(0) != truths.size())
            throw new IllegalArgumentException("Detector.score: " + images.size(0) + " pictures and " + truths.size() + " truths");
        var score = new DetectionScore();
        var found = detect(images);
        for (int i = 0; i < found.size(); i++) {
            var f = found.get(i);
            score.add(f.boxes, f.scores, f.kinds, truths.get(i).boxes, truths.get(i).kinds);
        }
        return score;
    }

    /** @throws IllegalArgumentException unless each picture has a truth of classes below that and of boxes that are above 0 wide and high */
    static void check(String who, Tensor images, List<Truth> truths, int classes) {
        if (images.rank() != 4 || images.size(0) != truths.size()) throw new IllegalArgumentException(
                who + ": pictures " + images.shape() + " and " + truths.size() + " truths; (n, channels, height, width) and n");
        for (var truth : truths) {
            for (int kind : truth.kinds)
                if (kind < 0 || kind >= classes)
                    throw new IllegalArgumentException(who + ": class " + kind + "; they are numbered from 0 to " + (classes - 1));
            for (double[] b : truth.boxes.toRows())
                if (!(b[2] > b[0] && b[3] > b[1])) throw new IllegalArgumentException(
                        who + ": box " + Arrays.toString(b) + "; left, top, right and bottom, of which right and bottom are larger");
        }
    }
}
