package lyceum.nn;

/**
 * How the frequencies of a {@link RotaryEmbedding} are changed, so that a model reads texts longer than those it was trained on. Pair i of
 * {@code width / 2} turns by {@code t = base^(-2i / width)} radians a position.
 *
 * {@snippet :
 * var stretched = new RotaryEmbedding(128, 10_000).scaled(new RopeScaling.Yarn(4, 4096));
 * double[] frequencies = new RopeScaling.Ntk(4).frequencies(128, 10_000, 0);
 * var published = RotaryEmbedding.read(Files.readString(folder.resolve("config.json")));
 * String config = published.write("{}");
 * }
 *
 * <p>Dynamic ones depend on the length of the text: they leave short texts as they are. An attention keeps the keys of its cache unturned then and turns all of
 * them anew by the present length.
 *
 * @see <a href="https://arxiv.org/abs/2309.00071">Peng et al. (2023): YaRN, and the others as its section 3 tells them</a>
 */
public sealed interface RopeScaling {

    /**
     * Radians a position of each pair.
     *
     * @param width rotated dimensions, even
     * @param length of the text, for those that depend on it
     */
    double[] frequencies(int width, double base, long length);

    /** What queries and keys are multiplied by, both of them: the root of the inverse temperature of the softmax. */
    default double magnitude(long length) { return 1; }

    /** Whether it depends on the length. */
    default boolean isDynamic() { return false; }

    /** None: the frequencies that the base gives. */
    record None() implements RopeScaling {
        @Override public double[] frequencies(int width, double base, long length) { return RotaryEmbedding.frequencies(width, base); }
    }

    /**
     * Position interpolation: {@code t / s}.
     *
     * @param factor s, at least 1: the new length over that of training
     * @see <a href="https://arxiv.org/abs/2306.15595">Chen et al. (2023)</a>
     */
    record Linear(double factor) implements RopeScaling {
        public Linear { atLeastOne("Linear", factor); }

        @Override public double[] frequencies(int width, double base, long length) {
            var t = RotaryEmbedding.frequencies(width, base);
            for (int i = 0; i < t.length; i++) t[i] /= factor;
            return t;
        }
    }

    /** NTK-aware: the base becomes {@code base s^(width / (width - 2))}, so that the fastest pair stays and the slowest is divided by s. */
    record Ntk(double factor) implements RopeScaling {
        public Ntk { atLeastOne("Ntk", factor); }

        /** The base that stands in for {@code base}. */
        public double base(int width, double base) {
            if (width < 4) throw new IllegalArgumentException("RopeScaling.Ntk: width is " + width + "; at least 4");
            return base * Math.pow(factor, width / (width - 2.0));
        }

        @Override public double[] frequencies(int width, double base, long length) {
            return RotaryEmbedding.frequencies(width, base(width, base));
        }
    }

    /**
     * NTK-aware with a factor that grows with the text: {@code s n / trained - (s - 1)} at length n, and none up to the trained one.
     *
     * @param factor s; 1 gives the ratio of the lengths
     * @param trained length of the texts in training
     */
    record DynamicNtk(double factor, long trained) implements RopeScaling {
        public DynamicNtk {
            atLeastOne("DynamicNtk", factor);
            positive("DynamicNtk", trained);
        }

        @Override public double[] frequencies(int width, double base, long length) {
            return new Ntk(factor * Math.max(length, trained) / trained - (factor - 1)).frequencies(width, base, length);
        }

        @Override public boolean isDynamic() { return true; }
    }

    /** Over what the share of a pair that is kept rises from 0 to 1. */
    enum Ramp {
        /** Turns within the trained length, as the paper's equation has it. */
        TURNS,
        /** The pair's number, between those that make beta and alpha turns: the released code without rounding. */
        PAIRS,
        /** The same between whole numbers, rounded away from each other: the released code, and published checkpoints. */
        WHOLE_PAIRS
    }

    /**
     * YaRN: a pair that turns more than {@code beta} times within the trained length stays, one that turns less than {@code alpha} times is divided by s, those
     * between are mixed. Queries and keys grow by {@code 0.1 ln s + 1}.
     *
     * @param factor s, at least 1
     * @param trained length of the texts in training
     * @param alpha turns; 1 in the paper
     * @param beta turns; 32 in the paper
     * @param attentionFactor what queries and keys are multiplied by; NaN for the rule above
     * @param ramp how pairs between are mixed
     */
    record Yarn(double factor, long trained, double alpha, double beta, double attentionFactor, Ramp ramp) implements RopeScaling {
        public Yarn {
            atLeastOne("Yarn", factor);
            positive("Yarn", trained);
            if (!(alpha > 0 && alpha < beta)) throw new IllegalArgumentException(
                    "RopeScaling.Yarn: alpha " + alpha + " and beta " + beta + "; turns above 0, alpha fewer than beta");
            if (attentionFactor <= 0) throw new IllegalArgumentException(
                    "RopeScaling.Yarn: attentionFactor is " + attentionFactor + "; it is positive, NaN for the rule");
        }

        /** The paper's: alpha 1, beta 32, ramp over turns. */
        public Yarn(double factor, long trained) { this(factor, trained, 1, 32, Double.NaN, Ramp.TURNS); }

        @Override public double[] frequencies(int width, double base, long length) {
            var t = RotaryEmbedding.frequencies(width, base);
            double low = pair(beta, width, base), high = pair(alpha, width, base);
            if (ramp == Ramp.WHOLE_PAIRS) {
                low = Math.floor(low);
                high = Math.ceil(high);
            }
            low = Math.max(low, 0);
            high = Math.min(high, width - 1);
            if (low == high) high += 0.001; // as the released code
            for (int i = 0; i < t.length; i++) {
                double turns = trained * t[i] / (2 * Math.PI);
                t[i] = mixed(t[i], factor, ramp == Ramp.TURNS ? (turns - alpha) / (beta - alpha) : 1 - (i - low) / (high - low));
            }
            return t;
        }

        /** The number, of a pair or between two, that makes so many turns. */
        private double pair(double turns, int width, double base) {
            return width * Math.log(trained / (turns * 2 * Math.PI)) / (2 * Math.log(base));
        }

        @Override public double magnitude(long length) { return Double.isNaN(attentionFactor) ? rule(factor, 1) : attentionFactor; }

        /** {@code 0.1 m ln s + 1}. */
        static double rule(double factor, double m) { return factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1; }
    }

    /** YaRN, paper's ramp, with {@code s = max(1, length / trained)}. */
    record DynamicYarn(long trained, double alpha, double beta) implements RopeScaling {
        public DynamicYarn { new Yarn(1, trained, alpha, beta, Double.NaN, Ramp.TURNS); }

        private Yarn at(long length) {
            return new Yarn(Math.max(1, (double) length / trained), trained, alpha, beta, Double.NaN, Ramp.TURNS);
        }

        @Override public double[] frequencies(int width, double base, long length) { return at(length).frequencies(width, base, length); }

        @Override public double magnitude(long length) { return at(length).magnitude(length); }

        @Override public boolean isDynamic() { return true; }
    }

    /**
     * Llama 3.1's: as {@link Yarn} without growth; turns are {@code trained t / 2 pi}, fewer than {@code low} are divided by s, more than {@code high} stay.
     *
     * @param factor s; 8 in Llama 3.1
     * @param low turns; 1
     * @param high turns; 4
     * @param trained length; 8192
     * @see <a href="https://arxiv.org/abs/2407.21783">Llama Team (2024)</a>
     */
    record Llama3(double factor, double low, double high, long trained) implements RopeScaling {
        public Llama3 {
            atLeastOne("Llama3", factor);
            positive("Llama3", trained);
            if (!(low > 0 && low < high))
                throw new IllegalArgumentException("RopeScaling.Llama3: low " + low + " and high " + high + "; above 0, low below high");
        }

        @Override public double[] frequencies(int width, double base, long length) {
            var t = RotaryEmbedding.frequencies(width, base);
            for (int i = 0; i < t.length; i++) t[i] = mixed(t[i], factor, (trained * t[i] / (2 * Math.PI) - low) / (high - low));
            return t;
        }
    }

    /** A frequency of which that share is kept and the rest divided; exactly one of them at the ends. */
    private static double mixed(double t, double factor, double kept) {
        double share = Math.clamp(kept, 0, 1);
        return factor == 1 ? t : (1 - share) * (t / factor) + share * t;
    }

    private static void atLeastOne(String name, double factor) {
        if (!(factor >= 1 && factor < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("RopeScaling." + name + ": factor is " + factor + "; it is at least 1");
    }

    private static void positive(String name, long trained) {
        if (trained < 1) throw new IllegalArgumentException("RopeScaling." + name + ": trained is " + trained + "; a length, at least 1");
    }
}
