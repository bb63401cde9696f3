package lyceum.models.vision;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.FlopCounter;
import lyceum.nn.Module;
import lyceum.nn.Skeleton;
import lyceum.nn.loss.Loss;
import lyceum.nn.loss.SigmoidContrastiveLoss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * What the successors of the {@link VisionTransformer} change: sizes ({@link #published}), the {@link SwinTransformer}, and what is
 * learned: a teacher's answers (DeiT), hidden patches (MAE), another
 * view (DINO), captions (SigLIP).
 *
 * {@snippet :
 * var deit = new VisionTransformer(VitVariants.deitTiny().withDistilled(true), rng);
 * Tensor loss = VitVariants.hardDistillation(deit.heads(images, pass), labels, teacher.forward(images));
 * VitVariants.compare(224).forEach(System.out::println);
 * }
 *
 * @see <a href="https://arxiv.org/abs/2012.12877">Touvron et al. (2021): DeiT</a>
 * @see <a href="https://arxiv.org/abs/2111.06377">He et al. (2022): MAE</a>
 * @see <a href="https://arxiv.org/abs/2104.14294">Caron et al. (2021): DINO</a>
 * @see <a href="https://arxiv.org/abs/2303.15343">Zhai et al. (2023): SigLIP</a>
 */
public final class VitVariants {
    private VitVariants() {}

    /** DeiT-Ti: 5,717,416 parameters; {@code withDistilled(true)} adds the second token and head. */
    public static VisionTransformerConfig deitTiny() { return VisionTransformerConfig.tiny(16); }

    /** {@code (CE(labels' head, y) + CE(teacher's head, argmax of the teacher)) / 2}: what a teacher says counts as a label. */
    public static Tensor hardDistillation(VisionTransformer.Heads heads, Tensor labels, Tensor teacher) {
        return Loss.crossEntropy(heads.labels(), labels).add(Loss.crossEntropy(heads.teacher(), teacher.detach().argmax(1))).mul(0.5);
    }

    /**
     * {@code (1 - weight) CE(labels' head, y) + weight t^2 KL(softmax(teacher / t) | softmax(teacher's head / t))}, means over the batch.
     */
    public static Tensor softDistillation(VisionTransformer.Heads heads, Tensor labels, Tensor teacher, double temperature, double weight) {
        var wanted = teacher.detach().div(temperature).logSoftmax(1);
        var divergence = wanted.exp().mul(wanted.sub(heads.teacher().div(temperature).logSoftmax(1))).sum(1).mean();
        return Loss.crossEntropy(heads.labels(), labels).mul(1 - weight).add(divergence.mul(weight * temperature * temperature));
    }

    /**
     * Mean squared error over the hidden patches alone.
     *
     * @param predicted (batch, patches, pixels)
     * @param pixels of the patches, of the same shape
     * @param hidden BOOL (batch, patches)
     * @param normalised whether each patch's pixels are told as deviations from its mean over its standard deviation
     */
    public static Tensor maskedError(Tensor predicted, Tensor pixels, Tensor hidden, boolean normalised) {
        if (!predicted.shape().equals(pixels.shape()) || hidden.rank() != 2 || hidden.size(1) != pixels.size(1)) throw new ShapeException(
                "maskedError: predicted " + predicted.shape() + ", pixels " + pixels.shape() + ", hidden " + hidden.shape());
        var target = pixels;
        if (normalised) target = pixels.sub(pixels.mean(2, true)).div(pixels.var(2, true).add(1e-6).sqrt());
        var weight = hidden.to(predicted.dtype());
        return predicted.sub(target).square().mean(2, false).mul(weight).sum().div(weight.sum());
    }

    /**
     * Cross-entropy of a student's answer against a centred, sharpened one of a teacher on another view, its mean over the batch: {@code
     * -sum softmax((t - c) / tau_t) log softmax(s / tau_s)}.
     *
     * @param centre (answers), a running mean of the teacher's logits, against collapse
     */
    public static Tensor selfDistillation(Tensor student, Tensor teacher, Tensor centre, double studentTemperature,
            double teacherTemperature) {
        var wanted = teacher.detach().sub(centre).div(teacherTemperature).softmax(1);
        return wanted.mul(student.div(studentTemperature).logSoftmax(1)).sum(1).mean().neg();
    }

    /**
     * {@code -1/n sum_ij log sigmoid(z_ij (scale x_i . y_j + bias))} with z 1 for pairs and -1 else, of unit vectors (n, width).
     * @param scale a scalar above 0
     * @param bias a scalar
     * @see SigmoidContrastiveLoss
     */
    public static Tensor sigmoidLoss(Tensor images, Tensor texts, Tensor scale, Tensor bias) {
        return new SigmoidContrastiveLoss(scale.log(), bias).withNormalised(false).of(images, texts);
    }

    /** The standard models by name, of shapes alone. */
    public static SequencedMap<String, Supplier<Module>> published() {
        var all = new LinkedHashMap<String, Supplier<Module>>();
        all.put("ViT-B/16", () -> new VisionTransformer(VisionTransformerConfig.base(16), Rng.of(1)));
        all.put("DeiT-Ti/16", () -> new VisionTransformer(deitTiny(), Rng.of(1)));
        all.put("DeiT-Ti/16 distilled", () -> new VisionTransformer(deitTiny().withDistilled(true), Rng.of(1)));
        all.put("Swin-T", () -> new SwinTransformer(SwinTransformerConfig.tiny(), Rng.of(1)));
        all.put("ViT-S/14, no head", () -> new VisionTransformer(VisionTransformerConfig.small(14).withClasses(0), Rng.of(1)));
        all.replaceAll((name, build) -> () -> Skeleton.of(build));
        return all;
    }

    /**
     * A model at a size.
     * @param flops of one picture, a multiply-add being two
     * @param attention multiply-adds of {@code QK'} and {@code AV} in all blocks
     */
    public record Cost(String model, long parameters, long flops, long attention) {}

    /**
     * The {@link #published} models on square pictures of that side, by shape alone; a side that patches do not fill is seen as the next
     * larger one.
     */
    public static List<Cost> compare(int side) {
        return published().entrySet().stream().map(e -> cost(e.getKey(), e.getValue().get(), side)).toList();
    }

    /**
     * A model's cost on a picture of that side, by shape alone: counted from the operations that a forward pass runs, projections
     * excluded from {@code attention}.
     */
    public static Cost cost(String name, Module model, int side) {
        int patch = model instanceof VisionTransformer vit ? vit.config().patch() : 1, fits = (side + patch - 1) / patch * patch;
        var counted = FlopCounter.ofShapes(() -> model.forward(Tensor.zeros(DType.F32, 1, 3, fits, fits)));
        long attention = counted.rows().stream().filter(row -> row.operation().startsWith("attention")).mapToLong(FlopCounter.Row::products)
                .sum();
        return new Cost(name, model.parameterCount(), counted.products() + counted.others(), attention / 2);
    }
}
