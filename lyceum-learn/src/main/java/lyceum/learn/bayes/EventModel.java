package lyceum.learn.bayes;

/** What the features of a class are taken to be, each independent of the others. */
public sealed interface EventModel {
    private static void smoothing(double alpha) {
        if (!(alpha > 0) || alpha == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                "alpha is " + alpha + "; it is positive (for hardly any smoothing take 1e-10), else one unseen feature vetoes everything");
    }

    /**
     * Numbers: a normal distribution a class and feature.
     *
     * @param varianceSmoothing share of the largest column variance that is added to every variance, 1e-9 by default
     */
    record Gaussian(double varianceSmoothing) implements EventModel {
        public Gaussian {
            if (!(varianceSmoothing >= 0))
                throw new IllegalArgumentException("varianceSmoothing is " + varianceSmoothing + "; it is at least 0");
        }
    }

    /** Counts: draws from one distribution over features a class, {@code P(j | c) = (N_jc + alpha) / (N_c + alpha p)}. */
    record Multinomial(double alpha) implements EventModel {
        public Multinomial { smoothing(alpha); }
    }

    /**
     * Presence or absence: {@code P(j | c) = (N_jc + alpha) / (N_c + 2 alpha)} with N rows.
     *
     * @param threshold a feature is present where its value exceeds it, 0 by default
     */
    record Bernoulli(double alpha, double threshold) implements EventModel {
        public Bernoulli {
            smoothing(alpha);
            if (Double.isNaN(threshold)) throw new IllegalArgumentException("threshold is NaN; it is a number");
        }
    }

    /**
     * Counts, each class by what the <em>other</em> classes hold: steadier where classes differ in size. Uses no priors.
     *
     * @param normalised whether each class's weights are divided by their sum
     * @see <a href="https://people.csail.mit.edu/jrennie/papers/icml03-nb.pdf">Rennie and others (2003)</a>
     */
    record Complement(double alpha, boolean normalised) implements EventModel {
        public Complement { smoothing(alpha); }
    }

    /**
     * Categories, whole numbers from 0: {@code P(x_j = v | c) = (N_jvc + alpha) / (N_c + alpha V_j)}. One that was never seen counts 0.
     *
     * @param categories V of every feature if it is more than those seen; 0 by default
     */
    record Categorical(double alpha, int categories) implements EventModel {
        public Categorical {
            smoothing(alpha);
            if (categories < 0) throw new IllegalArgumentException("categories is " + categories + "; it is at least 0");
        }
    }
}
