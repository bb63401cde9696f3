package lyceum.models.ssl;

import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * An order of patches for each picture, of which the first few are seen and the others hidden: tokens are gathered in that order, and put back by its
 * inverse.
 *
 * {@snippet :
 * var shuffle = PatchShuffle.random(32, 196, 0.75, rng);
 * Tensor seen = shuffle.visible(tokens);                       // (32, 49, width)
 * Tensor all = shuffle.restored(seen, maskToken);              // (32, 196, width), each where it was
 * }
 *
 * @param order numbers of patches, I64 (pictures, patches): the visible ones first
 * @param back the inverse, I64 (pictures, patches): the place of each patch in {@code order}
 * @param visible how many are seen
 * @see <a href="https://arxiv.org/abs/2111.06377">He et al. (2022)</a>
 */
public record PatchShuffle(Tensor order, Tensor back, int visible) {
    public PatchShuffle {
        if (order.rank() != 2 || !order.shape().equals(back.shape()) || visible < 1 || visible > order.size(1))
            throw new ShapeException("PatchShuffle: order " + order.shape() + ", back " + back.shape() + ", " + visible
                    + " visible; at least one of the patches is");
    }

    /**
     * {@code floor((1 - hidden) patches)} are visible, any as likely as another, drawn for each picture.
     *
     * @param hidden share of the patches, in [0, 1)
     */
    public static PatchShuffle random(int pictures, int patches, double hidden, Rng rng) {
        if (!(hidden >= 0 && hidden < 1))
            throw new IllegalArgumentException("PatchShuffle: the hidden share is " + hidden + "; it lies in [0, 1)");
        int visible = (int) Math.floor((1 - hidden) * patches + 1e-9); // 1 - 0.9 is a little under a tenth
        if (visible < 1)
            throw new IllegalArgumentException("PatchShuffle: none of " + patches + " patches is visible at a share of " + hidden);
        long[] order = new long[pictures * patches], back = new long[pictures * patches];
        for (int i = 0; i < pictures; i++) {
            int[] drawn = rng.permutation(patches);
            for (int j = 0; j < patches; j++) {
                order[i * patches + j] = drawn[j];
                back[i * patches + drawn[j]] = j;
            }
        }
        return new PatchShuffle(Tensor.of(order).reshape(pictures, patches), Tensor.of(back).reshape(pictures, patches), visible);
    }

    /** Tokens (pictures, patches, width) in this order. */
    public Tensor shuffled(Tensor tokens) { return Tokens.at(tokens, order); }

    /** Tokens in this order, back where they were: undoes {@link #shuffled}. */
    public Tensor restored(Tensor shuffled) { return Tokens.at(shuffled, back); }

    /** The visible tokens (pictures, visible, width), in this order. */
    public Tensor visible(Tensor tokens) { return Tokens.at(tokens, order.narrow(1, 0, visible)); }

    /** Visible tokens where they were, and a token (1, 1, width) wherever one is hidden: (pictures, patches, width). */
    public Tensor restored(Tensor visible, Tensor token) {
        long n = order.size(0), hidden = order.size(1) - this.visible;
        return hidden == 0 ? restored(visible) : restored(Tensor.concat(1, visible, token.expand(n, hidden, visible.size(2))));
    }

    /** Whether each patch is hidden, BOOL (pictures, patches). */
    public Tensor hidden() { return back.ge(visible); }
}
