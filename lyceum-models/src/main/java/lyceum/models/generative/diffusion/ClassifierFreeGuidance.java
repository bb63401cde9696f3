package lyceum.models.generative.diffusion;

import java.util.Objects;
import java.util.function.DoubleUnaryOperator;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Exaggerates a condition: {@code e(none) + w (e(condition) - e(none))}, by one network that learned both through {@link ConditionDropout}. At w = 0 the
 * condition is ignored, at w = 1 the network's own answer stands, above 1 it is overshot: closer to the condition, less various.
 *
 * {@snippet :
 * var guided = model.with(ClassifierFreeGuidance.of(4, none)::guide);
 * Tensor x = new DdimSampler(50).sample(guided, start, classes, noise, Progress.SILENT);
 * }
 *
 * <p>Ho and Salimans write {@code (1 + w) e(condition) - w e(none)}: their w is one less. A learned variance is the conditional one. At weight 1 and at weight 0
 * the network is asked once, otherwise for both at once in a batch of twice the rows.
 *
 * @param weight w by time, such as {@code t -> 4}
 * @param from times from here ..
 * @param to .. to here are guided; at others w is 1
 * @param rescale in [0, 1]: how far the result is brought back to the deviation of the conditional answer, row by row; a row of
 *         deviation 0 stays as it is
 * @param none the empty condition, of the shape and type of one row of conditions; or what is to be avoided, a negative prompt
 * @param batched whether both answers come from one call of the network
 * @see <a href="https://arxiv.org/abs/2207.12598">Ho and Salimans (2022)</a>
 * @see <a href="https://arxiv.org/abs/2305.08891">Lin and others (2024), section 3.4, on rescaling</a>
 * @see <a href="https://arxiv.org/abs/2404.07724">Kynkäänniemi and others (2024), on intervals</a>
 */
@Withers
public record ClassifierFreeGuidance(DoubleUnaryOperator weight, double from, double to, double rescale, Tensor none, boolean batched)
        implements ClassifierFreeGuidanceWithers {
    public ClassifierFreeGuidance {
        Objects.requireNonNull(weight, "weight");
        Objects.requireNonNull(none, "none");
        if (!(from <= to)) throw new IllegalArgumentException("ClassifierFreeGuidance: times from " + from + " to " + to + "; they rise");
        if (!(rescale >= 0 && rescale <= 1))
            throw new IllegalArgumentException("ClassifierFreeGuidance: rescale is " + rescale + "; it lies in [0, 1]");
    }

    /** The same weight at all times. */
    public static ClassifierFreeGuidance of(double weight, Tensor none) {
        if (!Double.isFinite(weight)) throw new IllegalArgumentException("ClassifierFreeGuidance: weight is " + weight);
        return new ClassifierFreeGuidance(t -> weight, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, 0, none, true);
    }

    /** For class numbers with a number of its own for "none". */
    public static ClassifierFreeGuidance ofClass(double weight, long none) { return of(weight, Tensor.of(new long[] {none}).reshape()); }

    /** The weight at a time. */
    public double at(double t) { return t >= from && t <= to ? weight.applyAsDouble(t) : 1; }

    /** The denoiser with guidance. Its rows share one time; without a condition it is asked as it is. */
    public Denoiser guide(Denoiser denoiser) {
        return (x, t, condition, pass) -> {
            if (condition == null) return denoiser.predict(x, t, null, pass);
            double time = t.get(0).item(), w = at(time);
            if (w == 1) return denoiser.predict(x, t, condition, pass);
            var empty = empty(condition);
            if (w == 0) return denoiser.predict(x, t, empty, pass);
            return combined(w, x, batched ? together(denoiser, x, t, condition, empty, pass)
                    : new Tensor[] {denoiser.predict(x, t, condition, pass), denoiser.predict(x, t, empty, pass)});
        };
    }

    private static Tensor[] together(Denoiser denoiser, Tensor x, Tensor t, Tensor condition, Tensor empty, Pass pass) {
        var both = denoiser.predict(Tensor.concat(0, x, x), Tensor.concat(0, t, t), Tensor.concat(0, condition, empty), pass);
        return both.chunk(0, 2);
    }

    private Tensor empty(Tensor condition) {
        var wide = none.to(condition.dtype()).unsqueeze(0);
        return wide.expand(condition.shape().toArray()).contiguous();
    }

    private Tensor combined(double w, Tensor x, Tensor[] answers) {
        Tensor with = answers[0], without = answers[1], variance = null;
        if (x.rank() > 1 && with.size(1) == 2 * x.size(1)) {
            variance = with.narrow(1, x.size(1), x.size(1));
            with = with.narrow(1, 0, x.size(1));
            without = without.narrow(1, 0, x.size(1));
        }
        var guided = without.add(with.sub(without).mul(w));
        if (rescale > 0) {
            var own = deviation(guided);
            guided = Tensor.where(own.eq(0), guided, guided.mul(deviation(with).div(own).mul(rescale).add(1 - rescale)));
        }
        return variance == null ? guided : Tensor.concat(1, guided, variance);
    }

    private static Tensor deviation(Tensor rows) {
        var shape = new long[rows.rank()];
        java.util.Arrays.fill(shape, 1);
        shape[0] = rows.size(0);
        return rows.reshape(rows.size(0), -1).std(1, 0, true).reshape(shape);
    }
}
