package lyceum.models.generative.diffusion;

import lyceum.ShapeException;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Which tokens of a clip look at which: T frames of S places are T S tokens, frame by frame. {@link #SPACE} followed by {@link #TIME} is factorised attention,
 * {@code T S^2 + S T^2} pairs in place of {@code (T S)^2}; each is what joint attention gives when all other pairs are masked.
 *
 * {@snippet :
 * Tensor y = SpaceTimeAttention.TIME.of(q, k, v, 8);                  // (n, heads, 8 S, d) each
 * }
 *
 * @see <a href="https://arxiv.org/abs/2204.03458">Ho, Salimans, Gritsenko, Chan, Norouzi and Fleet (2022), section 3</a>
 */
public enum SpaceTimeAttention {
    /** All at all. */
    JOINT,
    /** Those of one frame at each other. */
    SPACE,
    /** Those of one place at each other. */
    TIME;

    /**
     * Attention, scaled by {@code 1 / sqrt(d)}.
     *
     * @param q queries (n, heads, T S, d), likewise k and v
     * @param frames T
     */
    public Tensor of(Tensor q, Tensor k, Tensor v, int frames) {
        if (q.rank() != 4 || frames < 1 || q.size(2) % frames != 0) throw new ShapeException(
                "SpaceTimeAttention: queries " + q.shape() + " of " + frames + " frames; they are (n, heads, frames places, d)");
        if (this == JOINT) return new Attention().of(q, k, v);
        var seen = new Attention().of(apart(q, frames), apart(k, frames), apart(v, frames));
        long n = q.size(0), heads = q.size(1), places = q.size(2) / frames, d = q.size(3);
        return this == SPACE ? seen.reshape(n, frames, heads, places, d).transpose(1, 2).reshape(n, heads, frames * places, d)
                : seen.reshape(n, places, heads, frames, d).permute(0, 2, 3, 1, 4).reshape(n, heads, frames * places, d);
    }

    /** Frames, or places, as items of the batch. */
    private Tensor apart(Tensor x, int frames) {
        long n = x.size(0), heads = x.size(1), places = x.size(2) / frames, d = x.size(3);
        var split = x.reshape(n, heads, frames, places, d);
        return this == SPACE ? split.transpose(1, 2).reshape(n * frames, heads, places, d)
                : split.permute(0, 3, 1, 2, 4).reshape(n * places, heads, frames, d);
    }
}
