package lyceum.nn;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Transformer-XL's: {@code r_proj.weight} (heads d, width) of sinusoids of the distance, and the biases {@code u} and {@code v} (heads, d). */
final class ContentBias extends RelativeBias {
    private final int heads, headWidth;
    private final SinusoidalPositions sinusoids;
    private final Linear r_proj;
    private final Tensor u, v;

    ContentBias(AttentionConfig config, Rng rng) {
        heads = config.heads();
        headWidth = config.headWidth();
        sinusoids = new SinusoidalPositions(config.width(), 10_000, false, 1, 0);
        r_proj = new Linear(config.width(), (long) heads * headWidth, false, config.dtype(), Init.glorotUniform(), rng);
        u = Init.zeros().sample(rng, config.dtype(), heads, headWidth).compute().requiresGrad();
        v = Init.zeros().sample(rng, config.dtype(), heads, headWidth).compute().requiresGrad();
    }

    @Override Tensor content(Tensor q) { return q.add(u.to(q.dtype()).unsqueeze(1)); }

    @Override Tensor byOffset(Tensor q, long lowest, long highest, double scale) {
        // The paper counts how far the key lies behind the query.
        var codes = sinusoids.of(Tensor.arange(lowest, highest + 1, 1).neg(), r_proj.weight().dtype());
        var r = r_proj.forward(codes).reshape(highest - lowest + 1, heads, headWidth).permute(1, 2, 0);
        return q.add(v.to(q.dtype()).unsqueeze(1)).matmul(r.to(q.dtype())).mul(scale);
    }
}
