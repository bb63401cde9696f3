package lyceum.models.vision.detect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.models.vision.BoxCoding;
import lyceum.models.vision.NonMaxSuppression;
import lyceum.models.vision.RoiAlign;
import lyceum.models.vision.VisionBackbone;
import lyceum.models.vision.VisionEncoder;
import lyceum.models.vision.detect.RegionDetectorConfig.Generation;
import lyceum.nn.Conv2d;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Two stages: regions that may hold something, then what each holds and where exactly. R-CNN, Fast R-CNN and Faster R-CNN differ in what
 * the regions share and where they come from: {@link RegionDetectorConfig.Generation}.
 *
 * {@snippet :
 * var backbone = new ResNet(ResNetConfig.cifar(8).withWidth(12).withClasses(0), rng);
 * var detector = new RegionDetector(backbone, new RegionDetectorConfig(3, new AnchorGrid(4, 8.0, 12.0, 18.0)), rng);
 * Tensor loss = detector.loss(images, truths, pass);
 * List<Detector.Found> found = detector.detect(images);
 * }
 *
 * <p>Box errors are smooth L1, of the anchors and of the regions that hold an object; objectness and class errors are cross-entropies over
 * equal numbers of both kinds as far as there are such. Boxes of the head do not depend on the class. Children: {@code backbone}, {@code
 * rpn_conv}, {@code rpn_cls}, {@code rpn_box} in Faster R-CNN, {@code fc}, {@code cls} (the last class is "nothing"), {@code box}.
 *
 * @see <a href="https://arxiv.org/abs/1311.2524">Girshick, Donahue, Darrell and Malik (2014)</a>
 * @see <a href="https://arxiv.org/abs/1504.08083">Girshick (2015)</a>
 * @see <a href="https://arxiv.org/abs/1506.01497">Ren, He, Girshick and Sun (2015)</a>
 */
public final class RegionDetector extends Module implements Detector {
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

        public RegionDetector build(Rng rng) { return new RegionDetector(backbone.build(rng), config, rng); }
    }

    private static final int ANCHORS_SAMPLED = 64, BATCH = 16;
    private static final double LIKELY = 0.6, UNLIKELY = 0.3, NEAR_TWINS = 0.7;

    private final RegionDetectorConfig config;
    private final VisionEncoder backbone;
    private final Conv2d rpn_conv, rpn_cls, rpn_box;
    private final Linear fc, cls, box;

    public RegionDetector(VisionEncoder backbone, RegionDetectorConfig config, Rng rng) {
        if (backbone.stride() != config.anchors().stride() || config.crop() % backbone.stride() != 0) throw new IllegalArgumentException(
                "RegionDetector: the backbone has stride " + backbone.stride() + ", the anchors " + config.anchors().stride() + ", crops "
                        + config.crop() + " pixels; give anchors of its stride and crops of a multiple");
        this.config = config;
        this.backbone = backbone;
        int width = backbone.width(), each = config.anchors().each();
        boolean learned = config.generation() == Generation.FASTER;
        rpn_conv = learned ? new Conv2d(width, width, 3, new Convolution().withPadding(1), rng) : null;
        rpn_cls = learned ? new Conv2d(width, each, 1, rng) : null;
        rpn_box = learned ? new Conv2d(width, 4 * each, 1, rng) : null;
        fc = new Linear((long) width * config.bins() * config.bins(), config.hidden(), rng);
        cls = new Linear(config.hidden(), config.classes() + 1, rng);
        box = new Linear(config.hidden(), 4, rng);
    }

    public RegionDetectorConfig config() { return config; }

    @Override public Module module() { return this; }

    /** The backbone's map. */
    @Override protected Tensor compute(Tensor images, Pass pass) { return backbone.encode(images, pass).map(); }

    /** What anchors say: logits of objectness (n, anchors) and codes of boxes (n, anchors, 4). */
    private record Anchored(Tensor anchors, Tensor logits, Tensor codes) {}

    private Anchored anchored(Tensor map, Pass pass) {
        var x = rpn_conv.forward(map, pass).relu();
        long n = map.size(0);
        return new Anchored(config.anchors().boxes(map.size(2), map.size(3)), rpn_cls.forward(x, pass).permute(0, 2, 3, 1).reshape(n, -1),
                rpn_box.forward(x, pass).permute(0, 2, 3, 1).reshape(n, -1, 4));
    }

    /** Regions of each picture that the network of proposals finds likeliest, (k, 4). */
    public List<Tensor> propose(Tensor images) {
        if (config.generation() != Generation.FASTER) return windows(images);
        return Autograd.noGrad(() -> chosen(anchored(forward(images), Pass.inference()), images));
    }

    /** All anchors that lie in the picture with their middle: sliding windows. */
    private List<Tensor> windows(Tensor images) {
        int stride = config.anchors().stride();
        var all = clipped(config.anchors().boxes(images.size(2) / stride, images.size(3) / stride), images);
        return IntStream.range(0, (int) images.size(0)).mapToObj(i -> all).toList();
    }

    private List<Tensor> chosen(Anchored said, Tensor images) {
        var regions = new ArrayList<Tensor>();
        for (int i = 0; i < images.size(0); i++) {
            var best = said.logits.select(0, i).detach().topk((int) Math.min(config.considered(), said.logits.size(1)), 0);
            int[] rows = best.indices().toIntArray();
            var boxes = clipped(new BoxCoding().decode(said.codes.select(0, i).detach().to(DType.F64).rows(rows), said.anchors.rows(rows)),
                    images);
            int[] kept = new NonMaxSuppression(NEAR_TWINS).keep(boxes, best.values());
            regions.add(boxes.rows(Arrays.copyOf(kept, Math.min(kept.length, config.proposals()))).compute());
        }
        return regions;
    }

    /** Boxes inside of the picture, at least a pixel wide and high. */
    private static Tensor clipped(Tensor boxes, Tensor images) {
        double[] b = boxes.toDoubleArray();
        for (double v : b)
            if (Double.isNaN(v))
                throw new IllegalArgumentException("RegionDetector: a box of the proposals is NaN; the network has diverged");
        for (int i = 0; i < b.length; i += 4) for (int axis = 0; axis < 2; axis++) {
            double end = images.size(3 - axis);
            b[i + axis] = Math.clamp(b[i + axis], 0, end - 1);
            b[i + axis + 2] = Math.clamp(b[i + axis + 2], b[i + axis] + 1, end);
        }
        return Tensor.of(b, b.length / 4, 4);
    }

    /** What regions are said to be: logits (k, classes + 1) and codes (k, 4). */
    private record Said(Tensor logits, Tensor codes) {}

    private Said judge(Tensor images, Tensor map, Tensor regions, int[] pictures, Pass pass) {
        int bins = config.bins(), crop = config.crop();
        Tensor cut;
        if (config.generation() == Generation.R_CNN) {
            var maps = backbone.encode(new RoiAlign(crop, 1).of(images, regions, pictures), pass).map();
            var whole = Tensor.of(new double[] {0, 0, crop, crop}, 1, 4).expand(pictures.length, 4);
            cut = pooled(maps, whole, IntStream.range(0, pictures.length).toArray());
        } else cut = pooled(map, regions, pictures);
        var x = fc.forward(cut.reshape(pictures.length, (long) backbone.width() * bins * bins), pass).relu();
        return new Said(cls.forward(x, pass), box.forward(x, pass));
    }

    private Tensor pooled(Tensor maps, Tensor regions, int[] pictures) {
        double scale = 1.0 / backbone.stride();
        return config.aligned() ? new RoiAlign(config.bins(), scale).of(maps, regions, pictures)
                : new RoiPool(config.bins(), config.bins(), scale).of(maps, regions, pictures);
    }

    @Override public Tensor loss(Tensor images, List<Truth> truths, Pass pass) {
        if (config.generation() != Generation.FASTER) return loss(images, truths, windows(images), pass);
        return loss(images, forward(images, pass), truths, pass);
    }

    /** Of Faster R-CNN, where the backbone's map is known already: other heads learn from it too. */
    public Tensor loss(Tensor images, Tensor map, List<Truth> truths, Pass pass) {
        Detector.check("RegionDetector", images, truths, config.classes());
        var said = anchored(map, pass);
        return anchorLoss(said, truths, pass.rng()).add(regionLoss(images, map, truths, chosen(said, images), pass));
    }

    /** With regions from elsewhere, (k, 4) of each picture. */
    public Tensor loss(Tensor images, List<Truth> truths, List<Tensor> proposals, Pass pass) {
        Detector.check("RegionDetector", images, truths, config.classes());
        if (proposals.size() != truths.size()) throw new IllegalArgumentException(
                "RegionDetector: proposals of " + proposals.size() + " pictures and " + truths.size() + " truths");
        var map = config.generation() == Generation.R_CNN ? null : forward(images, pass);
        return regionLoss(images, map, truths, proposals, pass);
    }

    private Tensor anchorLoss(Anchored said, List<Truth> truths, Rng rng) {
        var sample = new Sample();
        int count = (int) said.anchors.size(0);
        for (int i = 0; i < truths.size(); i++) {
            var match = Match.of(said.anchors, truths.get(i), LIKELY, UNLIKELY, true);
            sample.draw(match, i * count, truths.get(i), said.anchors, new BoxCoding(), ANCHORS_SAMPLED, rng);
        }
        int[] rows = sample.rows();
        var wanted = Tensor.of(sample.objects(), rows.length).to(said.logits.dtype());
        var objectness = Loss.bce(said.logits.flatten().rows(rows), wanted);
        return sample.boxLoss(said.codes.reshape(-1, 4), objectness);
    }

    private Tensor regionLoss(Tensor images, Tensor map, List<Truth> truths, List<Tensor> proposals, Pass pass) {
        var sample = new Sample();
        var regions = new ArrayList<Tensor>();
        int before = 0;
        for (int i = 0; i < truths.size(); i++) {
            var truth = truths.get(i);
            var all = Tensor.concat(0, proposals.get(i).to(DType.F64), truth.boxes().to(DType.F64));
            sample.draw(Match.of(all, truth, config.overlap(), config.overlap(), false), before, truth, all, config.coding(),
                    config.sampled(), pass.rng());
            regions.add(all);
            before += (int) all.size(0);
        }
        int[] rows = sample.rows(), pictures = new int[rows.length];
        for (int i = 0, r = 0, end = 0; i < regions.size(); i++) {
            end += (int) regions.get(i).size(0);
            for (; r < rows.length && rows[r] < end; r++) pictures[r] = i;
        }
        var said = judge(images, map, Tensor.concat(0, regions.toArray(Tensor[]::new)).rows(rows), pictures, pass);
        var kinds = Loss.crossEntropy(said.logits, Tensor.of(sample.kinds(config.classes())));
        return sample.among(said.codes, kinds);
    }

    @Override public List<Found> detect(Tensor images) { return detect(images, null); }

    /** Among regions from elsewhere, (k, 4) of each picture; null for its own. */
    public List<Found> detect(Tensor images, List<Tensor> proposals) {
        if (proposals != null && proposals.size() != images.size(0)) throw new IllegalArgumentException(
                "RegionDetector: proposals of " + proposals.size() + " pictures and " + images.size(0) + " pictures");
        return Autograd.noGrad(() -> {
            var found = new ArrayList<Found>();
            for (int from = 0; from < images.size(0); from += BATCH) {
                int to = (int) Math.min(images.size(0), from + BATCH);
                var some = images.narrow(0, from, to - from);
                var map = config.generation() == Generation.R_CNN ? null : forward(some);
                found.addAll(detect(some, map, proposals == null ? null : proposals.subList(from, to)));
            }
            return found;
        });
    }

    /** The same, at once, where the backbone's map is known already: other heads look at it too. */
    public List<Found> detect(Tensor images, Tensor map, List<Tensor> given) {
        var pass = Pass.inference();
        var proposals = given != null ? given
                : config.generation() == Generation.FASTER ? chosen(anchored(map, pass), images) : windows(images);
        int[] pictures = IntStream.range(0, proposals.size()).flatMap(i -> IntStream.generate(() -> i).limit(proposals.get(i).size(0)))
                .toArray();
        var regions = Tensor.concat(0, proposals.stream().map(p -> p.to(DType.F64)).toArray(Tensor[]::new));
        if (pictures.length == 0) return proposals.stream().map(p -> new Found(regions, Tensor.zeros(0), new int[0])).toList();
        var said = judge(images, map, regions, pictures, pass);
        Tensor scores = said.logits.to(DType.F64).softmax(1), boxes = config.coding().decode(said.codes.to(DType.F64), regions);
        var found = new ArrayList<Found>();
        for (int i = 0, from = 0; i < proposals.size(); i++) {
            int count = (int) proposals.get(i).size(0);
            found.add(told(scores.narrow(0, from, count), clipped(boxes.narrow(0, from, count), images)));
            from += count;
        }
        return found;
    }

    private Found told(Tensor scores, Tensor boxes) {
        double[][] s = scores.toRows();
        int[] rows = new int[s.length * config.classes()], kinds = new int[rows.length];
        var sure = new double[rows.length];
        int count = 0;
        for (int i = 0; i < s.length; i++) for (int kind = 0; kind < config.classes(); kind++) {
            if (s[i][kind] < config.threshold()) continue;
            rows[count] = i;
            kinds[count] = kind;
            sure[count++] = s[i][kind];
        }
        var all = new Found(boxes.rows(Arrays.copyOf(rows, count)), Tensor.of(Arrays.copyOf(sure, count), count),
                Arrays.copyOf(kinds, count));
        return all.suppressed(config.suppression());
    }
}
