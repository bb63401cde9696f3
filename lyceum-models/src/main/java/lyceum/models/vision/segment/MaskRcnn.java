package lyceum.models.vision.segment;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.models.vision.RoiAlign;
import lyceum.models.vision.VisionBackbone;
import lyceum.models.vision.VisionEncoder;
import lyceum.models.vision.detect.Detector;
import lyceum.models.vision.detect.RegionDetector;
import lyceum.models.vision.detect.RegionDetectorConfig;
import lyceum.nn.Conv2d;
import lyceum.nn.ConvTranspose2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Faster R-CNN with one head more: a small mask of each class inside of each box, of which that of the box's class counts.
 *
 * <p>The mask head learns from the objects' boxes, moved and resized by up to a tenth; a mask has twice {@link #BINS} pixels a side and
 * is drawn into its box bilinearly. Children: {@code detector}, {@code mask_conv}, {@code mask_grow}, {@code mask}.
 *
 * @see <a href="https://arxiv.org/abs/1703.06870">He, Gkioxari, Dollar and Girshick (2017)</a>
 */
public final class MaskRcnn extends Module implements InstanceSegmenter {
    /**
     * All that a file says of one.
     *
     * @param backbone what it stands on
     * @param config of the rest
     */
    public record Plan(VisionBackbone backbone, RegionDetectorConfig config) {
        public Plan {
            Objects.requireNonNull(backbone, "backbone");
            Objects.requireNonNull(config, "config");
        }

        public MaskRcnn build(Rng rng) { return new MaskRcnn(backbone.build(rng), config, rng); }
    }

    /** Bins of a region's map in each direction. */
    public static final int BINS = 7;
    private static final int SIDE = 2 * BINS, BATCH = 16;
    private static final double MOVED = 0.1;

    private final RegionDetector detector;
    private final double scale;
    private final Conv2d mask_conv, mask;
    private final ConvTranspose2d mask_grow;

    /** @param config of a Faster R-CNN */
    public MaskRcnn(VisionEncoder backbone, RegionDetectorConfig config, Rng rng) {
        if (config.generation() != RegionDetectorConfig.Generation.FASTER)
            throw new IllegalArgumentException("MaskRcnn: generation " + config.generation() + "; it stands on FASTER");
        detector = new RegionDetector(backbone, config, rng);
        scale = 1.0 / backbone.stride();
        int width = backbone.width();
        mask_conv = new Conv2d(width, width, 3, new Convolution().withPadding(1), rng);
        mask_grow = new ConvTranspose2d(width, width, 2, new Convolution().withStride(2), rng);
        mask = new Conv2d(width, config.classes(), 1, rng);
    }

    /** What finds the boxes. */
    public RegionDetector detector() { return detector; }

    @Override public Module module() { return this; }

    /** The backbone's map. */
    @Override protected Tensor compute(Tensor images, Pass pass) { return detector.forward(images, pass); }

    /** Logits (k, classes, 14, 14) inside of boxes. */
    private Tensor masks(Tensor map, Tensor boxes, int[] pictures, Pass pass) {
        var x = mask_conv.forward(new RoiAlign(BINS, scale).of(map, boxes, pictures), pass).relu();
        return mask.forward(mask_grow.forward(x, pass).relu(), pass);
    }

    @Override public Tensor loss(Tensor images, List<List<Instance>> truths, Pass pass) {
        int h = (int) images.size(2), w = (int) images.size(3);
        InstanceSegmenter.check("MaskRcnn", images, truths, (int) mask.weight().size(0));
        var objects = truths.stream().map(t -> truth(t, w)).toList();
        var map = forward(images, pass);
        var loss = detector.loss(images, map, objects, pass);
        int[] pictures = IntStream.range(0, truths.size()).flatMap(i -> IntStream.generate(() -> i).limit(truths.get(i).size())).toArray();
        if (pictures.length == 0) return loss;
        var kinds = new int[pictures.length];
        var wanted = new float[pictures.length * h * w];
        int at = 0;
        for (var truth : truths) for (var instance : truth) {
            for (int i = 0; i < h * w; i++) wanted[at * h * w + i] = instance.mask()[i] ? 1 : 0;
            kinds[at++] = instance.kind();
        }
        var boxes = moved(Tensor.concat(0, objects.stream().map(Detector.Truth::boxes).toArray(Tensor[]::new)), pass.rng());
        var right = new RoiAlign(SIDE, 1).of(Tensor.of(wanted, at, 1, h, w), boxes, IntStream.range(0, at).toArray()).select(1, 0);
        var own = masks(map, boxes, pictures, pass).get(Tensor.arange(at), Tensor.of(kinds));
        return loss.add(Loss.bce(own, right.gt(0.5).to(own.dtype())));
    }

    private static Tensor moved(Tensor boxes, Rng rng) {
        double[] b = boxes.toDoubleArray();
        for (int i = 0; i < b.length; i += 4) {
            double w = b[i + 2] - b[i], h = b[i + 3] - b[i + 1];
            for (int k = 0; k < 4; k++) b[i + k] += MOVED * (2 * rng.nextDouble() - 1) * (k % 2 == 0 ? w : h);
        }
        return Tensor.of(b, b.length / 4, 4);
    }

    /** Tight boxes of masks. @throws IllegalArgumentException if a mask is empty */
    private static Detector.Truth truth(List<Instance> instances, int width) {
        var boxes = new double[4 * instances.size()];
        for (int k = 0; k < instances.size(); k++) {
            boolean[] mask = instances.get(k).mask();
            double left = width, top = mask.length, right = 0, bottom = 0;
            for (int i = 0; i < mask.length; i++) {
                if (!mask[i]) continue;
                left = Math.min(left, i % width);
                right = Math.max(right, i % width + 1);
                top = Math.min(top, i / width);
                bottom = Math.max(bottom, i / width + 1);
            }
            if (right == 0) throw new IllegalArgumentException("MaskRcnn: the mask of object " + k + " is empty; leave it out");
            System.arraycopy(new double[] {left, top, right, bottom}, 0, boxes, 4 * k, 4);
        }
        return new Detector.Truth(Tensor.of(boxes, instances.size(), 4), instances.stream().mapToInt(Instance::kind).toArray());
    }

    @Override public List<List<Instance>> segment(Tensor images) {
        return Autograd.noGrad(() -> {
            int h = (int) images.size(2), w = (int) images.size(3);
            var all = new ArrayList<List<Instance>>();
            for (long from = 0; from < images.size(0); from += BATCH) {
                Tensor some = images.narrow(0, from, Math.min(images.size(0) - from, BATCH)), map = forward(some).compute();
                var found = detector.detect(some, map, null);
                for (int i = 0; i < found.size(); i++) all.add(drawn(found.get(i), map.narrow(0, i, 1), h, w));
            }
            return all;
        });
    }

    private List<Instance> drawn(Detector.Found found, Tensor map, int h, int w) {
        int[] kinds = found.kinds();
        if (kinds.length == 0) return List.of();
        var own = masks(map, found.boxes(), new int[kinds.length], Pass.inference()).get(Tensor.arange(kinds.length), Tensor.of(kinds))
                .sigmoid().to(DType.F64);
        double[][] boxes = found.boxes().toRows();
        return IntStream.range(0, kinds.length)
                .mapToObj(k -> new Instance(kinds[k], found.scores().item(k), drawn(own.select(0, k).toRows(), boxes[k], h, w))).toList();
    }

    /** The pixels of a picture whose middles lie in the box, where its mask is above a half. */
    private static boolean[] drawn(double[][] mask, double[] b, int h, int w) {
        var pixels = new boolean[h * w];
        int top = (int) Math.ceil(b[1] - 0.5), left = (int) Math.ceil(b[0] - 0.5);
        for (int y = top; y + 0.5 <= b[3]; y++) for (int x = left; x + 0.5 <= b[2]; x++) { // boxes lie in the picture
            double u = Math.clamp((x + 0.5 - b[0]) / (b[2] - b[0]) * SIDE - 0.5, 0, SIDE - 1),
                    v = Math.clamp((y + 0.5 - b[1]) / (b[3] - b[1]) * SIDE - 0.5, 0, SIDE - 1);
            int i = Math.min((int) v, SIDE - 2), j = Math.min((int) u, SIDE - 2);
            double p = u - j, q = v - i;
            pixels[y * w + x] = (1 - q) * ((1 - p) * mask[i][j] + p * mask[i][j + 1])
                    + q * ((1 - p) * mask[i + 1][j] + p * mask[i + 1][j + 1]) > 0.5;
        }
        return pixels;
    }
}
