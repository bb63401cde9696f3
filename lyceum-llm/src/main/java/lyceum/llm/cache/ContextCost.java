package lyceum.llm.cache;

import lyceum.llm.DecoderConfig;
import lyceum.nn.TransformerConfig;

/**
 * What a prompt of n tokens costs a decoder, in floating-point operations of its matrix products; a multiply-add is two.
 *
 * <p>Scores and the weighing of values take {@code 4 n^2 d} a head where a kernel computes the whole square, {@code 4 d pairs} where it leaves out what the mask
 * hides. Everything else is linear in n. With {@code 24 width^2} a token and layer for projections and a feed-forward half of 4 widths, both are equal at
 * {@code n = 6 width}.
 *
 * @param attention scores and values over the whole square
 * @param skipping the same over seen pairs alone
 * @param projections of queries, keys, values and outputs
 * @param mlp feed-forward halves
 * @param head the vocabulary's logits
 * @param pairs of a query and a key that it sees, over heads and layers
 * @see <a href="https://arxiv.org/abs/2001.08361">Kaplan et al. (2020), table 1</a>
 */
public record ContextCost(long attention, long skipping, long projections, long mlp, long head, long pairs) {

    /** @throws IllegalArgumentException for blocks of experts or without attention, and for n below 1 */
    public static ContextCost of(DecoderConfig config, long n) {
        if (n < 1) throw new IllegalArgumentException("ContextCost: " + n + " tokens; at least 1");
        long attention = 0, skipping = 0, projections = 0, mlp = 0, pairs = 0;
        for (TransformerConfig block : config.blocks()) {
            if (block.mixer() != null || block.depth() != null || block.moe() != null || block.attention().pattern() != null)
                throw new IllegalArgumentException("ContextCost: of blocks with attention and one feed-forward half");
            var a = block.attention();
            long width = block.width(), d = a.headWidth(), w = a.attention().window();
            long seen = w == 0 || w >= n ? n * (n + 1) / 2 : w * (w + 1) / 2 + (n - w) * w;
            attention += 4 * n * n * d * a.heads();
            skipping += 4 * d * seen * a.heads();
            pairs += seen * a.heads();
            projections += 2 * n * width * d * (2L * a.heads() + 2L * a.keyHeads());
            mlp += 2 * n * width * block.hidden() * (block.gated() ? 3 : 2);
        }
        return new ContextCost(attention, skipping, projections, mlp, 2 * n * config.width() * config.vocabulary(), pairs);
    }

    /** All, over the whole square. */
    public long total() { return attention + projections + mlp + head; }
}
