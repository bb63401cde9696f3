package lyceum.text.compare;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import lyceum.withers.Withers;

/**
 * BLEU: precisions of n-grams, clipped to what the references hold, times a penalty for brevity,
 *
 * <pre>BLEU = min(1, exp(1 - r / c)) exp(sum of w_n log p_n).</pre>
 *
 * {@snippet :
 * var bleu = new Bleu();
 * bleu.corpus(List.of("the cat sat on the mat today"), List.of(List.of("the cat sat on the red mat"))).value();
 * bleu.withSmoothing(Bleu.Smoothing.HALVED).sentence("he went home by train", "by train he went home").value();
 * }
 *
 * <p>It is a measure of a corpus: counts and lengths are summed first, and the mean of sentences is another number. {@code c} is the candidates' length and
 * {@code r} that of the references nearest in length (the shorter at a tie). Orders that a candidate is too short for count nothing. Tokenisation is part of the
 * measure: quote {@link Score#toString}.
 *
 * @param weights of the orders 1, 2, ...; a quarter for each of four by default
 * @param smoothing of orders without a match; none by default
 * @param tokens how texts are split, {@link Tokens#V13A} by default
 * @see <a href="https://aclanthology.org/P02-1040/">Papineni, Roukos, Ward and Zhu (2002)</a>
 * @see <a href="https://aclanthology.org/W14-3346/">Chen and Cherry (2014)</a>, whose numbers 1 to 4 the smoothings have
 */
@Withers
public record Bleu(List<Double> weights, Smoothing smoothing, Tokens tokens) implements BleuWithers {
    /** What is done about an order without a match, which makes the product zero. */
    public enum Smoothing {
        /** Nothing. */
        NONE,
        /** A tenth of a match (Chen and Cherry's 1). */
        TENTH,
        /** One match and one n-gram more in every order but the first (2). */
        ADD_ONE,
        /** Half a match in the first such order, a quarter in the next (3). */
        HALVED,
        /** The same, times 5 over the log of the candidate's length, so that short ones gain less (4). */
        LENGTH
    }

    /** How texts become tokens. */
    public enum Tokens {
        /** As WMT's mteval-v13a splits: punctuation apart, numbers whole. */
        V13A(Tokens::v13a),
        /** Code points but blanks. */
        CHARACTERS(text -> text.codePoints().filter(c -> !Character.isWhitespace(c)).mapToObj(Character::toString).toList()),
        /** At blanks: the text is tokenised already. */
        NONE(Tokens::blanks);

        private static final Pattern SYMBOL = Pattern.compile("([{-~\\[-` -&(-+:-@/])"), STOP_AFTER = Pattern.compile("([^0-9])([.,])"),
                STOP_BEFORE = Pattern.compile("([.,])([^0-9])"), DASH = Pattern.compile("([0-9])(-)");

        private final Function<String, List<String>> split;

        Tokens(Function<String, List<String>> split) { this.split = split; }

        public List<String> split(String text) { return split.apply(text); }

        private static List<String> blanks(String text) { return text.isBlank() ? List.of() : Arrays.asList(text.strip().split("\\s+")); }

        private static List<String> v13a(String text) {
            var s = text.replace("<skipped>", "").replace("-\n", "").replace('\n', ' ').replace("&quot;", "\"").replace("&amp;", "&")
                    .replace("&lt;", "<").replace("&gt;", ">");
            s = SYMBOL.matcher(" " + s + " ").replaceAll(" $1 ");
            s = STOP_AFTER.matcher(s).replaceAll("$1 $2 ");
            s = STOP_BEFORE.matcher(s).replaceAll(" $1 $2");
            return blanks(DASH.matcher(s).replaceAll("$1 $2 "));
        }
    }

    /**
     * A score and what it is made of.
     *
     * @param value in [0, 1]; often quoted times 100
     * @param matches of each order, clipped
     * @param totals n-grams of the candidates
     * @param signature settings, to be quoted
     */
    public record Score(double value, long[] matches, long[] totals, double brevity, long candidateLength, long referenceLength,
            String signature) {
        public double precision(int order) { return (double) matches[order - 1] / totals[order - 1]; }

        @Override public String toString() {
            return String.format(Locale.ROOT, "BLEU %.2f (%s), matches %s of %s, brevity %.3f (%d over %d tokens)", 100 * value, signature,
                    Arrays.toString(matches), Arrays.toString(totals), brevity, candidateLength, referenceLength);
        }
    }

    public Bleu {
        weights = List.copyOf(weights);
        if (weights.isEmpty() || weights.stream().anyMatch(w -> !(w >= 0)) || weights.stream().mapToDouble(w -> w).sum() == 0)
            throw new IllegalArgumentException("Bleu: weights are " + weights + "; they are at least 0 and not all of them 0");
    }

    public Bleu() { this(Collections.nCopies(4, 0.25), Smoothing.NONE, Tokens.V13A); }

    public Bleu withWeights(double... weights) { return withWeights(Arrays.stream(weights).boxed().toList()); }

    public Score sentence(String candidate, String... references) { return corpus(List.of(candidate), List.of(List.of(references))); }

    /** @param references one or several for each candidate */
    public Score corpus(List<String> candidates, List<List<String>> references) {
        return ofTokens(candidates.stream().map(tokens::split).toList(),
                references.stream().map(each -> each.stream().map(tokens::split).toList()).toList());
    }

    /** Of texts that are tokens already. */
    public Score ofTokens(List<? extends List<?>> candidates, List<? extends List<? extends List<?>>> references) {
        if (candidates.size() != references.size() || candidates.isEmpty())
            throw new IllegalArgumentException("Bleu: " + candidates.size() + " candidates and references for " + references.size());
        int orders = weights.size();
        long[] matches = new long[orders], totals = new long[orders];
        long candidateLength = 0, referenceLength = 0;
        for (int s = 0; s < candidates.size(); s++) {
            var candidate = candidates.get(s);
            var others = references.get(s);
            if (others.isEmpty()) throw new IllegalArgumentException("Bleu: candidate " + s + " has no reference");
            candidateLength += candidate.size();
            referenceLength += nearest(candidate.size(), others);
            for (int n = 1; n <= orders; n++) {
                var counts = NGramCounts.of(candidate, n);
                totals[n - 1] += counts.total();
                matches[n - 1] += clipped(counts, others, n);
            }
        }
        double brevity = candidateLength >= referenceLength ? 1
                : candidateLength == 0 ? 0 : Math.exp(1 - (double) referenceLength / candidateLength);
        return new Score(value(matches, totals, brevity, candidateLength), matches, totals, brevity, candidateLength, referenceLength,
                (orders + "-grams, tokens " + tokens + ", smoothing " + smoothing).toLowerCase(Locale.ROOT));
    }

    private static int nearest(int length, List<? extends List<?>> references) {
        int best = references.getFirst().size();
        for (var r : references) {
            int gap = Math.abs(r.size() - length), least = Math.abs(best - length);
            if (gap < least || gap == least && r.size() < best) best = r.size();
        }
        return best;
    }

    private static long clipped(NGramCounts candidate, List<? extends List<?>> references, int n) {
        Map<List<?>, Integer> most = new HashMap<>();
        for (var r : references) NGramCounts.of(r, n).counts().forEach((gram, count) -> most.merge(gram, count, Math::max));
        long sum = 0;
        for (var e : candidate.counts().entrySet()) sum += Math.min(e.getValue(), most.getOrDefault(e.getKey(), 0));
        return sum;
    }

    private double value(long[] matches, long[] totals, double brevity, long length) {
        if (matches[0] == 0) return 0;
        double log = 0;
        int missed = 0;
        for (int n = 0; n < matches.length; n++) {
            if (weights.get(n) == 0) continue;
            double m = matches[n], t = Math.max(1, totals[n]);
            if (smoothing == Smoothing.ADD_ONE && n > 0) {
                m++;
                t++;
            } else if (m == 0) {
                switch (smoothing) {
                    case TENTH -> m = 0.1;
                    case HALVED -> m = Math.pow(0.5, ++missed);
                    case LENGTH -> m = length > 1 ? Math.pow(0.5, ++missed) * Math.log(length) / 5 : 0;
                    default -> {}
                }
            }
            if (m == 0) return 0;
            log += weights.get(n) * Math.log(m / t);
        }
        return brevity * Math.exp(log);
    }
}
