package lyceum.llm.train;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * What a masked language model is to restore. A share of the ordinary tokens is selected; of these some become the mask, some a random ordinary token, and the rest stay
 * as they are. Special tokens are neither selected nor drawn.
 *
 * {@snippet :
 * var masking = new Masking(30_522, 103, 0, 100, 101, 102, 103).withUnit(Masking.Unit.WORD);
 * var masked = masking.of(ids, Rng.of(1).split(epoch));              // anew in every epoch, as RoBERTa does; the same Rng gives the same masks
 * }
 *
 * @param rate share of ordinary tokens that is selected, in (0, 1)
 * @param masked share of these that becomes the mask
 * @param random share of these that becomes a random token; masked and random are 1 together at most
 * @param unit what is selected as one
 * @param meanSpan tokens of a span on average, at least 1; spans are geometric, up to 10 tokens
 * @param vocabulary ids are 0 to this less one
 * @param mask the id that hides
 * @param specials ids that are never selected or drawn, the mask among them
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin, Chang, Lee and Toutanova (2019), section 3.1</a>
 * @see <a href="https://arxiv.org/abs/1907.10529">Joshi et al. (2020), SpanBERT</a>
 */
@Withers
public record Masking(double rate, double masked, double random, Unit unit, double meanSpan, int vocabulary, int mask, int... specials)
        implements MaskingWithers {
    /** A position without a target. */
    public static final int IGNORED = -100;
    private static final int LONGEST = 10;

    /** What is selected as one. */
    public enum Unit {
        /** Each token by itself. */
        TOKEN,
        /** All tokens of a word. */
        WORD,
        /** Runs of tokens, of one fate each. */
        SPAN
    }

    public Masking {
        specials = Arrays.copyOf(specials, specials.length + 1);
        specials[specials.length - 1] = mask;
        specials = Arrays.stream(specials).distinct().sorted().toArray();
        if (!(rate > 0 && rate < 1) || !(masked >= 0 && random >= 0 && masked + random <= 1 + 1e-12))
            throw new IllegalArgumentException("Masking: rate " + rate + ", masked " + masked + ", random " + random
                    + "; 0 < rate < 1, and the other two are shares of at most 1 together");
        if (!(meanSpan >= 1 && meanSpan <= LONGEST))
            throw new IllegalArgumentException("Masking: meanSpan " + meanSpan + "; it is 1 to " + LONGEST);
        if (mask < 0 || mask >= vocabulary || specials[0] < 0 || specials[specials.length - 1] >= vocabulary
                || specials.length == vocabulary)
            throw new IllegalArgumentException("Masking: mask " + mask + " and specials " + Arrays.toString(specials)
                    + " of a vocabulary of " + vocabulary + "; they are ids below its size, and ordinary tokens remain");
    }

    /** BERT's: 15 in a hundred tokens, 80/10/10. */
    public Masking(int vocabulary, int mask, int... specials) { this(0.15, 0.8, 0.1, Unit.TOKEN, 3.8, vocabulary, mask, specials); }

    /**
     * A corrupted row and what it was.
     *
     * @param ids as the model reads them
     * @param labels the token at each selected position, {@link #IGNORED} elsewhere
     */
    public record Masked(int[] ids, int[] labels) {
        public long selected() { return Arrays.stream(labels).filter(label -> label != IGNORED).count(); }
    }

    /** @param ids every token is a word of its own */
    public Masked of(int[] ids, Rng rng) { return of(ids, null, rng); }

    /**
     * One row.
     *
     * @param words the number of each token's word, such as {@link lyceum.text.Encoding#word}; tokens of one word stand side by side. Null if each is its own.
     */
    public Masked of(int[] ids, int[] words, Rng rng) {
        if (words != null && words.length != ids.length)
            throw new ShapeException("Masking: " + words.length + " word numbers for " + ids.length + " ids");
        var read = ids.clone();
        var labels = new int[ids.length];
        Arrays.fill(labels, IGNORED);
        double goOn = 1 - 1 / meanSpan, mean = (1 - Math.pow(goOn, LONGEST)) * meanSpan; // of a geometric length cut at the longest
        double begin = unit == Unit.SPAN ? 1 / (1 + mean * (1 - rate) / rate) : rate; // gaps and spans alternate: their means give the share
        for (int t = 0; t < ids.length;) {
            if (isSpecial(ids[t])) {
                t++;
                continue;
            }
            int end = t + 1;
            boolean selected = rng.nextDouble() < begin;
            if (unit == Unit.WORD && words != null) while (end < ids.length && words[end] == words[t] && !isSpecial(ids[end])) end++;
            if (unit == Unit.SPAN && selected)
                while (end < ids.length && end - t < LONGEST && !isSpecial(ids[end]) && rng.nextDouble() < goOn) end++;
            double fate = selected ? rng.nextDouble() : 1;
            for (int i = t; selected && i < end; i++) {
                if (unit == Unit.WORD && i > t) fate = rng.nextDouble();
                labels[i] = ids[i];
                if (fate < masked) read[i] = mask;
                else if (fate < masked + random) read[i] = ordinary(rng);
            }
            t = end;
        }
        return new Masked(read, labels);
    }

    private boolean isSpecial(int id) { return Arrays.binarySearch(specials, id) >= 0; }

    private int ordinary(Rng rng) {
        int id = rng.nextInt(vocabulary);
        while (isSpecial(id)) id = rng.nextInt(vocabulary);
        return id;
    }

    /** Rows of a batch as the model reads them, and their labels. Both (batch, T), I32. */
    public record Batch(Tensor ids, Tensor labels) {}

    /** Each row of ids (batch, T) by itself. */
    public Batch batch(Tensor ids, Rng rng) {
        if (ids.rank() != 2) throw new ShapeException("Masking: ids " + ids.shape() + "; they are (batch, T)");
        int rows = (int) ids.size(0), length = (int) ids.size(1);
        int[] flat = ids.toIntArray(), read = new int[flat.length], labels = new int[flat.length];
        for (int r = 0; r < rows; r++) {
            var row = of(Arrays.copyOfRange(flat, r * length, (r + 1) * length), rng);
            System.arraycopy(row.ids, 0, read, r * length, length);
            System.arraycopy(row.labels, 0, labels, r * length, length);
        }
        return new Batch(Tensor.of(read, rows, length), Tensor.of(labels, rows, length));
    }
}
