package lyceum.models.threed;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Light along rays through a medium that absorbs and shines. With densities {@code sigma_i} over steps {@code delta_i}:
 * {@code alpha_i = 1 - exp(-sigma_i delta_i)}, {@code T_i = exp(-sum over j < i of sigma_j delta_j)}, {@code w_i = T_i alpha_i}, and the colour is {@code sum w_i c_i} and what
 * is left of the background.
 *
 * @see <a href="https://doi.org/10.1109/2945.468400">Max (1995)</a>
 */
public final class VolumeRendering {
    private VolumeRendering() {}

    /**
     * What rays saw.
     *
     * @param colour (rays, 3) @param depth the mean place of what was seen, {@code sum w t} (rays) @param weights (rays, samples) @param transmittance what passes all samples, (rays)
     */
    public record Rendered(Tensor colour, Tensor depth, Tensor weights, Tensor transmittance) {}

    /** The weights and, in the last column, the transmittance behind all samples: (rays, samples + 1), whose rows sum to 1. */
    public static Tensor weights(Tensor density, Tensor steps) {
        if (!density.shape().equals(steps.shape()) || density.rank() != 2) throw new ShapeException(
                "VolumeRendering: densities " + density.shape() + " over steps " + steps.shape() + "; both are (rays, samples)");
        var thickness = density.mul(steps);
        var passed = thickness.cumsum(1).neg().exp();
        var before = Tensor.concat(1, Tensor.ones(passed.dtype(), passed.size(0), 1), passed.narrow(1, 0, passed.size(1) - 1));
        return Tensor.concat(1, before.mul(thickness.neg().expm1().neg()), passed.narrow(1, passed.size(1) - 1, 1));
    }

    /**
     * @param density (rays, samples), at least 0 @param colour (rays, samples, 3) @param at where the samples are, (rays, samples), ascending @param far where the last step ends
     * @param background (3), or null for black
     */
    public static Rendered render(Tensor density, Tensor colour, Tensor at, double far, Tensor background) {
        long n = at.size(1);
        var end = Tensor.full(at.dtype(), far, at.size(0), 1);
        var steps = Tensor.concat(1, at.narrow(1, 1, n - 1), end).sub(at);
        var all = weights(density, steps);
        Tensor w = all.narrow(1, 0, n), left = all.select(1, n);
        var seen = w.unsqueeze(2).mul(colour).sum(1);
        if (background != null) seen = seen.add(left.unsqueeze(1).mul(background));
        return new Rendered(seen, w.mul(at).sum(1), w, left);
    }

    /** One place in each of {@code samples} equal parts of [near, far], (rays, samples), F32: at random, or the middle if {@code rng} is null. */
    public static Tensor stratified(int rays, int samples, double near, double far, Rng rng) {
        if (!(near >= 0 && far > near) || samples < 1)
            throw new IllegalArgumentException("VolumeRendering.stratified: " + samples + " samples from " + near + " to " + far);
        var within = rng == null ? Tensor.full(DType.F32, 0.5, rays, samples) : Tensor.rand(rng, rays, samples);
        return within.add(Tensor.arange(samples).to(DType.F32)).mul((far - near) / samples).add(near);
    }

    /**
     * More places where weights are large: {@code more} draws a ray from the density that is constant between the middles of neighbouring samples, together with the samples,
     * ascending: (rays, samples + more). Evenly spaced draws if {@code rng} is null. No gradient.
     */
    public static Tensor hierarchical(Tensor at, Tensor weights, int more, Rng rng) {
        int rays = (int) at.size(0), n = (int) at.size(1);
        if (n < 3) throw new ShapeException("VolumeRendering.hierarchical: " + n + " samples a ray; there are 3 at least");
        var t = at.detach().to(DType.F64);
        // Bins between the middles; the first and the last sample's weight has none.
        var sum = Tensor.concat(1, Tensor.zeros(DType.F64, rays, 1),
                weights.detach().to(DType.F64).narrow(1, 1, n - 2).add(1e-5).cumsum(1));
        var u = draws(rays, more, rng).mul(sum.narrow(1, n - 2, 1));
        var bin = sum.unsqueeze(1).le(u.unsqueeze(2)).to(DType.I64).sum(2).sub(1L).clamp(0L, n - 3L);
        var middles = t.narrow(1, 0, n - 1).add(t.narrow(1, 1, n - 1)).mul(0.5);
        Tensor low = middles.gather(1, bin), high = middles.gather(1, bin.add(1L)), from = sum.gather(1, bin),
                to = sum.gather(1, bin.add(1L));
        var all = Tensor.concat(1, t, low.add(high.sub(low).mul(u.sub(from)).div(to.sub(from)))).to(DType.F32);
        return all.gather(1, all.argsort(1));
    }

    /** One in each of so many equal parts of [0, 1], for each ray, or the same middles for all if {@code rng} is null. */
    private static Tensor draws(int rays, int more, Rng rng) {
        if (rng == null) return Tensor.arange(more).to(DType.F64).add(0.5).div(more);
        var u = new double[rays * more];
        for (int i = 0; i < u.length; i++) u[i] = (i % more + rng.nextDouble()) / more;
        return Tensor.of(u, rays, more);
    }
}
