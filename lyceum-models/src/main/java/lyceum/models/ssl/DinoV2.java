package lyceum.models.ssl;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/**
 * Self-distillation with no labels. A student and its slow average, the teacher, say of each picture which prototypes it resembles; the student shall say of
 * every crop what the teacher says of the large ones ({@code -sum p_t log p_s}), and of each patch hidden from it what the teacher, who sees it, says there
 * (iBOT, with a head of its own). The teacher's answers are sharpened and {@linkplain PrototypeBalance balanced}, features are {@linkplain #koLeo spread}.
 *
 * {@snippet :
 * var dino = new DinoV2(new DinoV2Config(new VisionTransformerConfig(14, 2, 1, 32, 2, 4), 64), rng);
 * new Trainer(new AdamW(1e-3), 10).withListener(dino.following(steps))
 *         .start(dino, n, dino.objective(images, new MultiCrop(14, 8, 2)), null, rng).finish(Progress.SILENT);
 * VisionFeatures seen = dino.encoder().encode(images, Pass.inference());      // pooled: a vector a picture; map: one a patch
 * }
 *
 * <p>The module itself gives the teacher's vector of each picture, (batch, width). A loss in a training pass moves the centres: give its {@link Trainer} one
 * shard. Names: {@code student.} and {@code teacher.} before {@code backbone}, {@code mask_token}, {@code dino_head}, {@code ibot_head}; {@code centre},
 * {@code patch_centre}.
 *
 * @see <a href="https://arxiv.org/abs/2304.07193">Oquab et al. (2023)</a>
 * @see <a href="https://arxiv.org/abs/2111.07832">Zhou et al. (2022): masked patches</a>
 */
public final class DinoV2 extends Module {
    private final DinoV2Config config;
    private final Network student, teacher;
    private final Tensor centre, patch_centre;

    /** What student and teacher are. */
    private static final class Network extends Module {
        private final VisionTransformer backbone;
        private final Tensor mask_token;
        private final DinoHead dino_head, ibot_head;

        Network(DinoV2Config config, Rng rng) {
            var vit = config.backbone();
            backbone = new VisionTransformer(vit, rng);
            mask_token = Init.begin(Init.normal(0.02), rng, vit.dtype(), 1, 1, vit.width()).requiresGrad();
            dino_head = DinoHead.of(vit, config, rng);
            ibot_head = DinoHead.of(vit, config, rng);
        }

        /** Tokens (batch, prefix + patches, width). @param hidden BOOL (batch, patches) of patches that a learned token stands for; null for none */
        Tensor tokens(Tensor images, Tensor hidden, Pass pass) {
            if (hidden == null) return backbone.through(backbone.patches(images, pass), pass);
            var patches = backbone.patchEmbedding().forward(images, pass);
            var masked = Tensor.where(hidden.unsqueeze(2), mask_token, patches);
            int p = backbone.config().patch();
            if (backbone.config().positions() != VisionTransformerConfig.Positions.NONE)
                masked = masked.add(backbone.gridPositions(images.size(2) / p, images.size(3) / p));
            return backbone.through(masked, pass);
        }

        @Override protected Tensor compute(Tensor images, Pass pass) { return backbone.forward(images, pass); }
    }

    public DinoV2(DinoV2Config config, Rng rng) {
        this.config = config;
        student = new Network(config, rng);
        teacher = new EmaTeacher<>(student).module();
        centre = Tensor.zeros(config.backbone().dtype(), config.prototypes()).compute();
        patch_centre = Tensor.zeros(config.backbone().dtype(), config.prototypes()).compute();
    }

    public DinoV2Config config() { return config; }

    /** The teacher's backbone: what is kept after training. Frozen; global features are its {@code pooled}, patch features its {@code map}. */
    public VisionTransformer encoder() { return teacher.backbone; }

    /** The teacher takes a step toward the student. @param momentum of the teacher, in [0, 1] */
    public void follow(double momentum) { EmaTeacher.follow(teacher, student, momentum); }

    /** For a trainer: the teacher follows each step, its momentum rising from the configured one to 1 by a cosine over that many steps. */
    public Trainer.Listener following(long steps) { return EmaTeacher.following(teacher, student, config.momentum(), steps); }

    /** The teacher's targets for whole pictures, (n, prototypes), balanced over this batch; no gradient flows. */
    public Tensor targets(Tensor images) {
        return Autograd.noGrad(() -> {
            var logits = teacher.dino_head.forward(teacher.backbone.forward(images));
            return config.balance().targets(logits, config.teacherTemperature(), centre).compute();
        });
    }

    /** What a trainer minimises on pictures (n, channels, height, width). */
    public BatchLoss objective(Tensor images, MultiCrop crops) {
        return (rows, pass) -> {
            if (pass.rng() == null)
                throw new IllegalArgumentException("DinoV2: the pass has no random numbers to draw crops by; use Pass.training(rng)");
            return loss(crops.of(images.rows(rows), pass.rng()), pass);
        };
    }

    /** @param views two large crops, (batch, channels, height, width) each, then any small ones */
    public Tensor loss(List<Tensor> views, Pass pass) {
        if (views.size() < 2)
            throw new IllegalArgumentException("DinoV2.loss: " + views.size() + " view; two large ones, and any small ones");
        int n = (int) views.getFirst().size(0), prefix = teacher.backbone.prefix();
        var both = Tensor.concat(0, views.get(0), views.get(1));
        var hiding = hiding(2 * n, both, pass);
        var rows = Tensor.of(hiding.rows());
        // What the teacher says of both large crops, and of the patches that the student will not see.
        var told = Autograd.noGrad(() -> {
            var tokens = teacher.tokens(both, null, Pass.inference()).compute();
            var logits = teacher.dino_head.forward(tokens.select(1, 0)).compute();
            var wanted = config.balance().targets(logits, config.teacherTemperature(), centre).compute();
            move(centre, logits, pass);
            if (hiding.rows().length == 0 || config.patchWeight() == 0) return new Tensor[] {wanted};
            var patches = teacher.ibot_head.forward(patchRows(tokens, prefix, rows)).compute();
            var local = config.balance().targets(patches, config.teacherTemperature(), patch_centre).compute();
            move(patch_centre, patches, pass);
            return new Tensor[] {wanted, local};
        });
        Tensor first = told[0].narrow(0, 0, n), second = told[0].narrow(0, n, n);

        var seen = student.tokens(both, hiding.hidden(), pass);
        var classes = seen.select(1, 0);
        var answers = student.dino_head.forward(classes, pass);
        var loss = entropy(second, answers.narrow(0, 0, n)).add(entropy(first, answers.narrow(0, n, n)));
        for (var view : views.subList(2, views.size())) {
            var answer = student.dino_head.forward(student.tokens(view, null, pass).select(1, 0), pass);
            loss = loss.add(entropy(first, answer)).add(entropy(second, answer));
        }
        loss = loss.mean().div(2 + 2 * (views.size() - 2));
        if (told.length > 1) {
            var answer = student.ibot_head.forward(patchRows(seen, prefix, rows), pass);
            var weights = Tensor.of(hiding.weights()).to(answer.dtype());
            loss = loss.add(entropy(told[1], answer).mul(weights).sum().mul(config.patchWeight()));
        }
        if (config.spreadWeight() > 0 && n > 1) {
            var spread = koLeo(classes.narrow(0, 0, n)).add(koLeo(classes.narrow(0, n, n)));
            loss = loss.add(spread.mul(config.spreadWeight() / 2));
        }
        return loss;
    }

    /** Cross-entropy of each row with the student's softmax, (n). */
    private Tensor entropy(Tensor wanted, Tensor logits) {
        return wanted.mul(logits.div(config.studentTemperature()).logSoftmax(1)).sum(1).neg();
    }

    private void move(Tensor centre, Tensor logits, Pass pass) {
        if (pass.isRemembered() && config.balance() instanceof PrototypeBalance.Centring c) centre.copy_(c.moved(centre, logits).compute());
    }

    private static Tensor patchRows(Tensor tokens, int prefix, Tensor rows) {
        return tokens.narrow(1, prefix, tokens.size(1) - prefix).reshape(-1, tokens.size(2)).indexSelect(0, rows);
    }

    /**
     * Patches hidden from the student.
     *
     * @param hidden BOOL (pictures, patches), null if none is
     * @param rows numbers of hidden ones among all patches of all pictures
     * @param weights of each: one over the hidden ones of its picture, over the pictures that hide some
     */
    private record Hiding(Tensor hidden, long[] rows, double[] weights) {}

    private Hiding hiding(int pictures, Tensor images, Pass pass) {
        int p = config.backbone().patch(), high = (int) (images.size(2) / p), wide = (int) (images.size(3) / p);
        var all = new boolean[pictures * high * wide];
        var rows = new ArrayList<long[]>();
        int total = 0;
        for (int i = 0; i < pictures && pass.rng() != null; i++) {
            if (!(pass.rng().nextDouble() < config.masked())) continue;
            double share = config.hiddenLow() + (config.hiddenHigh() - config.hiddenLow()) * pass.rng().nextDouble();
            var places = PatchBlocks.cover(high, wide, Math.max(1, (int) Math.round(share * high * wide)), pass.rng());
            var numbers = new long[places.length];
            for (int k = 0; k < places.length; k++) {
                numbers[k] = (long) i * high * wide + places[k];
                all[(int) numbers[k]] = true;
            }
            rows.add(numbers);
            total += numbers.length;
        }
        var flat = new long[total];
        var weights = new double[total];
        int at = 0;
        for (var numbers : rows) for (long number : numbers) {
            weights[at] = 1.0 / (numbers.length * (double) rows.size());
            flat[at++] = number;
        }
        return new Hiding(total == 0 ? null : Tensor.of(all).reshape(pictures, high * wide), flat, weights);
    }

    /**
     * Spreads features evenly: {@code -1/n sum_i log(min_j |x_i - x_j| + 1e-8)} of rows (n, width) at length 1.
     *
     * @see <a href="https://arxiv.org/abs/1806.03198">Sablayrolles et al. (2019)</a>
     */
    public static Tensor koLeo(Tensor rows) {
        long n = rows.size(0);
        if (rows.rank() != 2 || n < 2) throw new ShapeException("koLeo: rows " + rows.shape() + "; at least two rows have neighbours");
        var x = DinoHead.unit(rows);
        var nearest = Autograd.noGrad(() -> {
            var cosines = x.detach().matmul(x.detach().transpose()).sub(Tensor.eye(x.dtype(), n).mul(4));
            return cosines.argmax(1).compute();
        });
        var distance = x.sub(x.indexSelect(0, nearest)).square().sum(1).add(1e-24).sqrt();
        return distance.add(1e-8).log().mean().neg();
    }

    /**
     * How sure targets are and how many prototypes they use, both over log K: near 1 and 1 every picture gets the uniform answer, near 0 and 0 all get the
     * same prototype; apart is healthy.
     *
     * @param perPicture mean entropy of a row
     * @param ofMean entropy of the mean row
     */
    public record Entropies(double perPicture, double ofMean) {
        /** Of targets (n, prototypes). */
        public static Entropies of(Tensor targets) {
            return Autograd.noGrad(() -> {
                Tensor t = targets.detach().to(DType.F64), mean = t.mean(0);
                double most = Math.log(t.size(1));
                double each = t.mul(t.maximum(1e-300).log()).sum(1).mean().item(), all = mean.mul(mean.maximum(1e-300).log()).sum().item();
                return new Entropies(Math.abs(each) / most, Math.abs(all) / most);
            });
        }
    }

    @Override protected Tensor compute(Tensor images, Pass pass) { return teacher.backbone.forward(images, pass); }
}
