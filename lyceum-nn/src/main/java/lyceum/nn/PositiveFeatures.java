package lyceum.nn;

import lyceum.DType;
import lyceum.linalg.Qr;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Positive random features of the softmax kernel (FAVOR+): {@code exp(w_i x - |x|^2 / 2) / sqrt(m)} for m directions {@code w_i} of standard normal
 * distribution, so that the mean of {@code phi(q) phi(k)'} over directions is {@code exp(q k')}. Its error falls as {@code 1 / sqrt(m)} and grows fast with the
 * norms of q and k.
 *
 * @param directions (m, d)
 * @see <a href="https://arxiv.org/abs/2009.14794">Choromanski et al. (2021)</a>
 */
public record PositiveFeatures(Tensor directions) implements FeatureMap {

    /**
     * Draws directions.
     *
     * @param orthogonal whether those of each block of {@code width} are orthogonal, each with the length of a normal vector of its own: a smaller variance,
     *        the same mean
     */
    public static PositiveFeatures draw(int count, int width, boolean orthogonal, DType type, Rng rng) {
        if (count < 1 || width < 1)
            throw new IllegalArgumentException("PositiveFeatures: " + count + " directions of width " + width + "; at least 1");
        var normal = Tensor.randn(rng, DType.F64, count, width).compute();
        if (!orthogonal) return new PositiveFeatures(normal.to(type).compute());
        var blocks = new Tensor[(count + width - 1) / width];
        for (int b = 0; b < blocks.length; b++) {
            var qr = Qr.of(Tensor.randn(rng, DType.F64, width, width));
            // With the signs of R's diagonal the factor is uniform among orthogonal matrices.
            blocks[b] = qr.q().mul(qr.r().diagonal().sign());
        }
        var turned = Tensor.concat(0, blocks).narrow(0, 0, count);
        return new PositiveFeatures(turned.mul(normal.square().sum(1, true).sqrt()).to(type).compute());
    }

    @Override public Tensor of(Tensor x) { return exponents(x).exp().div(Math.sqrt(directions.size(0))); }

    @Override public Tensor ofQueries(Tensor q) {
        var exponents = exponents(q);
        return exponents.sub(exponents.detach().max(-1, true)).exp();
    }

    private Tensor exponents(Tensor x) { return x.matmul(directions.transpose()).sub(x.square().sum(-1, true).mul(0.5)); }
}
