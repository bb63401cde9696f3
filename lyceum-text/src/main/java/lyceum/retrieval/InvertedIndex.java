package lyceum.retrieval;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import lyceum.format.Durable;
import lyceum.text.count.TermSplitter;
import lyceum.text.internal.TopScores;
import lyceum.text.internal.Utf8;

/**
 * For each term the documents that hold it, how often and where: the index at the back of a book.
 *
 * {@snippet :
 * var index = new InvertedIndex(new TextAnalyzer());
 * index.add("a", "the lost card was found");
 * index.add("b", "a card and a lost cause");
 * index.matching(TextQuery.phrase("lost card"));                         // a
 * new Bm25().search(index, "lost cause", 10);                            // b before a
 * }
 *
 * <p>A document has an id and one field or several, each of them text, or weights of terms that a network gave ({@link #addWeights}). Lists are kept as gaps,
 * 128 documents a block, each gap in as many bits as the block's greatest needs. With each block stand the pairs of count and length that no other posting of it
 * beats, so that every way to score knows what a block can give at most, and passes over those that cannot reach the top.
 *
 * <p>Added documents are found from the next query on: they become a segment, which never changes, and segments of like size are merged. A deleted
 * document is found no more at once, counts no more in any frequency, and takes room until its segment is merged. Order of documents, and so every answer,
 * is that of adding, whatever the segments. All methods may be called by any thread; a query sees the documents of one moment.
 *
 * @see <a href="https://doi.org/10.1145/1132956.1132959">Zobel and Moffat (2006)</a>
 * @see <a href="https://doi.org/10.1145/2009916.2010048">Ding and Suel (2011)</a>
 */
public final class InvertedIndex {
    /** The field of {@link #add(String, String)}. */
    public static final String TEXT = "text";
    /** The field of {@link #addWeights}. */
    public static final String WEIGHTS = "weights";
    /** A learned weight is kept as a multiple of one through this. */
    public static final int QUANTA = 1024;

    /** The name of the file that names the segments. */
    static final String MANIFEST = "index.lyx";
    /** A file of a generation, which is its first group. */
    static final Pattern SEGMENT = Pattern.compile("segment-(\\d{1,9})-\\d+\\.lyx");

    private static final String KIND = "inverted",
            PROBE = "The QUICK brown foxes' résumé: XK-4471-B, running 12.5 km/h -- naïve_I \uD83E\uDD8A 東京";

    private final TermSplitter analyzer;
    private final Map<String, Integer> numbers = new HashMap<>();
    private SegmentBuilder pending = new SegmentBuilder();
    private volatile boolean dirty;
    private volatile IndexSnapshot snapshot = new IndexSnapshot(List.of(), List.of());

    /** @param analyzer of texts and queries; an empty term takes a place and is not kept */
    public InvertedIndex(TermSplitter analyzer) { this.analyzer = Objects.requireNonNull(analyzer, "InvertedIndex: the analyzer is null"); }

    public TermSplitter analyzer() { return analyzer; }

    /** Adds a text as the field {@value #TEXT}. @throws IllegalArgumentException if the id is taken */
    public void add(String id, String text) { add(id, Map.of(TEXT, text)); }

    /**
     * Adds a document of several fields.
     *
     * @throws IllegalArgumentException if the id is taken, a field is named {@value #WEIGHTS}, or half a surrogate pair leaves a name or term without UTF-8
     */
    public void add(String id, Map<String, String> fields) {
        var words = new LinkedHashMap<String, List<String>>();
        fields.forEach((field, text) -> {
            if (field.indexOf('\0') >= 0) throw new IllegalArgumentException("InvertedIndex: a field's name holds the character 0");
            Utf8.require(field);
            if (field.equals(WEIGHTS)) throw new IllegalArgumentException(
                    "InvertedIndex: the field '" + WEIGHTS + "' is for weights (addWeights); give the text of '" + id + "' another name");
            words.put(field, analyzer.split(text));
        });
        synchronized (this) {
            requireFree(id); // before terms of it take room
            var lists = new LinkedHashMap<String, PostingStream[]>();
            words.forEach((field, all) -> lists.put(field, pending.lists(field, all)));
            int document = take(id);
            lists.forEach((field, all) -> pending.text(document, field, all));
        }
    }

    /**
     * Adds a document as weights of terms, as SPLADE gives them: the field {@value #WEIGHTS}.
     *
     * @param weights from 0 to a million, rounded to multiples of 1 / {@value #QUANTA}; those that round to 0 are left out
     * @throws IllegalArgumentException if the id is taken or a weight is negative, NaN or too large: names the term
     */
    public void addWeights(String id, Map<String, Double> weights) {
        weights.forEach((term, weight) -> {
            if (!(weight >= 0 && weight <= 1e6)) throw new IllegalArgumentException(
                    "addWeights: the weight of '" + term + "' in '" + id + "' is " + weight + "; it lies from 0 to 1e6");
            Utf8.require(term);
        });
        synchronized (this) {
            requireFree(id);
            int document = take(id);
            pending.length(document, WEIGHTS, 0);
            weights.forEach((term, weight) -> {
                int quanta = (int) Math.round(weight * QUANTA);
                if (quanta > 0) pending.list(WEIGHTS, term).weight(document, quanta);
            });
        }
    }

    private void requireFree(String id) {
        Utf8.require(id);
        if (numbers.containsKey(id)) throw new IllegalArgumentException("InvertedIndex: '" + id + "' is in the index; delete it first");
    }

    private int take(String id) {
        int document = pending.add(id);
        numbers.put(id, documents() + document);
        dirty = true;
        return document;
    }

    private int documents() { return snapshot.base(snapshot.segments.size()); }

    /** Takes a document out. False if there is none of this id. */
    public synchronized boolean delete(String id) {
        if (!numbers.containsKey(id)) return false;
        commit();
        int document = numbers.remove(id), s = snapshot.segmentOf(document);
        var deleted = new ArrayList<>(snapshot.deleted);
        var own = (BitSet) deleted.get(s).clone();
        own.set(document - snapshot.base(s));
        deleted.set(s, own);
        snapshot = new IndexSnapshot(snapshot.segments, deleted);
        return true;
    }

    /** Makes a segment of what was added since the last. Queries do so by themselves. */
    public synchronized void commit() {
        if (pending.size() == 0) return;
        var segments = new ArrayList<>(snapshot.segments);
        var deleted = new ArrayList<>(snapshot.deleted);
        segments.add(new PostingSegment(pending.sections()));
        deleted.add(new BitSet());
        pending = new SegmentBuilder();
        int from = segments.size() - 1;
        while (from > 0 && segments.get(from - 1).size() < 2
                * segments.subList(from, segments.size()).stream().mapToInt(PostingSegment::size).sum())
            from--;
        snapshot = new IndexSnapshot(segments, deleted);
        if (from < segments.size() - 1) merge(from);
        dirty = false;
    }

    /** Makes one segment of all, without the deleted documents. Answers stay the same. */
    public synchronized void merge() {
        commit();
        merge(0);
    }

    private void merge(int from) {
        var segments = snapshot.segments.subList(from, snapshot.segments.size());
        var deleted = snapshot.deleted.subList(from, snapshot.segments.size());
        var merged = new SegmentBuilder();
        for (int s = 0; s < segments.size(); s++) copy(segments.get(s), deleted.get(s), merged);
        var all = new ArrayList<>(snapshot.segments.subList(0, from));
        var gone = new ArrayList<>(snapshot.deleted.subList(0, from));
        if (merged.size() > 0) {
            all.add(new PostingSegment(merged.sections()));
            gone.add(new BitSet());
        }
        snapshot = new IndexSnapshot(all, gone);
        number();
    }

    private static void copy(PostingSegment segment, BitSet deleted, SegmentBuilder merged) {
        var place = new int[segment.size()];
        for (int d = 0; d < place.length; d++) {
            place[d] = deleted.get(d) ? -1 : merged.add(segment.id(d));
            if (place[d] >= 0) for (var field : segment.fields()) merged.length(place[d], field, segment.lengths(field).of(d));
        }
        for (int t = 0; t < segment.terms(); t++) {
            var key = segment.term(t);
            int cut = key.indexOf('\0');
            var list = merged.list(key.substring(0, cut), key.substring(cut + 1));
            var cursor = segment.cursor(t);
            while (cursor.next() != PostingCursor.END) if (place[cursor.document()] >= 0) list.copy(place[cursor.document()], cursor);
        }
    }

    private void number() {
        numbers.clear();
        for (int s = 0; s < snapshot.segments.size(); s++)
            for (int d = 0; d < snapshot.segments.get(s).size(); d++)
                if (!snapshot.deleted.get(s).get(d)) numbers.put(snapshot.segments.get(s).id(d), snapshot.base(s) + d);
    }

    IndexSnapshot snapshot() {
        if (dirty) commit();
        return snapshot;
    }

    /** The document's number and what it stands in, or -1. */
    synchronized int number(String id) {
        commit();
        return numbers.getOrDefault(id, -1);
    }

    /** Documents that can be found. */
    public int size() { return snapshot().live(); }

    public int segments() { return snapshot().segments.size(); }

    /** Bytes of all segments, as files or in memory. */
    public long bytes() { return snapshot().segments.stream().mapToLong(PostingSegment::bytes).sum(); }

    /** In how many documents the term stands, deleted ones left out. */
    public int documentFrequency(String field, String term) { return snapshot().frequency(field, term); }

    /** Ids of the documents that match, in the order of adding. */
    public List<String> matching(TextQuery query) {
        var now = snapshot();
        var found = new ArrayList<String>();
        for (int s = 0; s < now.segments.size(); s++) {
            var segment = now.segments.get(s);
            var matches = new Matching(segment, analyzer).of(query);
            matches.andNot(now.deleted.get(s));
            matches.stream().forEach(d -> found.add(segment.id(d)));
        }
        return found;
    }

    /** For each segment what a ranking leaves out: deleted documents, and those that do not match the filter, if there is one. */
    List<BitSet> excluded(IndexSnapshot now, TextQuery filter) {
        if (filter == null) return now.deleted;
        var excluded = new ArrayList<BitSet>();
        for (int s = 0; s < now.segments.size(); s++) {
            var out = new Matching(now.segments.get(s), analyzer).of(filter);
            out.flip(0, now.segments.get(s).size());
            out.or(now.deleted.get(s));
            excluded.add(out);
        }
        return excluded;
    }

    /** The terms of a query in the order in which they first stand, with how often. */
    Map<String, Integer> terms(String query) {
        var terms = new LinkedHashMap<String, Integer>();
        for (var term : analyzer.split(query)) if (!term.isEmpty()) terms.merge(term, 1, Integer::sum);
        return terms;
    }

    /**
     * The k documents with the greatest cosine between rows of {@code tf (1 + ln((1 + N) / (1 + df)))} of document and query, as scikit-learn's TfidfVectorizer
     * has them. Terms of the query that no document holds are left out.
     */
    public List<SearchHit> cosine(String query, int k) {
        var now = snapshot();
        double[] norms = now.norms(TEXT);
        var weights = new LinkedHashMap<String, Double>();
        double square = 0;
        for (var each : terms(query).entrySet()) {
            if (now.frequency(TEXT, each.getKey()) == 0) continue;
            double weight = each.getValue() * now.smoothIdf(TEXT, each.getKey());
            weights.put(each.getKey(), weight);
            square += weight * weight;
        }
        var top = TopScores.of(k, now.live());
        for (int s = 0; s < now.segments.size(); s++) {
            var sums = new double[now.segments.get(s).size()];
            var hit = new BitSet();
            for (var each : weights.entrySet()) {
                var cursor = now.segments.get(s).cursor(TEXT, each.getKey());
                if (cursor == null) continue;
                double weight = each.getValue() * now.smoothIdf(TEXT, each.getKey());
                while (cursor.next() != PostingCursor.END) {
                    sums[cursor.document()] += weight * cursor.count();
                    hit.set(cursor.document());
                }
            }
            hit.andNot(now.deleted.get(s));
            for (int d = hit.nextSetBit(0); d >= 0; d = hit.nextSetBit(d + 1)) {
                int document = now.base(s) + d;
                top.offer(document, sums[d] / norms[document] / Math.sqrt(square));
            }
        }
        var hits = new ArrayList<SearchHit>();
        top.best((document, score) -> hits.add(new SearchHit(now.id(document), score)));
        return hits;
    }

    /** The k documents with the greatest dot product of the query's weights with theirs, by block-max skipping. Negative weights are refused. */
    public RankedHits impacts(Map<String, Double> query, int k) {
        var now = snapshot();
        var terms = new ArrayList<IndexSnapshot.Weighted>();
        query.forEach((term, weight) -> {
            if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                    "impacts: the query's weight of '" + term + "' is " + weight + "; it is finite and at least 0");
            if (weight > 0) terms.add(new IndexSnapshot.Weighted(WEIGHTS, term, now.unsaturated(), weight / QUANTA, 0));
        });
        terms.sort(Comparator.comparing(IndexSnapshot.Weighted::term));
        return now.rank(terms, k, true, now.deleted);
    }

    /**
     * Writes the index to a directory: a file a segment, and a list of them that takes the old one's place when all are whole.
     *
     * @throws IOException if the disk is full or the like; what stood there before stands
     */
    public synchronized void save(Path directory) throws IOException {
        int generation = NamedFiles.next(directory, SEGMENT);
        save(directory, MANIFEST, generation);
        var kept = "segment-" + generation + "-";
        try (var files = Files.newDirectoryStream(directory, "segment-*.lyx")) {
            for (var file : files) if (!file.getFileName().toString().startsWith(kept)) Files.delete(file);
        }
    }

    /** Writes the segments of a number of which there are none, and then the list of them. */
    synchronized void save(Path directory, String manifest, int generation) throws IOException {
        commit();
        Durable.createDirectories(directory);
        var names = new ArrayList<byte[]>();
        var deleted = new ByteSink();
        for (int s = 0; s < snapshot.segments.size(); s++) {
            var name = "segment-" + generation + "-" + s + ".lyx";
            snapshot.segments.get(s).write(directory.resolve(name));
            names.add(name.getBytes(StandardCharsets.UTF_8));
            long[] words = snapshot.deleted.get(s).toLongArray();
            deleted.putInt(words.length);
            for (long word : words) deleted.putLong(word);
        }
        var analysed = new ByteSink();
        analysed.putInt(fingerprint(analyzer));
        var sections = new LinkedHashMap<String, MemorySegment>();
        sections.put("segments", StringTable.write(names));
        sections.put("deleted", deleted.segment());
        sections.put("analyzer", analysed.segment());
        IndexFile.write(directory.resolve(manifest), KIND, sections);
    }

    /**
     * Maps an index that was saved: where another process saves at the same time, that of before or the new one.
     *
     * @param analyzer the one it was made with; one that splits a probe otherwise is refused
     * @throws lyceum.FormatException if a file is damaged or of another format
     */
    public static InvertedIndex open(Path directory, TermSplitter analyzer) throws IOException {
        return NamedFiles.read(directory.resolve(MANIFEST), _ -> open(directory, MANIFEST, analyzer));
    }

    static InvertedIndex open(Path directory, String manifest, TermSplitter analyzer) throws IOException {
        var file = IndexFile.read(directory.resolve(manifest), KIND);
        if (file.section("analyzer", 4).get(IndexFile.INT, 0) != fingerprint(analyzer))
            throw file.malformed("the index was made with another analyzer; texts and queries go through the same one");
        var names = new StringTable(file.section("segments", 8));
        var words = file.section("deleted", 4L * names.size());
        var segments = new ArrayList<PostingSegment>();
        var deleted = new ArrayList<BitSet>();
        long at = 0;
        for (int s = 0; s < names.size(); s++) {
            if (!names.get(s).matches("segment-\\d+-\\d+\\.lyx")) throw file.malformed("'" + names.get(s) + "' is no name of a segment");
            var segment = PostingSegment.read(directory.resolve(names.get(s)));
            long n = at + 4 <= words.byteSize() ? words.get(IndexFile.INT, at) : -1;
            if (n < 0 || n > (segment.size() + 63) / 64 || at + 4 + 8 * n > words.byteSize())
                throw file.malformed("the deleted documents of a segment do not fit");
            var own = new long[(int) n];
            for (int i = 0; i < n; i++) own[i] = words.get(IndexFile.LONG, at + 4 + 8L * i);
            at += 4 + 8 * n;
            segments.add(segment);
            deleted.add(BitSet.valueOf(own));
        }
        var index = new InvertedIndex(analyzer);
        index.snapshot = new IndexSnapshot(segments, deleted);
        index.number();
        return index;
    }

    private static int fingerprint(TermSplitter analyzer) {
        var crc = new CRC32C();
        crc.update(String.join("\n", analyzer.split(PROBE)).getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }
}
