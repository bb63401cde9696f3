package lyceum.llm.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.stats.Bootstrap;
import lyceum.stats.Interval;
import lyceum.stats.ResamplingPlan;
import lyceum.text.lm.LanguageModelEvaluation;

/**
 * How surprised a model was by documents. Sums are pooled: a long document counts for more than a short one.
 *
 * <p>Perplexities of a token compare models of one tokenisation only. Those of a word or a character, and bits per byte, divide the same surprise by what the
 * tokeniser cannot touch; they are fair where every token is predicted, which takes a start mark.
 */
public final class PerplexityReport {
    private final List<ScoredText> texts;
    private final double[][] surprisals;
    private final double[] nats;
    private final LanguageModelEvaluation evaluation;

    private PerplexityReport(List<ScoredText> texts, double[][] surprisals) {
        this.texts = List.copyOf(texts);
        this.surprisals = surprisals;
        nats = Arrays.stream(surprisals).mapToDouble(s -> Arrays.stream(s).sum()).toArray();
        long impossible = Arrays.stream(surprisals).flatMapToDouble(Arrays::stream).filter(s -> s == Double.POSITIVE_INFINITY).count();
        evaluation = new LanguageModelEvaluation(sum(d -> surprisals[d].length), -Arrays.stream(nats).sum(), impossible);
    }

    static PerplexityReport of(List<ScoredText> texts, double[][] surprisals) {
        for (int d = 0; d < surprisals.length; d++) if (surprisals[d] == null) surprisals[d] = new double[0];
        return new PerplexityReport(texts, surprisals);
    }

    private long sum(IntToDoubleFunction of) { return (long) IntStream.range(0, texts.size()).mapToDouble(of).sum(); }

    public List<ScoredText> texts() { return texts; }

    /** Tokens, their log-likelihood and how many were impossible. */
    public LanguageModelEvaluation evaluation() { return evaluation; }

    /** {@code -ln p} of each predicted token of a document, nats: what a reader colours a text by. */
    public double[] surprisals(int document) { return surprisals[document].clone(); }

    /** Of a token. */
    public double perplexity() { return evaluation.perplexity(); }

    /** Of a word; NaN where no words were counted. */
    public double perWord() { return per(ScoredText::words); }

    /** Of a code point; NaN where none were counted. */
    public double perCharacter() { return per(ScoredText::characters); }

    private double per(ToLongFunction<ScoredText> unit) {
        long count = texts.stream().mapToLong(unit).sum();
        return count == 0 ? Double.NaN : Math.exp(-evaluation.logLikelihood() / count);
    }

    /** Bits of surprise for each byte in UTF-8; NaN where none were counted. */
    public double bitsPerByte() {
        long bytes = texts.stream().mapToLong(ScoredText::bytes).sum();
        return bytes == 0 ? Double.NaN : evaluation.bitsPerByte(bytes);
    }

    /** A report for each domain, in the order of its first document; domains without a predicted token are left out. */
    public SequencedMap<String, PerplexityReport> byDomain() {
        var members = new LinkedHashMap<String, List<Integer>>();
        for (int d = 0; d < texts.size(); d++)
            if (surprisals[d].length > 0) members.computeIfAbsent(texts.get(d).domain(), _ -> new ArrayList<>()).add(d);
        var reports = new LinkedHashMap<String, PerplexityReport>();
        members.forEach((domain, of) -> reports.put(domain, at(of.stream().mapToInt(Integer::intValue).toArray())));
        return reports;
    }

    /**
     * Mean surprise in nats of predicted tokens by their place in a document: those before the first bound, from there to the second, and so on; NaN where none are. Of whole
     * documents it goes on falling as long as a model makes use of distant text.
     *
     * @param bounds growing, counted from a document's first predicted token
     */
    public double[] byPosition(int... bounds) {
        for (int b = 0; b < bounds.length; b++)
            if (bounds[b] <= (b == 0 ? 0 : bounds[b - 1]))
                throw new IllegalArgumentException("byPosition: the bounds " + Arrays.toString(bounds) + "; they grow from above 0");
        var sums = new double[bounds.length];
        var counts = new long[bounds.length];
        for (var s : surprisals) for (int b = 0, t = 0; b < bounds.length; b++) for (; t < Math.min(s.length, bounds[b]); t++) {
            sums[b] += s[t];
            counts[b]++;
        }
        for (int b = 0; b < sums.length; b++) sums[b] /= counts[b];
        return sums;
    }

    /** Of the documents of those numbers; one may be named more than once. */
    public PerplexityReport at(int... documents) {
        return new PerplexityReport(Arrays.stream(documents).mapToObj(texts::get).toList(),
                Arrays.stream(documents).mapToObj(d -> surprisals[d]).toArray(double[][]::new));
    }

    /**
     * Percentile interval of {@link #perplexity()} when documents, not tokens, are drawn again: tokens of a document depend on each other.
     *
     * @param level such as 0.95
     */
    public Interval interval(double level, int resamples, Rng rng) {
        return Bootstrap.rows(ResamplingPlan.independent(texts.size()), rows -> {
            double sum = 0;
            long tokens = 0;
            for (int d : rows) {
                sum += nats[d];
                tokens += surprisals[d].length;
            }
            return Math.exp(sum / tokens);
        }, resamples, rng).percentile(level);
    }

    /**
     * Two models on the same documents.
     *
     * @param bits of the first less those of the second, for each byte (each token where bytes are unknown); negative where the first is better
     * @param interval of it
     * @param ratio of their perplexities on what it is counted by, {@code 2^bits}
     */
    public record Comparison(double bits, Interval interval, double ratio) {
        /** Whether the interval leaves out 0. */
        public boolean differ() { return !interval.contains(0); }
    }

    /**
     * This model less another, document by document: what makes a document hard for both cancels, so that the interval is far narrower than two separate ones suggest.
     *
     * @throws IllegalArgumentException if the other saw other documents, or other tokens where bytes are unknown
     */
    public Comparison comparedTo(PerplexityReport other, double level, int resamples, Rng rng) {
        boolean bytes = texts.stream().allMatch(t -> t.bytes() > 0);
        int n = texts.size();
        var units = new long[n];
        for (int d = 0; d < n; d++) {
            units[d] = bytes ? texts.get(d).bytes() : surprisals[d].length;
            if (other.texts.size() != n || units[d] != (bytes ? other.texts.get(d).bytes() : other.surprisals[d].length))
                throw new IllegalArgumentException("comparedTo: document " + d + " of " + n
                        + " is another there; score both models on the same documents" + (bytes ? "" : " and tokens"));
        }
        var boot = Bootstrap.rows(ResamplingPlan.independent(n), rows -> {
            double sum = 0;
            long count = 0;
            for (int d : rows) {
                sum += nats[d] - other.nats[d];
                count += units[d];
            }
            return sum / count / Math.log(2);
        }, resamples, rng);
        return new Comparison(boot.estimate(), boot.percentile(level), Math.pow(2, boot.estimate()));
    }

    @Override public String toString() { return evaluation + ", " + bitsPerByte() + " bits per byte"; }
}
