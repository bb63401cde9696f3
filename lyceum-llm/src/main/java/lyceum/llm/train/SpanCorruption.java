package lyceum.llm.train;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Pretraining pairs of T5: spans of a text are cut out, the input has a sentinel in the place of each, the target each sentinel and what stood there.
 *
 * <pre>
 * noise = round(density n)   spans = round(noise / meanSpan)   input: n - noise + spans + 1   target: noise + spans + 1
 * </pre>
 *
 * {@snippet :
 * var corruption = new SpanCorruption(32_099, 1);
 * var pair = corruption.of(ids, rng);                    // of 568 ids: 512 and 114, the end marks included
 * int[] same = corruption.restored(pair);
 * }
 *
 * <p>Lengths of the spans and of what lies between are drawn as uniform compositions, at least 1 each; a text begins with what is kept.
 *
 * @param density share of ids that are cut out, in (0, 1)
 * @param meanSpan mean length of a span, at least 1
 * @param firstSentinel id of the first; those that follow go down from it
 * @param endMark id behind input and target
 * @see <a href="https://arxiv.org/abs/1910.10683">Raffel et al. (2020), section 3.1.4</a>
 */
@Withers
public record SpanCorruption(double density, double meanSpan, int firstSentinel, int endMark) implements SpanCorruptionWithers {
    public SpanCorruption {
        if (!(density > 0 && density < 1) || !(meanSpan >= 1) || firstSentinel < 0 || endMark < 0)
            throw new IllegalArgumentException("SpanCorruption: a density of " + density + ", a mean span of " + meanSpan
                    + ", sentinels from " + firstSentinel + " and the end mark " + endMark + "; in (0, 1), at least 1, 0 and 0");
    }

    /** Density 0.15, spans of 3. */
    public SpanCorruption(int firstSentinel, int endMark) { this(0.15, 3, firstSentinel, endMark); }

    /** What is read, and what is to be written. */
    public record Pair(int[] input, int[] target) {}

    /** How many of n ids are cut out: at least 1, and 1 is left. */
    public int noise(int n) { return Math.clamp(Math.round(n * density), 1, n - 1); }

    /** In how many spans: at least 1. */
    public int spans(int n) { return (int) Math.clamp(Math.round(noise(n) / meanSpan), 1, Math.min(noise(n), n - noise(n))); }

    public int inputLength(int n) { return n - noise(n) + spans(n) + 1; }

    public int targetLength(int n) { return noise(n) + spans(n) + 1; }

    /** Of how many ids at most the input is no longer than so: 568 for 512. */
    public int rawLength(int input) {
        if (input < 3) throw new IllegalArgumentException("SpanCorruption.rawLength: inputs of " + input + " ids; at least 3");
        int n = 2;
        while (inputLength(n + 1) <= input) n++;
        return n;
    }

    /** @throws IllegalArgumentException for fewer than 2 ids, or if one of them is a sentinel that is needed */
    public Pair of(int[] ids, Rng rng) {
        int n = ids.length;
        if (n < 2) throw new IllegalArgumentException("SpanCorruption: a text of " + n + " ids; at least 2");
        int noise = noise(n), spans = spans(n);
        if (firstSentinel - spans + 1 < 0) throw new IllegalArgumentException(
                "SpanCorruption: " + spans + " sentinels from " + firstSentinel + " down; there are too few ids");
        for (int id : ids)
            if (id <= firstSentinel && id > firstSentinel - spans || id == endMark)
                throw new IllegalArgumentException("SpanCorruption: the text has " + id + ", which is a sentinel or the end mark");
        int[] cut = parts(noise, spans, rng), kept = parts(n - noise, spans, rng);
        int[] input = new int[inputLength(n)], target = new int[targetLength(n)];
        for (int s = 0, from = 0, i = 0, t = 0; s < spans; s++) {
            System.arraycopy(ids, from, input, i, kept[s]);
            i += kept[s];
            from += kept[s];
            input[i++] = target[t++] = firstSentinel - s;
            System.arraycopy(ids, from, target, t, cut[s]);
            t += cut[s];
            from += cut[s];
        }
        input[input.length - 1] = target[target.length - 1] = endMark;
        return new Pair(input, target);
    }

    /** A sum as so many parts of at least 1, each way as likely. */
    private static int[] parts(int sum, int count, Rng rng) {
        int[] ends = rng.sample(sum - 1, count - 1);
        Arrays.sort(ends);
        var parts = new int[count];
        for (int i = 0, from = 0; i < count; i++) {
            int end = i == count - 1 ? sum : ends[i] + 1;
            parts[i] = end - from;
            from = end;
        }
        return parts;
    }

    /** The text before it was cut. @throws IllegalArgumentException if a target does not go with the input */
    public int[] restored(Pair pair) {
        int[] input = pair.input, target = pair.target, ids = new int[input.length + target.length];
        int n = 0, t = 0, seen = 0;
        for (int id : input) {
            if (id == endMark) break;
            if (id != firstSentinel - seen) {
                ids[n++] = id;
                continue;
            }
            if (t >= target.length || target[t++] != id)
                throw new IllegalArgumentException("SpanCorruption.restored: the target does not go on with the sentinel " + id);
            seen++;
            while (t < target.length && target[t] != endMark && target[t] != firstSentinel - seen) ids[n++] = target[t++];
        }
        return Arrays.copyOf(ids, n);
    }
}
