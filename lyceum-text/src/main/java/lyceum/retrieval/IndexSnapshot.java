package lyceum.retrieval;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntToDoubleFunction;
import lyceum.text.internal.TopScores;

/** The segments of a moment and what is deleted of them; numbers count the documents through all segments. Safe for use by any number of threads. */
final class IndexSnapshot {
    /** Ways to cost lengths that are kept: each has a table and the bests of lists. */
    static final int KEPT = 8;
    private static final FieldLengths NONE = new FieldLengths(0, 1);

    /** What a field's texts are like: how many there are that hold a term, and their mean length in terms. */
    record FieldLengths(int documents, double mean) {}

    /** What the cost of a length in a field depends on. */
    record Costing(String field, double k1, double b, Bm25.Norms norms) {}

    final List<PostingSegment> segments;
    final List<BitSet> deleted;
    private final int[] base;
    private final int live;
    private final Map<String, Integer> frequencies = new ConcurrentHashMap<>();
    private final Map<String, FieldLengths> lengths = new ConcurrentHashMap<>();
    private final Map<String, double[]> norms = new ConcurrentHashMap<>();
    /** Those asked for last, the eldest first; its monitor guards it. */
    private final Map<Costing, Saturation> saturations = new LinkedHashMap<>(16, 0.75f, true);
    private final Saturation unsaturated = Saturation.none();

    IndexSnapshot(List<PostingSegment> segments, List<BitSet> deleted) {
        this.segments = List.copyOf(segments);
        this.deleted = List.copyOf(deleted);
        base = new int[segments.size() + 1];
        int gone = 0;
        for (int s = 0; s < segments.size(); s++) {
            base[s + 1] = Math.addExact(base[s], segments.get(s).size());
            gone += deleted.get(s).cardinality();
        }
        live = base[segments.size()] - gone;
    }

    /** Documents that are not deleted. */
    int live() { return live; }

    int base(int segment) { return base[segment]; }

    int segmentOf(int document) {
        int s = 0;
        while (base[s + 1] <= document) s++;
        return s;
    }

    String id(int document) {
        int s = segmentOf(document);
        return segments.get(s).id(document - base[s]);
    }

    /** Documents with the term that are not deleted. */
    int frequency(String field, String term) {
        var known = frequencies.computeIfAbsent(SegmentBuilder.key(field, term), _ -> {
            int sum = 0;
            boolean any = false;
            for (int s = 0; s < segments.size(); s++) {
                var cursor = segments.get(s).cursor(field, term);
                if (cursor == null) continue;
                any = true;
                if (deleted.get(s).isEmpty()) sum += cursor.size();
                else while (cursor.next() != PostingCursor.END) if (!deleted.get(s).get(cursor.document())) sum++;
            }
            return any ? sum : null; // words that no text has are without number, and found missing at once
        });
        return known == null ? 0 : known;
    }

    /** How many terms' frequencies are known. */
    int known() { return frequencies.size(); }

    FieldLengths lengths(String field) {
        var known = lengths.computeIfAbsent(field, _ -> {
            long sum = 0;
            int documents = 0;
            for (int s = 0; s < segments.size(); s++) {
                var all = segments.get(s).lengths(field);
                if (all == null) continue;
                for (int d = 0; d < all.size(); d++) {
                    if (all.of(d) == 0 || deleted.get(s).get(d)) continue;
                    sum += all.of(d);
                    documents++;
                }
            }
            return documents == 0 ? null : new FieldLengths(documents, (double) sum / documents);
        });
        return known == null ? NONE : known;
    }

    /** How counts saturate in a field whose lengths cost so much. */
    Saturation saturation(Costing costing, IntToDoubleFunction cost) {
        synchronized (saturations) {
            if (saturations.get(costing) instanceof Saturation known) return known;
            int shortest = Integer.MAX_VALUE, longest = 0;
            for (var segment : segments) {
                var all = segment.lengths(costing.field());
                for (int d = 0; all != null && d < all.size(); d++) {
                    longest = Math.max(longest, all.of(d));
                    shortest = Math.min(shortest, all.of(d)); // 0 too: a document of weights has postings and no length
                }
            }
            var made = Saturation.of(Math.min(shortest, longest), longest, cost);
            saturations.put(costing, made);
            if (saturations.size() > KEPT) saturations.remove(saturations.keySet().iterator().next());
            return made;
        }
    }

    /** Counts as they are. */
    Saturation unsaturated() { return unsaturated; }

    /** {@code 1 + ln((1 + N) / (1 + df))}: scikit-learn's. */
    double smoothIdf(String field, String term) {
        return 1 + Math.log((1.0 + live) / (1 + frequency(field, term)));
    }

    /** Euclidean lengths of the documents' rows of counts times idf. */
    double[] norms(String field) {
        return norms.computeIfAbsent(field, _ -> {
            var squares = new double[base[segments.size()]];
            for (int s = 0; s < segments.size(); s++) {
                var segment = segments.get(s);
                for (int t = 0; t < segment.terms(); t++) {
                    var key = segment.term(t);
                    int cut = key.indexOf('\0');
                    if (!key.substring(0, Math.max(0, cut)).equals(field)) continue;
                    double idf = smoothIdf(field, key.substring(cut + 1));
                    var cursor = segment.cursor(t);
                    while (cursor.next() != PostingCursor.END) {
                        double weight = cursor.count() * idf;
                        squares[base[s] + cursor.document()] += weight * weight;
                    }
                }
            }
            for (int d = 0; d < squares.length; d++) squares[d] = Math.sqrt(squares[d]);
            return squares;
        });
    }

    /** A term of a query and what it adds to a score: {@code scale} times the saturation, and {@code offset}. */
    record Weighted(String field, String term, Saturation saturation, double scale, double offset) {}

    /**
     * The best documents by the sum of what the terms add. They are added in the order of their scales, the greatest first: that is nearly the order in which they are worth
     * looking up, and no matter of segments, so neither is how a sum is rounded.
     */
    RankedHits rank(List<Weighted> terms, int k, boolean skipping, List<BitSet> excluded) {
        var top = TopScores.of(k, live);
        var sorted = new ArrayList<>(terms);
        sorted.sort(Comparator.comparingDouble(Weighted::scale).reversed());
        long scored = 0, postings = 0;
        for (int s = 0; s < segments.size(); s++) {
            var lists = new ArrayList<RankedList>();
            for (var each : sorted) {
                var list = list(s, each);
                if (list == null) continue;
                lists.add(list);
                postings += list.size();
            }
            scored += new BlockMax(lists.toArray(RankedList[]::new), top, base[s], excluded.get(s), skipping).collect();
        }
        var hits = new ArrayList<SearchHit>(top.size());
        top.best((document, score) -> hits.add(new SearchHit(id(document), score)));
        return new RankedHits(hits, scored, postings);
    }

    private RankedList list(int s, Weighted term) {
        var segment = segments.get(s);
        int number = segment.find(term.field, term.term);
        if (number < 0) return null;
        var cursor = segment.cursor(number);
        var bests = term.saturation.bests(s, number, cursor);
        return new RankedList(cursor, bests, term.saturation, segment.lengths(term.field), term.scale, term.offset);
    }
}
