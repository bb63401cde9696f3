package lyceum.llm.cache;

import java.util.Arrays;
import java.util.function.IntFunction;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Which positions a cache of keys and values keeps when it may hold {@code budget} of them for each head: the latest {@code recent}, and of those before the ones with
 * the best evidence. Each key head keeps its own; positions stay what they were in the text.
 *
 * {@snippet :
 * var decoding = model.begin(KvCompression.snapKv(256, 16).caches());
 * Tensor next = decoding.next(prompt);                          // read whole, then compressed
 * var same = model.begin(KvCompression.heavyHitters(256).caches());
 * }
 *
 * <p>Positions read in one call attend to each other and to all that is held before anything is dropped: a prompt is read whole. Queries of a group share a key head;
 * their weights are added up. Evidence needs the weights themselves: quadratic memory in the length of one call for {@link Rule#HEAVY_HITTERS}, {@code recent} rows of
 * it for {@link Rule#SNAP}.
 *
 * @param rule what counts
 * @param budget positions a head holds after a call, at least 1
 * @param recent latest positions that stay; for {@link Rule#SNAP} also the observation window; at most {@code budget}
 * @param kernel odd width of the pooling of {@link Rule#SNAP} along positions; 1 for none
 * @param maxPool largest of the kernel instead of the mean
 * @param seed of {@link Rule#RANDOM}
 */
@Withers
public record KvCompression(Rule rule, int budget, int recent, int kernel, boolean maxPool, long seed) implements KvCompressionWithers {

    /** What counts beside being recent. */
    public enum Rule {
        /** Weight that all queries so far gave to a key. @see <a href="https://arxiv.org/abs/2306.14048">Zhang et al. (2023): H2O</a> */
        HEAVY_HITTERS,
        /**
         * Weight that the last {@code recent} queries of the prompt gave to a key, pooled along positions. Tokens written after it push out its least voted.
         *
         * @see <a href="https://arxiv.org/abs/2404.14469">Li et al. (2024): SnapKV</a>
         */
        SNAP,
        /** Chance, the same positions for all heads of a layer: a control. */
        RANDOM
    }

    public KvCompression {
        if (budget < 1 || recent < 0 || recent > budget || kernel < 1 || kernel % 2 == 0)
            throw new IllegalArgumentException("KvCompression: a budget of " + budget + ", " + recent + " recent, a kernel of " + kernel
                    + "; the budget is at least 1, recent 0 to the budget, the kernel odd");
        if (rule == Rule.SNAP && recent < 1) throw new IllegalArgumentException("KvCompression: an observation window of 0; at least 1");
    }

    /** H2O: half of the budget for the recent, half for heavy hitters. */
    public static KvCompression heavyHitters(int budget) { return new KvCompression(Rule.HEAVY_HITTERS, budget, budget / 2, 1, false, 0); }

    /** SnapKV with means of 5 positions. @param window of observation */
    public static KvCompression snapKv(int budget, int window) { return new KvCompression(Rule.SNAP, budget, window, 5, false, 0); }

    /** The latest alone: a control. */
    public static KvCompression latest(int budget) { return new KvCompression(Rule.RANDOM, budget, budget, 1, false, 0); }

    /** Chance, and the recent: a control. */
    public static KvCompression random(int budget, int recent, long seed) {
        return new KvCompression(Rule.RANDOM, budget, recent, 1, false, seed);
    }

    /** A cache of one layer. */
    public CompressedKvCache cache(int layer) { return new CompressedKvCache(this, Rng.of(seed).split(layer)); }

    /** One of each layer, as {@link lyceum.llm.DecoderLM#begin(IntFunction)} takes them. */
    public IntFunction<CompressedKvCache> caches() { return this::cache; }

    /** Sums smoothed along positions, zeros beyond both ends. */
    double[] pooled(double[] votes) {
        if (kernel == 1) return votes;
        var pooled = new double[votes.length];
        for (int i = 0; i < votes.length; i++) {
            double sum = 0, most = 0;
            for (int j = Math.max(0, i - kernel / 2); j <= Math.min(votes.length - 1, i + kernel / 2); j++) {
                sum += votes[j];
                most = Math.max(most, votes[j]);
            }
            pooled[i] = maxPool ? most : sum / kernel;
        }
        return pooled;
    }

    /** Places that stay, in order: the last {@code recent}, and the best of those before; of equals the later. */
    int[] kept(double[] scores) {
        int n = scores.length, drop = n - budget, old = n - recent;
        if (drop <= 0) return null;
        double limit;
        if (drop == 1) {
            limit = Double.POSITIVE_INFINITY;
            for (int i = 0; i < old; i++) limit = Math.min(limit, scores[i]);
        } else {
            var sorted = Arrays.copyOf(scores, old);
            Arrays.sort(sorted);
            limit = sorted[drop - 1];
        }
        int below = 0;
        for (int i = 0; i < old; i++) if (scores[i] < limit) below++;
        int equals = drop - below;
        var kept = new int[budget];
        for (int i = 0, at = 0; i < n; i++) if (i >= old || scores[i] > limit || scores[i] == limit && equals-- <= 0) kept[at++] = i;
        return kept;
    }
}
