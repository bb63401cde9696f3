package lyceum.models.multimodal;

import java.util.function.BiFunction;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.InfoNce;
import lyceum.nn.loss.Reduction;
import lyceum.nn.loss.SigmoidContrastiveLoss;
import lyceum.tensor.Tensor;

/**
 * What is asked of n pictures and their n texts in a common space. Row i of both is a pair; every other combination counts as wrong.
 *
 * {@snippet :
 * VlmObjective.clip();        // pick the text of each picture and the picture of each text
 * VlmObjective.siglip();      // say yes or no to every pair
 * VlmObjective.align();       // CLIP's, with labels smoothed by 0.1: one pair in some is not one
 * VlmObjective.filip();       // each patch looks for its best word, each word for its best patch
 * VlmObjective.coca();        // CLIP's and twice the loss of a caption
 * new VlmObjective.Softmax(0, 256);                                       // 256 rows of similarities at once
 * }
 *
 * <p>A chunk above 0 holds so many rows of the matrix of similarities at once, and computes each again for its gradient: loss and gradients are the same.
 * LiT is no objective but a {@linkplain ContrastiveVlmConfig#lockedImages locked} tower.
 *
 * @see <a href="https://arxiv.org/abs/2103.00020">Radford et al. (2021): CLIP</a>
 * @see <a href="https://arxiv.org/abs/2102.05918">Jia et al. (2021): ALIGN</a>
 * @see <a href="https://arxiv.org/abs/2111.07783">Yao et al. (2022): FILIP</a>
 * @see <a href="https://arxiv.org/abs/2205.01917">Yu et al. (2022): CoCa</a>
 * @see <a href="https://arxiv.org/abs/2303.15343">Zhai et al. (2023): SigLIP</a>
 */
public sealed interface VlmObjective {
    /**
     * The loss between pictures and texts, a scalar.
     *
     * @param logScale a scalar, the logarithm of what similarities are multiplied by
     * @param bias a scalar that is added to them, or null for none; a softmax does not notice it
     */
    Tensor of(Embedded images, Embedded texts, Tensor logScale, Tensor bias);

    /** Whether tokens are compared rather than pooled vectors. */
    default boolean isTokenWise() { return false; }

    /** The weight of the captions' own loss beside this; 0 for none. */
    default double captionWeight() { return 0; }

    /** Symmetric cross-entropy of all at once. */
    static Softmax clip() { return new Softmax(0, 0); }

    /** The same with labels smoothed by 0.1, against pairs that are none. */
    static Softmax align() { return new Softmax(0.1, 0); }

    /** A decision a pair, all at once. */
    static Sigmoid siglip() { return new Sigmoid(0); }

    /** Token by token. */
    static TokenMax filip() { return new TokenMax(0, 0); }

    /** CLIP's with weight 1, captioning with weight 2, as the paper has them. */
    static Captioned coca() { return new Captioned(clip(), 1, 2); }

    /**
     * {@code -1/2n sum_i [log softmax_j(s_ij)_i + log softmax_j(s_ji)_i]} with {@code s_ij = exp(logScale) u_i . v_j}.
     *
     * @param smoothing of the labels, in [0, 1)
     * @param chunk rows at once, 0 for all
     */
    record Softmax(double smoothing, int chunk) implements VlmObjective {
        public Softmax { check(smoothing, chunk); }

        @Override public Tensor of(Embedded images, Embedded texts, Tensor logScale, Tensor bias) {
            Tensor u = paired(images.pooled(), texts.pooled()), v = texts.pooled();
            if (chunk == 0 || chunk >= u.size(0)) {
                var contrast = new InfoNce().withNormalised(false).withLogScale(logScale).symmetric(u, v);
                return new CrossEntropy().withLabelSmoothing(smoothing).of(contrast.logits(), contrast.partners());
            }
            return picked(u, chunk, smoothing, logScale, (rows, from) -> rows.matmul(v.transpose()))
                    .add(picked(v, chunk, smoothing, logScale, (rows, from) -> rows.matmul(u.transpose()))).div(2 * u.size(0));
        }
    }

    /**
     * {@link SigmoidContrastiveLoss}.
     *
     * @param chunk side of the blocks, 0 for all at once
     */
    record Sigmoid(int chunk) implements VlmObjective {
        public Sigmoid { check(0, chunk); }

        @Override public Tensor of(Embedded images, Embedded texts, Tensor logScale, Tensor bias) {
            var shift = bias == null ? Tensor.scalar(0) : bias;
            return new SigmoidContrastiveLoss(logScale, shift, false, chunk).of(paired(images.pooled(), texts.pooled()), texts.pooled());
        }
    }

    /**
     * Softmax in both directions over late interaction, {@code s_ij} the mean over the tokens of i of the highest cosine with a token of j; the two directions
     * differ. Padding neither asks nor answers.
     *
     * @param smoothing of the labels, in [0, 1)
     * @param chunk rows at once, 0 for all
     */
    record TokenMax(double smoothing, int chunk) implements VlmObjective {
        public TokenMax { check(smoothing, chunk); }

        @Override public boolean isTokenWise() { return true; }

        @Override public Tensor of(Embedded images, Embedded texts, Tensor logScale, Tensor bias) {
            Tensor u = paired(images.tokens(), texts.tokens()), v = texts.tokens();
            int rows = chunk == 0 ? (int) u.size(0) : chunk;
            return picked(u, rows, smoothing, logScale, (part, from) -> similarity(part, some(images.seen(), from, part), v, texts.seen()))
                    .add(picked(v, rows, smoothing, logScale,
                            (part, from) -> similarity(part, some(texts.seen(), from, part), u, images.seen())))
                    .div(2 * u.size(0));
        }

        private static Tensor some(Tensor seen, long from, Tensor part) { return seen == null ? null : seen.narrow(0, from, part.size(0)); }

        /**
         * Of each query with each candidate, (n, m): the mean over the query's tokens of the highest dot product with one of the candidate's.
         *
         * @param queries (n, k, d)
         * @param asking BOOL (n, k), or null for all
         * @param candidates (m, l, d)
         * @param answering BOOL (m, l), or null for all
         */
        public static Tensor similarity(Tensor queries, Tensor asking, Tensor candidates, Tensor answering) {
            if (queries.rank() != 3 || candidates.rank() != 3 || queries.size(2) != candidates.size(2)) throw new ShapeException(
                    "TokenMax.similarity: " + queries.shape() + " and " + candidates.shape() + "; they are (n, k, d) and (m, l, d)");
            long n = queries.size(0), k = queries.size(1), m = candidates.size(0), l = candidates.size(1);
            var all = queries.reshape(n * k, -1).matmul(candidates.reshape(m * l, -1).transpose()).reshape(n, k, m, l);
            if (answering != null) all = all.maskedFill(answering.not().reshape(1, 1, m, l), Double.NEGATIVE_INFINITY);
            var best = all.max(3);
            if (asking == null) return best.mean(1, false);
            var weight = asking.to(best.dtype()).unsqueeze(2);
            return best.mul(weight).sum(1).div(weight.sum(1));
        }
    }

    /**
     * Another objective between pictures and texts, and the loss of predicting each caption from its picture (CoCa).
     *
     * @param pairs the one between pictures and texts
     * @param contrastWeight of it
     * @param captionWeight of the caption's mean cross-entropy a token
     */
    record Captioned(VlmObjective pairs, double contrastWeight, double captionWeight) implements VlmObjective {
        public Captioned {
            if (!(contrastWeight >= 0 && captionWeight > 0) || pairs.captionWeight() > 0)
                throw new IllegalArgumentException("Captioned: weights " + contrastWeight + " and " + captionWeight + " over " + pairs
                        + "; one above 0 for captions, once");
        }

        @Override public boolean isTokenWise() { return pairs.isTokenWise(); }

        @Override public Tensor of(Embedded images, Embedded texts, Tensor logScale, Tensor bias) {
            return pairs.of(images, texts, logScale, bias).mul(contrastWeight);
        }
    }

    /** The summed cross-entropy of picking partner i for query i; similarities are told those queries and the number of the first. */
    private static Tensor picked(Tensor queries, int chunk, double smoothing, Tensor logScale,
            BiFunction<Tensor, Long, Tensor> similarities) {
        long n = queries.size(0);
        Tensor sum = null;
        for (long i = 0; i < n; i += chunk) {
            long from = i, length = Math.min(chunk, n - i);
            var loss = new CrossEntropy().withLabelSmoothing(smoothing).withReduction(Reduction.SUM);
            var part = queries.narrow(0, from, length);
            Tensor own = length == n ? loss.of(scaled(similarities.apply(part, 0L), logScale), Tensor.arange(n)) : Autograd
                    .checkpoint(q -> loss.of(scaled(similarities.apply(q, from), logScale), Tensor.arange(from, from + length, 1)), part);
            sum = sum == null ? own : sum.add(own);
        }
        return sum;
    }

    private static Tensor scaled(Tensor similarities, Tensor logScale) {
        return similarities.mul(logScale.to(similarities.dtype()).reshape().exp());
    }

    private static Tensor paired(Tensor images, Tensor texts) {
        if (images == null || texts == null || images.size(0) != texts.size(0) || images.size(-1) != texts.size(-1) || images.count() == 0)
            throw new ShapeException("VlmObjective: pictures " + (images == null ? "none" : images.shape()) + ", texts "
                    + (texts == null ? "none" : texts.shape()) + "; row i of both is a pair, of one width");
        return images;
    }

    private static void check(double smoothing, int chunk) {
        if (!(smoothing >= 0 && smoothing < 1) || chunk < 0) throw new IllegalArgumentException(
                "VlmObjective: smoothing " + smoothing + " lies in [0, 1), chunk " + chunk + " is at least 1, or 0 for all at once");
    }
}
