package lyceum.models.vision.segment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.info.LinearAssignment;
import lyceum.models.vision.Resize;
import lyceum.models.vision.VisionBackbone;
import lyceum.models.vision.VisionEncoder;
import lyceum.models.vision.detect.Detr;
import lyceum.models.vision.detect.DetrConfig;
import lyceum.models.vision.detect.DetrLayer;
import lyceum.nn.Conv2d;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A set of masks at once, without boxes: each query's vector is multiplied with a vector of every pixel, and the loss pairs queries with objects one to one.
 *
 * <p>Pixels have the scores of the backbone's finest level and, resized, of its coarsest. The cost of a pair is {@code -p(class) + 5 BCE + 5 Dice} of the
 * masks, the loss the weighted cross-entropy of all queries plus these of the pairs. Its value does not depend on the order of the objects. Children: {@code
 * backbone}, {@code coarse}, {@code fine}, {@code encoder.0 ..}, {@code decoder.0 ..}, {@code query_embed}, {@code class_embed}, {@code mask_embed.0 ..}.
 *
 * @see <a href="https://arxiv.org/abs/2107.06278">Cheng, Schwing and Kirillov (2021): MaskFormer</a>
 * @see <a href="https://arxiv.org/abs/2112.01527">Cheng et al. (2022): Mask2Former, whose attention is masked too</a>
 */
public final class MaskTransformer extends Module implements InstanceSegmenter {
    /**
     * All that a file says of one.
     *
     * @param backbone what it stands on
     * @param fineWidth channels of its finest level
     * @param config of the rest
     */
    public record Plan(VisionBackbone backbone, int fineWidth, DetrConfig config) {
        public Plan {
            Objects.requireNonNull(backbone, "backbone");
            Objects.requireNonNull(config, "config");
        }

        public MaskTransformer build(Rng rng) { return new MaskTransformer(backbone.build(rng), fineWidth, config, rng); }
    }

    private static final int BATCH = 16;
    private static final double MASK_WEIGHT = 5, LEAST = 0.05;

    private final DetrConfig config;
    private final VisionEncoder backbone;
    private final Conv2d coarse, fine;
    private final List<DetrLayer> encoder, decoder;
    private final Tensor query_embed;
    private final Linear class_embed;
    private final List<Linear> mask_embed;

    /** @param fineWidth channels of the backbone's finest level @param config its box weights and auxiliary losses are not used */
    public MaskTransformer(VisionEncoder backbone, int fineWidth, DetrConfig config, Rng rng) {
        this.config = config;
        this.backbone = backbone;
        int width = config.width();
        coarse = new Conv2d(backbone.width(), width, 1, rng);
        fine = new Conv2d(fineWidth, width, 1, rng);
        encoder = IntStream.range(0, config.encoders()).mapToObj(i -> new DetrLayer(config, false, rng)).toList();
        decoder = IntStream.range(0, config.decoders()).mapToObj(i -> new DetrLayer(config, true, rng)).toList();
        query_embed = Tensor.randn(rng, config.queries(), width).compute().requiresGrad();
        class_embed = new Linear(width, config.classes() + 1, rng);
        mask_embed = List.of(new Linear(width, width, rng), new Linear(width, width, rng));
    }

    @Override public Module module() { return this; }

    /** @param logits (n, queries, classes + 1), the last of "nothing" @param masks logits (n, queries, pixels) */
    private record Told(Tensor logits, Tensor masks) {}

    /** Logits of the queries' masks, (n, queries, height width). */
    @Override protected Tensor compute(Tensor images, Pass pass) { return tell(images, pass).masks; }

    private Told tell(Tensor images, Pass pass) {
        var levels = backbone.encode(images, pass).levels();
        var map = coarse.forward(levels.lastEntry().getValue(), pass);
        long n = map.size(0), h = map.size(2), w = map.size(3);
        var pixels = fine.forward(levels.firstEntry().getValue(), pass);
        pixels = Resize.BILINEAR.of(pixels.add(Resize.BILINEAR.of(map, pixels.size(2), pixels.size(3))).relu(), images.size(2),
                images.size(3));
        var memory = map.reshape(n, config.width(), -1).transpose(1, 2);
        var places = Detr.places(h, w, config.width()).to(memory.dtype()).unsqueeze(0);
        for (var layer : encoder) memory = layer.forward(memory, places, null, null, pass);
        var x = Tensor.zeros(memory.dtype(), n, config.queries(), config.width());
        for (var layer : decoder) x = layer.forward(x, query_embed.unsqueeze(0), memory, places, pass);
        var queries = mask_embed.get(1).forward(mask_embed.get(0).forward(x, pass).relu(), pass);
        return new Told(class_embed.forward(x, pass), queries.matmul(pixels.reshape(n, config.width(), -1)));
    }

    @Override public Tensor loss(Tensor images, List<List<Instance>> truths, Pass pass) {
        InstanceSegmenter.check("MaskTransformer", images, truths, config.classes());
        var told = tell(images, pass);
        int q = config.queries(), pixels = (int) told.masks.size(2);
        var kinds = new int[truths.size() * q];
        Arrays.fill(kinds, config.classes());
        var rows = new ArrayList<Integer>();
        var wanted = new ArrayList<Tensor>();
        for (int i = 0; i < truths.size(); i++) {
            var truth = truths.get(i);
            if (truth.size() > q)
                throw new IllegalArgumentException("MaskTransformer: " + truth.size() + " objects for " + q + " queries; give more");
            if (truth.isEmpty()) continue;
            var values = new double[truth.size() * pixels];
            for (int k = 0; k < truth.size(); k++) for (int p = 0; p < pixels; p++) values[k * pixels + p] = truth.get(k).mask()[p] ? 1 : 0;
            var masks = Tensor.of(values, truth.size(), pixels);
            int[] of = match(told.logits.select(0, i).detach(), told.masks.select(0, i).detach().to(DType.F64), truth, masks);
            for (int k = 0; k < of.length; k++) {
                rows.add(i * q + of[k]);
                kinds[i * q + of[k]] = truth.get(k).kind();
            }
            wanted.add(masks);
        }
        double[] weights = new double[config.classes() + 1];
        Arrays.fill(weights, 1);
        weights[config.classes()] = config.nothingWeight();
        var type = told.logits.dtype();
        var loss = new CrossEntropy().withClassWeights(Tensor.of(weights).to(type)).of(told.logits.reshape(kinds.length, -1),
                Tensor.of(kinds));
        if (rows.isEmpty()) return loss;
        Tensor z = told.masks.reshape(kinds.length, pixels).rows(rows.stream().mapToInt(r -> r).toArray()),
                t = Tensor.concat(0, wanted.toArray(Tensor[]::new)).to(type), p = z.sigmoid();
        var entropy = z.softplus().sub(z.mul(t)).mean();
        var dice = p.mul(t).sum(1, false).mul(2).add(1).div(p.sum(1, false).add(t.sum(1, false)).add(1)).rsub(1).mean();
        return loss.add(entropy.add(dice).mul(MASK_WEIGHT));
    }

    /** The query of each object: mask logits z (queries, pixels), the objects' masks t. */
    private int[] match(Tensor logits, Tensor z, List<Instance> truth, Tensor t) {
        double[][] p = logits.to(DType.F64).softmax(1).toRows();
        var s = z.sigmoid();
        var entropy = z.softplus().sum(1, true).sub(z.matmul(t.transpose())).div(z.size(1));
        var dice = s.matmul(t.transpose()).mul(2).add(1).div(s.sum(1, true).add(t.sum(1, false).unsqueeze(0)).add(1)).rsub(1);
        double[][] apart = entropy.add(dice).mul(MASK_WEIGHT).toRows();
        var cost = new double[config.queries()][config.queries()];
        for (int i = 0; i < cost.length; i++) for (int k = 0; k < truth.size(); k++) cost[i][k] = apart[i][k] - p[i][truth.get(k).kind()];
        int[] column = LinearAssignment.of(cost).column(), query = new int[truth.size()];
        for (int i = 0; i < column.length; i++) if (column[i] < query.length) query[column[i]] = i;
        return query;
    }

    /** Each query's likeliest class, if its probability is at least 0.05, with the pixels of its mask. */
    @Override public List<List<Instance>> segment(Tensor images) {
        return Autograd.noGrad(() -> {
            var all = new ArrayList<List<Instance>>();
            for (long from = 0; from < images.size(0); from += BATCH) {
                var told = tell(images.narrow(0, from, Math.min(images.size(0) - from, BATCH)), Pass.inference());
                for (int i = 0; i < told.masks.size(0); i++) all.add(instances(told.logits.select(0, i), told.masks.select(0, i)));
            }
            return all;
        });
    }

    private List<Instance> instances(Tensor logits, Tensor masks) {
        double[][] p = logits.to(DType.F64).softmax(1).toRows();
        var all = new ArrayList<Instance>();
        for (int k = 0; k < p.length; k++) {
            int best = 0;
            for (int c = 1; c < config.classes(); c++) if (p[k][c] > p[k][best]) best = c;
            if (p[k][best] >= LEAST) all.add(new Instance(best, p[k][best], masks.get(k).gt(0).toBooleanArray()));
        }
        all.sort((a, b) -> Double.compare(b.score(), a.score()));
        return all;
    }
}
