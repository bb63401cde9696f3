package lyceum.models.vision.segment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import lyceum.ShapeException;
import lyceum.models.vision.segment.InstanceSegmenter.Instance;
import lyceum.tensor.Tensor;

/**
 * A panoptic map: every pixel belongs to exactly one segment, each a thing (one of several of its class) or a stuff (all of its class).
 *
 * {@snippet :
 * Segmentation map = Segmentation.merge(logits, instances, Set.of(0), 0.5);       // class 0 of the logits is stuff
 * double quality = new PanopticScore().add(map, truth).quality();
 * }
 *
 * @param segmentOf number of each pixel's segment, row by row
 * @param segments by number
 * @see <a href="https://arxiv.org/abs/1801.00868">Kirillov, He, Girshick, Rother and Dollar (2019)</a>
 */
public record Segmentation(int[] segmentOf, List<Segment> segments) {
    /** @param kind class number @param thing whether it is one of several of its class */
    public record Segment(int kind, boolean thing) {}

    public Segmentation {
        segments = List.copyOf(segments);
        for (int s : segmentOf)
            if (s < 0 || s >= segments.size()) throw new IllegalArgumentException("Segmentation: segment " + s + " of " + segments.size());
    }

    /**
     * Things before stuff, the surest before others: an object takes what is still free of its mask, and is left out if that is too little of it; what is free
     * then has the likeliest stuff class.
     *
     * @param logits of all classes at each pixel, (classes, height, width)
     * @param instances whose kinds are classes of the logits too, none of them stuff
     * @param stuff classes that are no things, at least one
     * @param least share of a mask that must be free, in [0, 1]
     */
    public static Segmentation merge(Tensor logits, List<Instance> instances, Set<Integer> stuff, double least) {
        if (logits.rank() != 3) throw new ShapeException("Segmentation.merge: logits " + logits.shape() + "; (classes, height, width)");
        if (stuff.isEmpty() || stuff.stream().anyMatch(k -> k < 0 || k >= logits.size(0)) || !(least >= 0 && least <= 1))
            throw new IllegalArgumentException("Segmentation.merge: stuff " + stuff + " of " + logits.size(0) + " classes, least " + least
                    + "; a class at least, a share in [0, 1]");
        int pixels = (int) (logits.size(1) * logits.size(2));
        var segmentOf = new int[pixels];
        Arrays.fill(segmentOf, -1);
        var segments = new ArrayList<Segment>();
        for (var instance : instances.stream().sorted(Comparator.comparingDouble(Instance::score).reversed()).toList()) {
            boolean[] mask = instance.mask();
            if (mask.length != pixels)
                throw new ShapeException("Segmentation.merge: a mask of " + mask.length + " pixels, logits of " + pixels);
            if (instance.kind() < 0 || instance.kind() >= logits.size(0) || stuff.contains(instance.kind()))
                throw new IllegalArgumentException("Segmentation.merge: an object of class " + instance.kind() + " of " + logits.size(0)
                        + " classes, where " + stuff + " are stuff; number objects as the logits do");
            int all = 0, free = 0;
            for (int i = 0; i < pixels; i++) if (mask[i]) {
                all++;
                if (segmentOf[i] < 0) free++;
            }
            if (free == 0 || free < least * all) continue;
            for (int i = 0; i < pixels; i++) if (mask[i] && segmentOf[i] < 0) segmentOf[i] = segments.size();
            segments.add(new Segment(instance.kind(), true));
        }
        int[] kinds = stuff.stream().sorted().mapToInt(k -> k).toArray(), number = new int[kinds.length];
        Arrays.fill(number, -1);
        int[] best = logits.rows(kinds).argmax(0).toIntArray();
        for (int i = 0; i < pixels; i++) {
            if (segmentOf[i] >= 0) continue;
            int k = best[i];
            if (number[k] < 0) {
                number[k] = segments.size();
                segments.add(new Segment(kinds[k], false));
            }
            segmentOf[i] = number[k];
        }
        return new Segmentation(segmentOf, segments);
    }

    /** Pixels of a segment. */
    public boolean[] mask(int segment) {
        var mask = new boolean[segmentOf.length];
        for (int i = 0; i < mask.length; i++) mask[i] = segmentOf[i] == segment;
        return mask;
    }

    /** The class of each pixel. */
    public int[] kinds() { return Arrays.stream(segmentOf).map(s -> segments.get(s).kind()).toArray(); }

    /** Parts of the pixels of a class that hang together over sides and corners, in a picture of that width. */
    public static int components(int[] kinds, int kind, int width) {
        var open = new boolean[kinds.length];
        for (int i = 0; i < open.length; i++) open[i] = kinds[i] == kind;
        var stack = new int[kinds.length];
        int parts = 0;
        for (int start = 0; start < open.length; start++) {
            if (!open[start]) continue;
            parts++;
            open[start] = false;
            stack[0] = start;
            for (int top = 1; top > 0;) {
                int at = stack[--top];
                for (int y = Math.max(0, at / width - 1); y <= Math.min(open.length / width - 1, at / width + 1); y++)
                    for (int x = Math.max(0, at % width - 1); x <= Math.min(width - 1, at % width + 1); x++) {
                        int near = y * width + x;
                        if (!open[near]) continue;
                        open[near] = false;
                        stack[top++] = near;
                    }
            }
        }
        return parts;
    }
}
