package lyceum.models.generative.latent;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * Brings codes to mean 0 and deviation 1, channel by channel, which noise of deviation 1 is made for.
 *
 * @param mean of each channel, (1, channels, 1 ..)
 * @param deviation of each channel, of that shape
 */
public record LatentScale(Tensor mean, Tensor deviation) {
    /** Of the codes (n, channels, ..) of training data. Channels that do not vary are only centred. */
    public static LatentScale of(Tensor codes) {
        if (codes.rank() < 2 || codes.size(0) < 2)
            throw new ShapeException("LatentScale: codes " + codes.shape() + "; they are (n, channels, ..), n at least 2");
        return Autograd.noGrad(() -> {
            var rows = codes.moveAxis(1, 0).reshape(codes.size(1), -1);
            var shape = new long[codes.rank()];
            Arrays.fill(shape, 1);
            shape[1] = codes.size(1);
            Tensor deviation = rows.std(1, 0, false);
            return new LatentScale(rows.mean(1).reshape(shape).compute(),
                    deviation.eq(0).where(deviation.onesLike(), deviation).reshape(shape).compute());
        });
    }

    /** One factor for all codes, without a mean, as published models have it: 0.18215 with Stable Diffusion 1 and 2. @param like codes of the rank */
    public static LatentScale factor(double factor, Tensor like) {
        if (!(factor > 0)) throw new IllegalArgumentException("LatentScale: the factor is " + factor + "; it is above 0");
        var shape = new long[like.rank()];
        Arrays.fill(shape, 1);
        return new LatentScale(Tensor.zeros(like.dtype(), shape), Tensor.full(like.dtype(), 1 / factor, shape));
    }

    public Tensor apply(Tensor codes) { return codes.sub(mean).div(deviation); }

    /** Back from scaled codes. */
    public Tensor undo(Tensor scaled) { return scaled.mul(deviation).add(mean); }
}
