package lyceum.retrieval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import lyceum.withers.Withers;

/**
 * Ranking by words: a term counts for more the rarer it is, for less with each repetition, and for less in a long text.
 *
 * <p>With {@code f} occurrences in a field of {@code L} terms, {@code n} of {@code N} documents that hold the term, and the field's mean length over the
 * documents that have it, a term of the query gives, as often as the query says it and times the field's weight,
 * <pre>
 * s = f / (f + k1 (1 - b + b L / mean))
 * OKAPI   max(idfFloor, ln((N - n + 0.5) / (n + 0.5)))  (k1 + 1) s
 * LUCENE  ln(1 + (N - n + 0.5) / (n + 0.5))  s
 * PLUS    ln((N + 1) / n)  ((k1 + 1) s + delta)
 * </pre>
 * A score is the sum over terms and fields. The top is exact: blocks of documents that cannot reach it are passed over.
 *
 * @param variant the idf and the form
 * @param k1 how late repetition saturates, at least 0; at 0 only presence counts
 * @param b how much length is discounted, in [0, 1]
 * @param delta what each match gives beside, at least 0, of PLUS alone
 * @param idfFloor the least idf of OKAPI, whose idf is negative for terms of more than half the documents; minus infinity for none
 * @param fields weights of the fields that are searched, above 0
 * @param norms the length that counts: a document's own, or what Lucene keeps of it
 * @see <a href="https://doi.org/10.1561/1500000019">Robertson and Zaragoza (2009)</a>
 * @see <a href="https://doi.org/10.1145/2063576.2063584">Lv and Zhai (2011)</a>
 */
@Withers
public record Bm25(Variant variant, double k1, double b, double delta, double idfFloor, Map<String, Double> fields, Norms norms)
        implements Bm25Withers {
    /** Which of the family. */
    public enum Variant {
        OKAPI, LUCENE, PLUS
    }

    /** How exactly a text's length is known. */
    public enum Norms {
        /** To the term. */
        EXACT,
        /**
         * As Lucene keeps it in a byte: to the term up to 39, then the four leading bits of what is over 24, cut off. With the variant LUCENE scores are those of Lucene's
         * {@code BM25Similarity}, whose floats apart.
         */
        LUCENE;

        double length(double length) { return this == EXACT || length < 40 ? length : 24 + leading((int) length - 24); }

        /** A number without what lies below its four leading bits. */
        private static int leading(int number) {
            int low = Math.max(0, 28 - Integer.numberOfLeadingZeros(number));
            return number >> low << low;
        }
    }

    /**
     * What a term gives to a document's score in a field.
     *
     * @param count of the term in the document's field
     * @param score with the query's count and the field's weight
     */
    public record Contribution(String field, String term, int count, double idf, double score) {}

    public Bm25 {
        if (!(k1 >= 0 && k1 < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Bm25: k1 is " + k1 + "; it is finite and at least 0");
        if (!(b >= 0 && b <= 1)) throw new IllegalArgumentException("Bm25: b is " + b + "; it lies between 0 and 1");
        if (!(delta >= 0 && delta < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Bm25: delta is " + delta + "; it is finite and at least 0");
        Objects.requireNonNull(norms, "Bm25: norms");
        if (Double.isNaN(idfFloor)) throw new IllegalArgumentException("Bm25: idfFloor is NaN");
        if (fields.isEmpty()) throw new IllegalArgumentException("Bm25: no field is searched; give a weight to one");
        fields.forEach((field, weight) -> {
            if (!(weight > 0 && weight < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("Bm25: the weight of field '" + field + "' is " + weight + "; it is finite and above 0");
        });
        fields = Map.copyOf(fields);
    }

    /** LUCENE with k1 1.2, b 0.75, delta 1, no floor, over the field {@value InvertedIndex#TEXT}, lengths as they are. */
    public Bm25() { this(Variant.LUCENE, 1.2, 0.75, 1, Double.NEGATIVE_INFINITY, Map.of(InvertedIndex.TEXT, 1.0), Norms.EXACT); }

    /** The idf of a term that {@code holders} of {@code documents} hold. */
    public double idf(long documents, long holders) {
        double ratio = (documents - holders + 0.5) / (holders + 0.5);
        return switch (variant) {
            case OKAPI -> Math.max(idfFloor, Math.log(ratio));
            case LUCENE -> Math.log(1 + ratio);
            case PLUS -> holders == 0 ? 0 : Math.log((documents + 1.0) / holders);
        };
    }

    /** What a term of this idf gives that stands {@code count} times in a text of {@code length} terms; 0 if it does not. */
    public double contribution(double idf, int count, double length, double meanLength) {
        if (count == 0) return 0;
        return worth(idf, count / (count + cost(length, meanLength)));
    }

    private double cost(double length, double meanLength) { return k1 * (1 - b + b * norms.length(length) / meanLength); }

    private double worth(double idf, double s) { return scale(idf) * s + offset(idf); }

    /** What stands before the saturation in {@link #worth}, and what is added to their product. */
    private double scale(double idf) { return variant == Variant.LUCENE ? idf : idf * (k1 + 1); }

    private double offset(double idf) { return variant == Variant.PLUS ? idf * delta : 0; }

    /** The k best documents that hold a term of the query. */
    public List<SearchHit> search(InvertedIndex index, String query, int k) { return rank(index, query, k).hits(); }

    /** The same with what it cost. */
    public RankedHits rank(InvertedIndex index, String query, int k) { return rank(index, query, k, null, true); }

    /** The k best of the documents that match {@code filter}; idf and lengths stay those of all. */
    public RankedHits rank(InvertedIndex index, String query, int k, TextQuery filter) { return rank(index, query, k, filter, true); }

    /** The same answer from every posting of every term: to compare with. */
    public RankedHits exhaustive(InvertedIndex index, String query, int k) { return rank(index, query, k, null, false); }

    /** The k best for terms with weights, as {@link Rm3} gives them; negative ones are refused. Terms are as the index keeps them. */
    public List<SearchHit> search(InvertedIndex index, Map<String, Double> weights, int k) {
        weights.forEach((term, weight) -> {
            if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("search: the weight of '" + term + "' is " + weight + "; it is finite and at least 0");
        });
        return rank(index, weights, k, null, true).hits();
    }

    private RankedHits rank(InvertedIndex index, String query, int k, TextQuery filter, boolean skipping) {
        return rank(index, index.terms(query), k, filter, skipping);
    }

    private RankedHits rank(InvertedIndex index, Map<String, ? extends Number> query, int k, TextQuery filter, boolean skipping) {
        var now = index.snapshot();
        var terms = new ArrayList<IndexSnapshot.Weighted>();
        for (var field : new TreeMap<>(fields).entrySet()) {
            double mean = now.lengths(field.getKey()).mean();
            var saturation = now.saturation(new IndexSnapshot.Costing(field.getKey(), k1, b, norms), length -> cost(length, mean));
            for (var term : query.entrySet()) {
                double weight = term.getValue().doubleValue() * field.getValue(),
                        idf = idf(now.live(), now.frequency(field.getKey(), term.getKey()));
                terms.add(new IndexSnapshot.Weighted(field.getKey(), term.getKey(), saturation, weight * scale(idf), weight * offset(idf)));
            }
        }
        return now.rank(terms, k, skipping, index.excluded(now, filter));
    }

    /**
     * The score of a text of mean length that holds every term of the query once. A hit's score over it is the share of the query that the hit covers, rare terms
     * counting most: unlike the score, comparable between queries. Terms that no document holds count as the rarest.
     */
    public double coverage(InvertedIndex index, String query) {
        var now = index.snapshot();
        double sum = 0;
        for (var field : fields.entrySet()) {
            double mean = now.lengths(field.getKey()).mean();
            if (!(mean > 0)) continue;
            for (var term : index.terms(query).entrySet())
                sum += term.getValue() * field.getValue()
                        * contribution(idf(now.live(), now.frequency(field.getKey(), term.getKey())), 1, mean, mean);
        }
        return sum;
    }

    /** What each term of the query that the document holds gives to its score. @throws IllegalArgumentException if there is no such document */
    public List<Contribution> explain(InvertedIndex index, String query, String id) {
        int document = index.number(id);
        if (document < 0) throw new IllegalArgumentException("explain: no document '" + id + "' in the index");
        var now = index.snapshot();
        int s = now.segmentOf(document), own = document - now.base(s);
        var all = new ArrayList<Contribution>();
        for (var field : new TreeMap<>(fields).entrySet()) for (var term : index.terms(query).entrySet()) {
            var cursor = now.segments.get(s).cursor(field.getKey(), term.getKey());
            if (cursor == null || cursor.advance(own) != own) continue;
            double idf = idf(now.live(), now.frequency(field.getKey(), term.getKey()));
            all.add(new Contribution(field.getKey(), term.getKey(), cursor.count(), idf,
                    term.getValue() * field.getValue() * contribution(idf, cursor.count(),
                            now.segments.get(s).lengths(field.getKey()).of(own), now.lengths(field.getKey()).mean())));
        }
        return all;
    }
}
