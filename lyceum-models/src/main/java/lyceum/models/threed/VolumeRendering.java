package lyceum.models.threed;

import java.util.Arrays;
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
        double[] t = at.detach().toDoubleArray(), w = weights.detach().toDoubleArray();
        var all = new float[rays * (n + more)];
        for (int r = 0; r < rays; r++) {
            // Bins between the middles; the first and the last sample's weight has none.
            var sum = new double[n - 1];
            for (int i = 1; i < n - 1; i++) sum[i] = sum[i - 1] + w[r * n + i] + 1e-5;
            int first = r * (n + more);
            for (int i = 0; i < n; i++) all[first + i] = (float) t[r * n + i];
            for (int k = 0; k < more; k++) {
                double u = (k + (rng == null ? 0.5 : rng.nextDouble())) / more * sum[n - 2];
                int bin = Arrays.binarySearch(sum, u);
                bin = Math.clamp(bin < 0 ? -bin - 2 : bin, 0, n - 3);
                double low = (t[r * n + bin] + t[r * n + bin + 1]) / 2, high = (t[r * n + bin + 1] + t[r * n + bin + 2]) / 2;
                all[first + n + k] = (float) (low + (high - low) * (u - sum[bin]) / (sum[bin + 1] - sum[bin]));
            }
            Arrays.sort(all, first, first + n + more);
        }
        return Tensor.of(all, rays, n + more);
    }
}
