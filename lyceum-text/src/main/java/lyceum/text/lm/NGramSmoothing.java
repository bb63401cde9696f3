package lyceum.text.lm;

/**
 * How an n-gram model gives probability to what it has not seen. With {@code c} a count, {@code h} a context, {@code h'} the context without its oldest token
 * and {@code T(h)} the number of different followers of {@code h}.
 *
 * <p>Where a discount is to come from the counts of counts {@code n_r} of an order and these are too few or too odd to give one (a discount outside what it
 * is taken from), {@link KneserNey} and {@link AbsoluteDiscount} take 0.75, modified Kneser-Ney 0.5, 1 and 1.5.
 *
 * @see <a href="https://doi.org/10.1006/csla.1999.0128">Chen and Goodman (1999)</a>
 */
public sealed interface NGramSmoothing {

    /** {@code c(hw) / c(h)}: no smoothing. What was not seen is impossible, and so is everything after a context that was not seen. */
    record Mle() implements NGramSmoothing {}

    /** {@code (c(hw) + k) / (c(h) + k V)}: Laplace's rule for k = 1, Lidstone's otherwise. */
    record AddK(double k) implements NGramSmoothing {
        public AddK {
            if (!(k > 0) || k == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException("AddK: k is " + k + "; it is above 0 and finite");
        }
    }

    /**
     * {@code lambda c(hw)/c(h) + (1 - lambda) p(w | h')}, with a weight for each order and class of contexts; contexts of equal {@code floor(log2 c(h))} are of
     * one class. {@link NGramEstimator#fit(java.util.List, java.util.List)} finds the weights on held-out texts by expectation and maximisation.
     *
     * @param weight to start from, or to use where nothing is held out, in (0, 1)
     * @param classes of contexts in each order, at least 1
     * @param iterations at most
     * @see <a href="https://mitpress.mit.edu/9780262546607/">Jelinek (1997), section 4.5</a>
     */
    record JelinekMercer(double weight, int classes, int iterations) implements NGramSmoothing {
        public JelinekMercer {
            if (!(weight > 0 && weight < 1) || classes < 1 || iterations < 0)
                throw new IllegalArgumentException("JelinekMercer: weight " + weight + ", classes " + classes + ", iterations " + iterations
                        + "; the weight lies in (0, 1), there is at least 1 class");
        }

        /** From one half, 16 classes, 50 iterations. */
        public JelinekMercer() { this(0.5, 16, 50); }
    }

    /** {@code (c(hw) + T(h) p(w | h')) / (c(h) + T(h))} (Witten and Bell 1991). */
    record WittenBell() implements NGramSmoothing {}

    /**
     * {@code max(c(hw) - D, 0) / c(h)}, and what is freed to the shorter context: interpolated, it goes to all words; backed off, to those not seen after h.
     *
     * @param discount in [0, 1], or NaN for {@code n_1 / (n_1 + 2 n_2)} of each order
     */
    record AbsoluteDiscount(double discount, boolean interpolated) implements NGramSmoothing {
        public AbsoluteDiscount { checkDiscount("AbsoluteDiscount", discount); }

        /** Discounts from the counts, interpolated. */
        public AbsoluteDiscount() { this(Double.NaN, true); }
    }

    /**
     * As {@link AbsoluteDiscount}, the shorter contexts counting in how many different places a run was seen in place of how often (Kneser and Ney 1995).
     * Modified, there are three discounts, for counts of 1, 2 and more: with {@code Y = n_1 / (n_1 + 2 n_2)}, {@code D_r = r - (r + 1) Y n_(r+1) / n_r}.
     *
     * @param discount in [0, 1] for all counts, or NaN for discounts from the counts of each order
     */
    record KneserNey(double discount, boolean modified, boolean interpolated) implements NGramSmoothing {
        public KneserNey {
            checkDiscount("KneserNey", discount);
            if (modified && !Double.isNaN(discount)) throw new IllegalArgumentException(
                    "KneserNey: a discount of " + discount + " and modified; the three discounts come from counts");
        }

        /** Discounts from the counts, interpolated. */
        public KneserNey(boolean modified) { this(Double.NaN, modified, true); }

        /** Modified and interpolated. */
        public KneserNey() { this(true); }
    }

    /**
     * Backs off to the shorter context for words not seen after the long one. Counts above k are trusted; a count {@code r <= k} becomes {@code d_r r} with
     * {@code d_r = (q_r / r - g) / (1 - g)}, {@code q_r = (r + 1) n_(r+1) / n_r}, {@code g = (k + 1) n_(k+1) / n_1} (Katz 1987). In an order in which one of
     * them falls outside (0, 1) the largest smaller k is taken with which none does. A context that this leaves without mass for the unseen, all its counts
     * being above k, adds a pseudo-count to its denominator.
     *
     * @param k at least 0
     * @param pseudoCount above 0
     */
    record Katz(int k, double pseudoCount) implements NGramSmoothing {
        public Katz {
            if (k < 0 || k > 100 || !(pseudoCount > 0) || pseudoCount == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                    "Katz: k is " + k + ", the pseudo-count " + pseudoCount + "; they lie in 0 to 100, and above 0");
        }

        /** k = 5 and a pseudo-count of 1. */
        public Katz() { this(5, 1); }
    }

    /**
     * {@code c(hw) / c(h)} if that was seen, else alpha times the score after the shorter context (Brants and others 2007). No distribution: scores rank, but
     * have no perplexity.
     */
    record StupidBackoff(double alpha) implements NGramSmoothing {
        public StupidBackoff {
            if (!(alpha > 0 && alpha <= 1)) throw new IllegalArgumentException("StupidBackoff: alpha is " + alpha + "; it lies in (0, 1]");
        }

        /** Alpha 0.4. */
        public StupidBackoff() { this(0.4); }
    }

    private static void checkDiscount(String what, double discount) {
        if (!Double.isNaN(discount) && !(discount >= 0 && discount <= 1)) throw new IllegalArgumentException(
                what + ": the discount is " + discount + "; it lies in [0, 1], or is NaN to come from the counts");
    }
}
