package lyceum.models.vision.detect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.models.vision.BoxOverlap;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * One pass, one stage: every cell of a grid tells boxes and classes. The generations of the line are choices of its {@link YoloConfig}: grid cells with
 * squared errors (v1), anchors with priors (v2, v3), a pyramid of levels and CSP blocks (v3, v4), separate towers without anchors and with task-aligned
 * assignment (v6, v8), a second head that tells each object once (v10).
 *
 * {@snippet :
 * var yolo = new Yolo(new YoloConfig(3, YoloCoding.ANCHOR_FREE).withLevels(2).withDual(true), rng);
 * Tensor loss = yolo.loss(images, truths, pass);
 * List<Detector.Found> found = yolo.detect(images);           // of the one-to-one head: nothing is suppressed
 * }
 *
 * <p>Sides of pictures are multiples of the coarsest stride. v1 has one box a cell here, two in the paper. Of v8, boxes are told as distances, not as their
 * distributions. Children: {@code stem}, {@code down.0 ..}, {@code stage.0 ..}, {@code merge.0 ..} from the coarsest level to the finest, {@code heads.0 ..} of
 * the finest level first, {@code one2one.0 ..}.
 *
 * @see <a href="https://arxiv.org/abs/1506.02640">Redmon, Divvala, Girshick and Farhadi (2016)</a>
 * @see <a href="https://arxiv.org/abs/1804.02767">Redmon and Farhadi (2018)</a>
 * @see <a href="https://arxiv.org/abs/2108.07755">Feng et al. (2021): task-aligned assignment</a>
 * @see <a href="https://arxiv.org/abs/2405.14458">Wang et al. (2024): dual heads</a>
 */
public final class Yolo extends Module implements Detector {
    /** Which head tells. */
    public enum Branch {
        /** The one that learns several boxes an object. */
        ONE_TO_MANY,
        /** The one of {@link YoloConfig#dual} that learns one. */
        ONE_TO_ONE
    }

    private static final int BATCH = 16;
    private static final double BEGIN = 3; // log-odds against an object at first

    private final YoloConfig config;
    private final CspBlock.Unit stem;
    private final List<CspBlock.Unit> down;
    private final List<CspBlock> stage, merge;
    private final List<YoloHead> heads, one2one;

    public Yolo(YoloConfig config, Rng rng) {
        this.config = config;
        stem = new CspBlock.Unit(3, config.width(), 3, 2, rng);
        var downs = new ArrayList<CspBlock.Unit>();
        var blocks = new ArrayList<CspBlock>();
        for (int i = 0; i < config.stages(); i++) {
            downs.add(new CspBlock.Unit(width(i - 1), width(i), 3, 2, rng));
            blocks.add(new CspBlock(width(i), width(i), config.depth(), rng));
        }
        down = List.copyOf(downs);
        stage = List.copyOf(blocks);
        var merges = new ArrayList<CspBlock>();
        for (int i = config.stages() - 2; i >= config.stages() - config.levels(); i--)
            merges.add(new CspBlock(width(i) + width(i + 1), width(i), config.depth(), rng));
        merge = List.copyOf(merges);
        heads = heads(rng);
        one2one = config.dual() ? heads(rng) : List.of();
    }

    private int width(int stage) { return config.width() << stage + 1; }

    private List<YoloHead> heads(Rng rng) {
        var all = new ArrayList<YoloHead>();
        for (int i = config.stages() - config.levels(); i < config.stages(); i++) all.add(new YoloHead(config, width(i), rng));
        return List.copyOf(all);
    }

    public YoloConfig config() { return config; }

    @Override public Module module() { return this; }

    /** Raw numbers of the first head, (n, places, 4 + 1 + classes). */
    @Override protected Tensor compute(Tensor images, Pass pass) { return told(heads, levels(images, pass), pass); }

    /** Maps of the levels that have heads, the finest first. */
    private List<Tensor> levels(Tensor images, Pass pass) {
        int stride = 2 << config.stages();
        if (images.rank() != 4 || images.size(2) % stride != 0 || images.size(3) % stride != 0) throw new IllegalArgumentException(
                "Yolo: pictures " + images.shape() + "; (n, 3, height, width) with sides of multiples of " + stride);
        var x = stem.forward(images, pass);
        var maps = new ArrayList<Tensor>();
        for (int i = 0; i < stage.size(); i++) {
            x = stage.get(i).forward(down.get(i).forward(x, pass), pass);
            if (i >= config.stages() - config.levels()) maps.add(x);
        }
        for (int i = 0; i < merge.size(); i++) {
            int at = maps.size() - 2 - i;
            var above = maps.get(at + 1).repeatInterleave(2, 2).repeatInterleave(3, 2);
            maps.set(at, merge.get(i).forward(Tensor.concat(1, maps.get(at), above), pass));
        }
        return maps;
    }

    private static Tensor told(List<YoloHead> heads, List<Tensor> maps, Pass pass) {
        var parts = new Tensor[heads.size()];
        for (int i = 0; i < parts.length; i++) parts[i] = heads.get(i).forward(maps.get(i), pass);
        return Tensor.concat(1, parts);
    }

    /** Places (n, 5) of all levels for pictures of that size, as {@link YoloCoding} has them, the finest level first, row by row. */
    public Tensor places(long height, long width) {
        var rows = new ArrayList<double[]>();
        for (int level = 0; level < config.levels(); level++) {
            int stride = 4 << config.stages() - config.levels() + level;
            for (int y = 0; y < height / stride; y++) for (int x = 0; x < width / stride; x++) for (int k = 0; k < config.each(); k++) {
                var prior = config.priors().isEmpty() ? new YoloConfig.Prior(width, height)
                        : config.priors().get(level * config.each() + k);
                rows.add(new double[] {x, y, stride, prior.width(), prior.height()});
            }
        }
        return Tensor.of(rows.toArray(double[][]::new));
    }

    /** What a head says: codes (n, places, 4), log-odds of an object (n, places), of classes (n, places, classes). GRID has them as they are. */
    private record Said(Tensor codes, Tensor objects, Tensor kinds) {}

    private Said said(Tensor raw) {
        Tensor odds = raw.narrow(2, 4, 1 + config.classes()).sub(config.coding() == YoloCoding.GRID ? 0 : BEGIN);
        return new Said(raw.narrow(2, 0, 4), odds.select(2, 0), odds.narrow(2, 1, config.classes()));
    }

    @Override public Tensor loss(Tensor images, List<Truth> truths, Pass pass) {
        Detector.check("Yolo", images, truths, config.classes());
        var maps = levels(images, pass);
        var places = places(images.size(2), images.size(3));
        var loss = loss(said(told(heads, maps, pass)), places, truths, config.assigned());
        if (!config.dual()) return loss;
        var still = maps.stream().map(Tensor::detach).toList(); // the second head leaves the features to the first
        return loss.add(loss(said(told(one2one, still, pass)), places, truths, 1));
    }

    private Tensor loss(Said said, Tensor places, List<Truth> truths, int most) {
        int n = truths.size(), count = (int) places.size(0), classes = config.classes();
        var all = new ArrayList<YoloAssignment.Chosen>();
        double[] objects = new double[n * count], kinds = new double[n * count * classes];
        for (int i = 0; i < n; i++) {
            if (truths.get(i).kinds().length == 0) continue;
            var boxes = config.coding().decode(said.codes.select(0, i).detach().to(DType.F64), places);
            var chosen = config.coding() == YoloCoding.ANCHOR_FREE
                    ? YoloAssignment.aligned(boxes, said.kinds.select(0, i).detach().sigmoid().toRows(), places, truths.get(i), most)
                    : YoloAssignment.byCell(boxes, places, truths.get(i), config.coding());
            for (var c : chosen) {
                int row = i * count + c.place();
                all.add(c.at(row));
                objects[row] = c.weight();
                kinds[row * classes + c.kind()] = config.coding() == YoloCoding.ANCHOR_FREE ? c.weight() : 1;
            }
        }
        var type = said.codes.dtype();
        Tensor wantedObjects = Tensor.of(objects, n, count).to(type), wantedKinds = Tensor.of(kinds, n, count, classes).to(type);
        int[] rows = all.stream().mapToInt(YoloAssignment.Chosen::place).toArray();
        var wanted = Tensor.of(all.stream().flatMapToDouble(c -> Arrays.stream(c.box())).toArray(), rows.length, 4);
        Tensor codes = null, where = null, ownKinds = null;
        if (rows.length > 0) {
            codes = said.codes.reshape(-1, 4).rows(rows);
            where = places.rows(Arrays.stream(rows).map(r -> r % count).toArray());
            ownKinds = said.kinds.reshape(-1, classes).rows(rows);
        }
        if (config.coding() == YoloCoding.GRID) {
            var empty = Tensor.of(Arrays.stream(objects).map(o -> o > 0 ? 1 : 0.5).toArray(), n, count).to(type);
            var loss = said.objects.sub(wantedObjects).square().mul(empty).sum();
            if (rows.length == 0) return loss.div(n);
            var box = codes.sub(config.coding().encode(wanted, where).to(type)).square().sum().mul(5);
            var kind = ownKinds.sub(wantedKinds.reshape(-1, classes).rows(rows)).square().sum();
            return loss.add(box).add(kind).div(n);
        }
        boolean free = config.coding() == YoloCoding.ANCHOR_FREE;
        double total = Math.max(1, all.stream().mapToDouble(YoloAssignment.Chosen::weight).sum());
        var loss = free ? entropy(said.kinds, wantedKinds).div(total)
                : entropy(said.objects, Tensor.of(Arrays.stream(objects).map(o -> o > 0 ? 1 : 0).toArray(), n, count).to(type)).div(total);
        if (rows.length == 0) return loss;
        if (!free) loss = loss.add(entropy(ownKinds, wantedKinds.reshape(-1, classes).rows(rows)).div(total));
        var weights = Tensor.of(all.stream().mapToDouble(YoloAssignment.Chosen::weight).toArray()).to(type);
        var apart = BoxOverlap.GIOU.of(config.coding().decode(codes, where.to(type)), wanted.to(type)).rsub(1);
        return loss.add(apart.mul(weights).sum().mul(5 / total));
    }

    private static Tensor entropy(Tensor z, Tensor target) { return z.softplus().sub(z.mul(target)).sum(); }

    /** By the one-to-one head where there is one, and then without suppression. */
    @Override public List<Found> detect(Tensor images) {
        return config.dual() ? detect(images, Branch.ONE_TO_ONE, false) : detect(images, Branch.ONE_TO_MANY, true);
    }

    /** @param suppress whether the less sure of boxes that overlap are left out */
    public List<Found> detect(Tensor images, Branch branch, boolean suppress) {
        if (branch == Branch.ONE_TO_ONE && !config.dual()) throw new IllegalArgumentException("Yolo: it has no ONE_TO_ONE head; set dual");
        return Autograd.noGrad(() -> {
            var places = places(images.size(2), images.size(3));
            var found = new ArrayList<Found>();
            for (long from = 0; from < images.size(0); from += BATCH) {
                var maps = levels(images.narrow(0, from, Math.min(BATCH, images.size(0) - from)), Pass.inference());
                var said = said(told(branch == Branch.ONE_TO_ONE ? one2one : heads, maps, Pass.inference()));
                for (int i = 0; i < said.codes.size(0); i++) found.add(found(said, i, places, suppress));
            }
            return found;
        });
    }

    private Found found(Said said, int picture, Tensor places, boolean suppress) {
        var boxes = config.coding().decode(said.codes.select(0, picture).to(DType.F64), places);
        Tensor kind = said.kinds.select(0, picture).to(DType.F64), object = said.objects.select(0, picture).to(DType.F64).unsqueeze(1);
        double[][] scores = (switch (config.coding()) {
            case GRID -> kind.mul(object).clamp(0, 1);
            case ANCHORS -> kind.sigmoid().mul(object.sigmoid());
            case ANCHOR_FREE -> kind.sigmoid();
        }).toRows();
        int[] rows = new int[scores.length], kinds = new int[scores.length];
        var sure = new double[scores.length];
        int count = 0;
        for (int i = 0; i < scores.length; i++) {
            int best = 0;
            for (int k = 1; k < config.classes(); k++) if (scores[i][k] > scores[i][best]) best = k;
            if (!(scores[i][best] >= config.threshold())) continue;
            rows[count] = i;
            kinds[count] = best;
            sure[count++] = scores[i][best];
        }
        var all = new Found(boxes.rows(Arrays.copyOf(rows, count)), Tensor.of(Arrays.copyOf(sure, count), count),
                Arrays.copyOf(kinds, count));
        return suppress ? all.suppressed(config.suppression()) : all.rows(all.scores().argsort(0, true).toIntArray());
    }
}
