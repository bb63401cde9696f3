package lyceum.models.multimodal;

import java.util.Objects;
import lyceum.optim.AdamW;
import lyceum.optim.UpdateRule;
import lyceum.withers.Withers;

/**
 * How {@link CrossModalAlignment} joins spaces: three closed forms, one without any fit, one by training.
 *
 * {@snippet :
 * new AlignmentMethod.Procrustes(true);                                    // a rotation, after both are centred
 * new AlignmentMethod.RidgeMap(1e-2);
 * new AlignmentMethod.Canonical(16, 1e-3);                                 // CCA: the 16 best correlated directions
 * new AlignmentMethod.RelativeAnchors(64);                                 // similarities to 64 of the pairs
 * new AlignmentMethod.ContrastiveHeads(32, VlmObjective.clip());
 * }
 */
public sealed interface AlignmentMethod {
    /**
     * The rotation R of all but the first space with the least {@code |X R - Y|}, Y the first, both centred: {@code U V'} of {@code X'Y = U S V'}. A narrower
     * space turns into a wider one, not the other way round.
     *
     * @param scaled whether lengths are fitted as well, by {@code tr(S) / |X|^2}
     * @see <a href="https://doi.org/10.1007/BF02289451">Schönemann (1966)</a>
     */
    record Procrustes(boolean scaled) implements AlignmentMethod {}

    /**
     * The linear map of all but the first space with the least {@code |X W - Y|^2 + lambda n |W|^2}, Y the first, both centred.
     *
     * @param lambda at least 0; above it where there are fewer pairs than numbers
     */
    record RidgeMap(double lambda) implements AlignmentMethod {
        public RidgeMap {
            if (!(lambda >= 0 && lambda < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("RidgeMap: lambda is " + lambda + "; it is at least 0");
        }
    }

    /**
     * Directions of two spaces whose coordinates have the highest correlations, each times its correlation, so that those that are not shared weigh little.
     *
     * @param components how many, at most the narrower width
     * @param ridge added to the variances, in parts of their mean; 0 for none
     * @see <a href="https://doi.org/10.1093/biomet/28.3-4.321">Hotelling (1936)</a>
     */
    record Canonical(int components, double ridge) implements AlignmentMethod {
        public Canonical {
            if (components < 1 || !(ridge >= 0 && ridge < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("Canonical: " + components + " components, at least 1; ridge " + ridge + ", at least 0");
        }
    }

    /**
     * In every space, the cosines with the first pairs' own vectors: coordinates that no rotation and no scale of a space changes, so that nothing is
     * fitted.
     *
     * @param anchors how many of the pairs
     * @see <a href="https://arxiv.org/abs/2209.15430">Moschella et al. (2023)</a>
     */
    record RelativeAnchors(int anchors) implements AlignmentMethod {
        public RelativeAnchors {
            if (anchors < 1) throw new IllegalArgumentException("RelativeAnchors: " + anchors + " anchors; at least 1");
        }
    }

    /**
     * A head on each space, trained so that pairs find each other: each further space with the first, as ImageBind does. Columns are standardised before.
     *
     * @param embedding width of the common space
     * @param hidden units of the one hidden layer that a head has, with GELU; 0 for a linear head
     * @param objective between pooled vectors: softmax or sigmoid
     * @param scale what cosines are multiplied by at first: one over the temperature
     * @param learnsScale whether it is learned, and kept at or below 100; the bias of a sigmoid is learned in any case, from -10
     * @param rule turns gradients into steps
     * @param epochs passes over the pairs
     * @param batch pairs of a step
     * @see <a href="https://arxiv.org/abs/2305.05665">Girdhar et al. (2023): ImageBind</a>
     */
    @Withers
    record ContrastiveHeads(int embedding, int hidden, VlmObjective objective, double scale, boolean learnsScale, UpdateRule rule,
            int epochs, int batch) implements AlignmentMethod, AlignmentMethodContrastiveHeadsWithers {
        public ContrastiveHeads {
            Objects.requireNonNull(rule, "rule");
            if (embedding < 1 || hidden < 0 || epochs < 1 || batch < 2) throw new IllegalArgumentException("ContrastiveHeads: embedding "
                    + embedding + ", hidden " + hidden + ", epochs " + epochs + ", batch " + batch + "; at least 1, 0, 1 and 2");
            if (!(scale > 0 && scale < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("ContrastiveHeads: scale is " + scale + "; it is above 0");
            if (objective.isTokenWise() || objective.captionWeight() > 0)
                throw new IllegalArgumentException("ContrastiveHeads: one vector a side is compared; " + objective + " wants more");
        }

        /** Linear, AdamW at 3e-3, 20 passes in batches of 64; a learned scale from 10. */
        public ContrastiveHeads(int embedding, VlmObjective objective) { this(embedding, 0, objective, 10, true, new AdamW(3e-3), 20, 64); }
    }
}
