package lyceum.train;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.tensor.Autocast;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Training with products in half-width types: what is computed in BF16 or F16 ({@link Autocast}), while parameters, their updates and sums stay F32; and
 * for F16 the scaling of the loss that keeps small gradients from becoming zero.
 *
 * {@snippet :
 * trainer.withPrecision(MixedPrecision.bf16());
 * trainer.withPrecision(MixedPrecision.fp16());               // loss scale 65,536, halved on overflow, doubled after 2,000 good steps
 * }
 *
 * <p>The loss is multiplied by the scale S and the gradients, in F32, divided by it. A step with an infinite or undefined gradient is left out, and S is
 * multiplied by {@code backoff}; after {@code interval} good steps in a row it is multiplied by {@code growth}. These are the rules of PyTorch's GradScaler.
 *
 * @param type of products: BF16 or F16
 * @param scale the first loss scale, above 0; 1 for none
 * @param growth at least 1
 * @param backoff in (0, 1]
 * @param interval good steps before the scale grows, at least 1
 * @see <a href="https://arxiv.org/abs/1710.03740">Micikevicius and others (2018)</a>
 */
@Withers
public record MixedPrecision(DType type, double scale, double growth, double backoff, int interval) implements MixedPrecisionWithers {
    public MixedPrecision {
        if (type != DType.BF16 && type != DType.F16) throw new DTypeException("MixedPrecision: type is " + type + "; it is BF16 or F16");
        if (!(scale > 0 && scale < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("MixedPrecision: scale is " + scale + "; it is above 0");
        if (!(growth >= 1)) throw new IllegalArgumentException("MixedPrecision: growth is " + growth + "; it is at least 1");
        if (!(backoff > 0 && backoff <= 1))
            throw new IllegalArgumentException("MixedPrecision: backoff is " + backoff + "; it lies in (0, 1]");
        if (interval < 1) throw new IllegalArgumentException("MixedPrecision: interval is " + interval + "; it is at least 1");
    }

    /** BF16, which has the range of F32 and needs no scale. */
    public static MixedPrecision bf16() { return new MixedPrecision(DType.BF16, 1, 1, 1, 1); }

    /** F16 with dynamic scaling as in PyTorch: from 65,536, doubled after 2,000 good steps, halved by an overflow. */
    public static MixedPrecision fp16() { return new MixedPrecision(DType.F16, 65536, 2, 0.5, 2000); }

    /** F16 with a constant scale; steps that overflow are left out. */
    public static MixedPrecision fp16(double scale) { return new MixedPrecision(DType.F16, scale, 1, 1, 1); }

    /**
     * Where the scale stands.
     *
     * @param value the factor of the next loss
     * @param good steps without overflow since it last changed
     * @param skipped steps left out in all
     */
    public record Scale(double value, int good, long skipped) {}

    /** The first scale. */
    public Scale start() { return new Scale(scale, 0, 0); }

    /** The scale after a step whose gradients were finite or not; a float, as in PyTorch, that never grows to infinity. */
    public Scale after(Scale now, boolean overflow) {
        if (overflow) return new Scale((float) (now.value * (float) backoff), 0, now.skipped + 1);
        if (now.good + 1 < interval) return new Scale(now.value, now.good + 1, now.skipped);
        float grown = (float) (now.value * (float) growth);
        return new Scale(Float.isFinite(grown) ? grown : now.value, 0, now.skipped);
    }

    /** Runs the forward pass (and, with gradient checkpoints, the backward pass) with products in this type. */
    public <T> T run(Supplier<T> body) { return Autocast.in(type, body); }

    /** Whether any gradient is infinite or undefined: they were, if a sum of them is. Nulls do not count. */
    public static boolean overflows(Tensor... gradients) {
        for (var g : gradients) if (g != null && g.isFinite().all().item() == 0) return true;
        return false;
    }

    /** Gradients of the loss from those of the scaled loss, in at least F32; nulls stay. */
    public static Tensor[] unscaled(double scale, Tensor... gradients) {
        var result = new Tensor[gradients.length];
        for (int i = 0; i < result.length; i++)
            if (gradients[i] != null) result[i] = gradients[i].to(gradients[i].dtype().accumulator()).div(scale);
        return result;
    }
}
