package lyceum.models.vision.detect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.info.LinearAssignment;
import lyceum.models.vision.BoxOverlap;
import lyceum.models.vision.UNet;
import lyceum.models.vision.VisionBackbone;
import lyceum.models.vision.VisionEncoder;
import lyceum.nn.Conv2d;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A set of boxes at once: a transformer's queries look at the map of a backbone, and each tells a class, or nothing, and a box. The loss pairs
 * queries with objects one to one at the least total cost, so a second box on an object is wrong and no suppression follows.
 *
 * {@snippet :
 * var detector = new Detr(new ResNet(ResNetConfig.cifar(8).withClasses(0), rng), DetrConfig.small(3), rng);
 * Tensor loss = detector.loss(images, truths, pass);
 * List<Detector.Found> found = detector.detect(images);       // at most one box a query
 * }
 *
 * <p>With an object of class c and box b, the cost of a query is {@code -p(c) + 5 |b - b'|_1 - 2 GIoU(b, b')}, boxes being (middle, size)
 * over the picture's sides. The loss is the cross-entropy of all queries, weighted, plus 5 L1 + 2 (1 - GIoU) summed over the pairs and divided by the
 * number of objects. Its value does not depend on the order of the objects. Children have the names of the paper's code where there are such: {@code
 * backbone}, {@code input_proj}, {@code encoder.0 ..}, {@code decoder.0 ..}, {@code query_embed}, {@code class_embed}, {@code bbox_embed.0 ..}.
 *
 * @see <a href="https://arxiv.org/abs/2005.12872">Carion, Massa, Synnaeve, Usunier, Kirillov and Zagoruyko (2020)</a>
 */
public final class Detr extends Module implements Detector {
    /**
     * All that a file says of one.
     *
     * @param backbone what it stands on
     * @param config of the rest
     */
    public record Plan(VisionBackbone backbone, DetrConfig config) {
        public Plan {
            Objects.requireNonNull(backbone, "backbone");
            Objects.requireNonNull(config, "config");
        }

        public Detr build(Rng rng) { return new Detr(backbone.build(rng), config, rng); }
    }

    private static final int BATCH = 16;

    private final DetrConfig config;
    private final VisionEncoder backbone;
    private final Conv2d input_proj;
    private final List<DetrLayer> encoder, decoder;
    private final Tensor query_embed;
    private final Linear class_embed;
    private final List<Linear> bbox_embed;

    public Detr(VisionEncoder backbone, DetrConfig config, Rng rng) {
        this.config = config;
        this.backbone = backbone;
        int width = config.width();
        input_proj = new Conv2d(backbone.width(), width, 1, new Convolution(), rng);
        encoder = IntStream.range(0, config.encoders()).mapToObj(i -> new DetrLayer(config, false, rng)).toList();
        decoder = IntStream.range(0, config.decoders()).mapToObj(i -> new DetrLayer(config, true, rng)).toList();
        query_embed = Tensor.randn(rng, config.queries(), width).compute().requiresGrad();
        class_embed = new Linear(width, config.classes() + 1, rng);
        bbox_embed = List.of(new Linear(width, width, rng), new Linear(width, width, rng), new Linear(width, 4, rng));
    }

    public DetrConfig config() { return config; }

    @Override public Module module() { return this; }

    /**
     * What the queries tell.
     *
     * @param logits (n, queries, classes + 1), the last of "nothing"
     * @param boxes (n, queries, 4): middle and size over the picture's sides, in (0, 1)
     */
    public record Told(Tensor logits, Tensor boxes) {}

    /** The queries after the last layer, (n, queries, width). */
    @Override protected Tensor compute(Tensor images, Pass pass) { return layers(images, pass).getLast(); }

    private List<Tensor> layers(Tensor images, Pass pass) {
        var map = input_proj.forward(backbone.encode(images, pass).map(), pass);
        long n = map.size(0), h = map.size(2), w = map.size(3);
        var memory = map.reshape(n, config.width(), -1).transpose(1, 2);
        var places = places(h, w, config.width()).to(memory.dtype()).unsqueeze(0);
        for (var layer : encoder) memory = layer.forward(memory, places, null, null, pass);
        var queries = query_embed.unsqueeze(0);
        var x = Tensor.zeros(memory.dtype(), n, config.queries(), config.width());
        var all = new ArrayList<Tensor>();
        for (var layer : decoder) {
            x = layer.forward(x, queries, memory, places, pass);
            all.add(x);
        }
        return all;
    }

    /** Sines and cosines of rows, then of columns, a turn being the map's side: (height width, width). */
    public static Tensor places(long height, long width, int channels) {
        Tensor y = UNet.embedding(Tensor.arange(1, height + 1, 1).to(DType.F64).mul(2 * Math.PI / height), channels / 2),
                x = UNet.embedding(Tensor.arange(1, width + 1, 1).to(DType.F64).mul(2 * Math.PI / width), channels / 2);
        return Tensor.concat(1, y.repeatInterleave(0, (int) width), x.repeat(0, (int) height));
    }

    private Told told(Tensor x, Pass pass) {
        var box = bbox_embed.get(1).forward(bbox_embed.get(0).forward(x, pass).relu(), pass).relu();
        return new Told(class_embed.forward(x, pass), bbox_embed.get(2).forward(box, pass).sigmoid());
    }

    /** What the queries tell of pictures. */
    public Told tell(Tensor images, Pass pass) { return told(forward(images, pass), pass); }

    @Override public Tensor loss(Tensor images, List<Truth> truths, Pass pass) {
        Detector.check("Detr", images, truths, config.classes());
        for (var truth : truths)
            if (truth.kinds().length > config.queries()) throw new IllegalArgumentException(
                    "Detr: " + truth.kinds().length + " objects for " + config.queries() + " queries; give more queries");
        var sides = Tensor.of(new double[] {images.size(3), images.size(2), images.size(3), images.size(2)});
        var wanted = truths.stream().map(t -> ofCorners(t.boxes().to(DType.F64).div(sides))).toList();
        var layers = layers(images, pass);
        if (!config.auxiliary()) layers = List.of(layers.getLast());
        Tensor loss = null;
        for (var layer : layers) {
            var one = loss(told(layer, pass), truths, wanted);
            loss = loss == null ? one : loss.add(one);
        }
        return loss;
    }

    private Tensor loss(Told told, List<Truth> truths, List<Tensor> wanted) {
        int q = config.queries();
        var kinds = new int[truths.size() * q];
        Arrays.fill(kinds, config.classes());
        var rows = new ArrayList<Integer>();
        var boxes = new ArrayList<Tensor>();
        for (int i = 0; i < truths.size(); i++) {
            int[] of = match(told.logits.select(0, i).detach(), told.boxes.select(0, i).detach(), truths.get(i).kinds(), wanted.get(i));
            for (int k = 0; k < of.length; k++) {
                rows.add(i * q + of[k]);
                kinds[i * q + of[k]] = truths.get(i).kinds()[k];
            }
            boxes.add(wanted.get(i));
        }
        double[] weights = new double[config.classes() + 1];
        Arrays.fill(weights, 1);
        weights[config.classes()] = config.nothingWeight();
        var type = told.logits.dtype();
        var loss = new CrossEntropy().withClassWeights(Tensor.of(weights).to(type)).of(told.logits.reshape(kinds.length, -1),
                Tensor.of(kinds));
        if (rows.isEmpty()) return loss;
        Tensor said = told.boxes.reshape(-1, 4).rows(rows.stream().mapToInt(r -> r).toArray()),
                right = Tensor.concat(0, boxes.toArray(Tensor[]::new)).to(type);
        var distance = said.sub(right).abs().sum().mul(config.boxWeight());
        var apart = BoxOverlap.GIOU.of(corners(said), corners(right)).rsub(1).sum().mul(config.overlapWeight());
        return loss.add(distance.add(apart).div(rows.size()));
    }

    /** The query of each object: logits (queries, classes + 1), boxes (queries, 4) and those of the objects, middle and size. */
    private int[] match(Tensor logits, Tensor said, int[] kinds, Tensor wanted) {
        if (kinds.length == 0) return kinds;
        Tensor boxes = said.to(DType.F64);
        double[][] p = logits.to(DType.F64).softmax(1).toRows(), overlap = BoxOverlap.GIOU.pairs(corners(boxes), corners(wanted)).toRows(),
                distance = boxes.unsqueeze(1).sub(wanted.unsqueeze(0)).abs().sum(2).toRows();
        var cost = new double[config.queries()][config.queries()]; // beyond the objects all queries cost nothing
        for (int i = 0; i < cost.length; i++)
            for (int k = 0; k < kinds.length; k++)
                cost[i][k] = config.boxWeight() * distance[i][k] - config.overlapWeight() * overlap[i][k] - p[i][kinds[k]];
        int[] column = LinearAssignment.of(cost).column(), query = new int[kinds.length];
        for (int i = 0; i < column.length; i++) if (column[i] < query.length) query[column[i]] = i;
        return query;
    }

    private static Tensor corners(Tensor boxes) {
        Tensor middle = boxes.narrow(1, 0, 2), half = boxes.narrow(1, 2, 2).mul(0.5);
        return Tensor.concat(1, middle.sub(half), middle.add(half));
    }

    private static Tensor ofCorners(Tensor boxes) {
        Tensor low = boxes.narrow(1, 0, 2), high = boxes.narrow(1, 2, 2);
        return Tensor.concat(1, low.add(high).mul(0.5), high.sub(low));
    }

    /** Each query's likeliest class with its probability: no suppression. Queries of "nothing" have their best class's, which is low. */
    @Override public List<Found> detect(Tensor images) {
        return Autograd.noGrad(() -> {
            var found = new ArrayList<Found>();
            var sides = Tensor.of(new double[] {images.size(3), images.size(2), images.size(3), images.size(2)});
            for (int from = 0; from < images.size(0); from += BATCH) {
                var told = tell(images.narrow(0, from, Math.min(images.size(0) - from, BATCH)), Pass.inference());
                var all = told.logits.to(DType.F64).softmax(2).narrow(2, 0, config.classes());
                for (int i = 0; i < all.size(0); i++) {
                    Tensor p = all.select(0, i), best = p.max(1, false), boxes = corners(told.boxes.select(0, i).to(DType.F64)).mul(sides);
                    found.add(new Found(boxes, best, p.argmax(1).toIntArray()).rows(best.argsort(0, true).toIntArray()));
                }
            }
            return found;
        });
    }
}
