package lyceum.models.vision.segment;

import java.util.List;
import lyceum.ShapeException;
import lyceum.models.vision.DetectionScore;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** A mask for each object: {@link MaskRcnn} by boxes, {@link MaskTransformer} by queries. */
public interface InstanceSegmenter {
    /** @throws IllegalArgumentException unless there is a list for each picture, of known classes and whole masks: names the first that is not */
    static void check(String who, Tensor images, List<List<Instance>> truths, int classes) {
        if (images.size(0) != truths.size())
            throw new IllegalArgumentException(who + ": " + images.size(0) + " pictures and " + truths.size() + " truths");
        for (int i = 0; i < truths.size(); i++)
            for (var t : truths.get(i))
                if (t.kind < 0 || t.kind >= classes || t.mask.length != images.size(2) * images.size(3))
                    throw new IllegalArgumentException(who + ": picture " + i + " has an object of class " + t.kind + " and "
                            + t.mask.length + " pixels; classes are below " + classes + ", masks have " + images.size(2) * images.size(3));
    }

    /**
     * An object.
     *
     * @param kind class number
     * @param score in [0, 1]; 1 for what is there
     * @param mask of the picture's pixels, row by row
     */
    record Instance(int kind, double score, boolean[] mask) {
        /** What is there. */
        public Instance(int kind, boolean[] mask) { this(kind, 1, mask); }

        /** Intersection over union of the masks; 0 of two empty ones. */
        public double iou(Instance other) {
            if (mask.length != other.mask.length)
                throw new ShapeException("Instance.iou: masks of " + mask.length + " and " + other.mask.length + " pixels");
            long both = 0, any = 0;
            for (int i = 0; i < mask.length; i++) {
                if (mask[i] && other.mask[i]) both++;
                if (mask[i] || other.mask[i]) any++;
            }
            return any == 0 ? 0 : (double) both / any;
        }
    }

    /** The objects of each picture, the surest first. Nothing is recorded or learned. */
    List<List<Instance>> segment(Tensor images);

    /** A scalar to descend. */
    Tensor loss(Tensor images, List<List<Instance>> truths, Pass pass);

    /** As a module. */
    Module module();

    /** Mask AP: a detection score whose overlaps are those of masks. */
    static DetectionScore score(List<List<Instance>> found, List<List<Instance>> truths) {
        if (found.size() != truths.size())
            throw new IllegalArgumentException("InstanceSegmenter.score: " + found.size() + " pictures found, " + truths.size() + " true");
        var score = new DetectionScore();
        for (int p = 0; p < found.size(); p++) {
            List<Instance> f = found.get(p), t = truths.get(p);
            var iou = new double[f.size()][t.size()];
            for (int i = 0; i < f.size(); i++) for (int j = 0; j < t.size(); j++) iou[i][j] = f.get(i).iou(t.get(j));
            score.add(iou, Tensor.of(f.stream().mapToDouble(Instance::score).toArray()), f.stream().mapToInt(Instance::kind).toArray(),
                    t.stream().mapToInt(Instance::kind).toArray());
        }
        return score;
    }
}
