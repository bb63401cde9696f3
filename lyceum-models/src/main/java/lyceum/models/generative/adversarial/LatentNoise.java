package lyceum.models.generative.adversarial;

import java.util.Objects;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.autograd.Autograd;
import lyceum.models.generative.Generator;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.prob.Normal;
import lyceum.prob.Truncated;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * What a generator is fed: standard normal numbers, when sampling perhaps without their tails. Numbers beyond the truncation are drawn anew, each by itself, which trades
 * variety for typicality.
 *
 * {@snippet :
 * var noise = new LatentNoise(128);
 * Tensor pictures = noise.withTruncation(0.5).through(generator, classes).sample(16, rng);
 * }
 *
 * @param width numbers an item
 * @param truncation bound of their size, above 0; infinite for none
 * @param dtype F32 or F64
 * @see <a href="https://arxiv.org/abs/1809.11096">Brock, Donahue and Simonyan (2019), the truncation trick</a>
 */
@Withers
public record LatentNoise(int width, double truncation, DType dtype) implements LatentNoiseWithers {
    public LatentNoise {
        Objects.requireNonNull(dtype, "dtype");
        if (width < 1) throw new IllegalArgumentException("LatentNoise: width is " + width + "; it is at least 1");
        if (!(truncation > 0)) throw new IllegalArgumentException("LatentNoise: truncation is " + truncation + "; it is above 0");
        if (dtype != DType.F32 && dtype != DType.F64) throw new DTypeException("LatentNoise: dtype is " + dtype + "; it is F32 or F64");
    }

    /** Untruncated, F32. */
    public LatentNoise(int width) { this(width, Double.POSITIVE_INFINITY, DType.F32); }

    /** (n, width). */
    public Tensor sample(int n, Rng rng) {
        if (truncation == Double.POSITIVE_INFINITY) return Tensor.randn(rng, dtype, n, width);
        return new Truncated(new Normal(0, 1), -truncation, truncation).sample(rng, Math.multiplyExact(n, width)).to(dtype).reshape(n,
                width);
    }

    /** Items of a trained generator, predicting. */
    public Generator through(Module generator) { return (n, rng) -> generated(generator, null, n, rng); }

    /** The same of given conditions (n, ..), an item each: {@code sample} is called with their number. */
    public Generator through(Module generator, Tensor conditions) {
        return (n, rng) -> {
            if (conditions.size(0) != n) throw new IllegalArgumentException(
                    "LatentNoise.through: " + n + " items of " + conditions.size(0) + " conditions; as many");
            return generated(generator, conditions, n, rng);
        };
    }

    private Tensor generated(Module generator, Tensor conditions, int n, Rng rng) {
        if (n < 1) throw new IllegalArgumentException("LatentNoise: a sample of " + n + "; it is at least 1");
        return Autograd.noGrad(() -> Conditioned.forward(generator, sample(n, rng), conditions, Pass.sampling(rng)).compute());
    }
}
