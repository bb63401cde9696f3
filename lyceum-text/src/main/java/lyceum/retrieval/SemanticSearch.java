package lyceum.retrieval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import lyceum.FormatException;
import lyceum.format.FolderDraft;
import lyceum.text.encoder.TextEncoder;
import lyceum.withers.Withers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Texts found by what they mean, by their words, or by both.
 *
 * {@snippet :
 * static List<SemanticSearch.Hit> find(TextEncoder encoder) {
 *     var search = new SemanticSearch(encoder);
 *     search.add("faq-7", "Ending your subscription", Map.of("language", "en"));
 *     return search.search("cancel my plan", 10, SemanticSearch.Mode.FUSED, passage -> passage.attributes().get("language").equals("en"));
 * }
 * }
 *
 * <p>A text longer than {@link Options#passageWords} is cut into passages that overlap; each is encoded and found by itself, and a text is listed by its best one.
 * Vectors are compared exactly. Queries and texts go through one encoder: an index of another one is refused when it is opened. Any thread may call any method.
 *
 * @see <a href="https://arxiv.org/abs/1908.10084">Reimers and Gurevych (2019)</a>
 */
public final class SemanticSearch {
    private static final JsonMapper JSON = new JsonMapper();
    /** What two encoders are told apart by. */
    private static final String PROBE = "A quick brown fox jumps over the lazy dog.";
    private static final double SAME = 0.999;

    /** What is compared. */
    public enum Mode {
        /** Vectors alone. */
        MEANING,
        /** Words alone. */
        WORDS,
        /** Both, fused. */
        FUSED
    }

    /**
     * How texts are cut, and how two rankings become one.
     *
     * @param passageWords blanks and a word more are a passage, at most
     * @param overlap words that neighbouring passages share
     * @param analyzer of words
     * @param bm25 how words are scored
     * @param fusion of the ranking by words, the first, whose scores are {@linkplain Bm25#coverage shares of the query} there, and that by vectors
     * @param depth of each ranking that is fused; more if more hits are asked for
     */
    @Withers
    public record Options(int passageWords, int overlap, TextAnalyzer analyzer, Bm25 bm25, RankFusion fusion, int depth)
            implements SemanticSearchOptionsWithers {
        public Options {
            if (passageWords < 1 || overlap < 0 || overlap >= passageWords || depth < 1)
                throw new IllegalArgumentException("SemanticSearch: passages of " + passageWords + " words with " + overlap
                        + " shared, depth " + depth + "; an overlap is shorter than a passage, set it first");
        }

        /**
         * 160 words with 32 shared, stems, BM25, the sum of cosine and the share of the query that is covered, of the first 100 by each. Ranks alone would give the
         * best by words a place at the top even where it shares nothing but an article with the query.
         */
        public Options() { this(160, 32, new TextAnalyzer().withStemmed(true), new Bm25(), new RankFusion.Sum(List.of()), 100); }
    }

    /**
     * A stretch of a text.
     *
     * @param id of the text
     * @param start of it in the text, in characters
     * @param text of the passage itself
     * @param attributes of the whole text, for filters
     */
    public record Passage(String id, int start, String text, Map<String, String> attributes) {}

    /**
     * A text that was found, by its best passage.
     *
     * @param score by the mode: cosine, BM25, or what fusion makes of the ranks
     */
    public record Hit(Passage passage, double score) {
        public String id() { return passage.id; }
    }

    /**
     * Why a text is found.
     *
     * @param words what each term of the query gives to the BM25 score of the passage where they give most; empty if the text has none of them
     * @param covered the share of the query that they cover, which {@link Mode#FUSED} adds to the cosine unless another fusion was asked for
     * @param byWords that passage; null if there is none
     * @param meaning cosine of the query with the passage that is nearest to it
     * @param byMeaning that passage
     */
    public record Explanation(List<Bm25.Contribution> words, double covered, Passage byWords, double meaning, Passage byMeaning) {}

    private record Asked(String query, float[] vector) {}

    private final TextEncoder encoder;
    private final Options options;
    private final FlatIndex vectors;
    private final InvertedIndex words;
    private final NavigableMap<Long, Passage> passages = new TreeMap<>();
    private final Map<String, List<Long>> numbers = new LinkedHashMap<>();
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final ReentrantLock saving = new ReentrantLock();
    /** Whoever has hits explained has just searched for them. */
    private volatile Asked last;

    public SemanticSearch(TextEncoder encoder) { this(encoder, new Options()); }

    public SemanticSearch(TextEncoder encoder, Options options) {
        this(encoder, options, new FlatIndex(encoder.dimension(), VectorMetric.COSINE), new InvertedIndex(options.analyzer()));
    }

    private SemanticSearch(TextEncoder encoder, Options options, FlatIndex vectors, InvertedIndex words) {
        this.encoder = encoder;
        this.options = options;
        this.vectors = vectors;
        this.words = words;
    }

    public Options options() { return options; }

    /** Number of texts. */
    public int size() {
        lock.readLock().lock();
        try {
            return numbers.size();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Adds a text. @throws IllegalArgumentException if the id is taken or the text blank */
    public void add(String id, String text, Map<String, String> attributes) { addAll(List.of(new Passage(id, 0, text, attributes))); }

    /** Adds whole texts, encoded together: all of them or, if one is refused, none. @throws IllegalArgumentException if an id is taken or a text blank: names it */
    public void addAll(Collection<Passage> texts) {
        var cut = new ArrayList<Passage>();
        for (var text : texts) {
            if (text.text.isBlank())
                throw new IllegalArgumentException("SemanticSearch: the text '" + text.id + "' is blank; there is nothing to find it by");
            cut(text, cut);
        }
        var found = encoder.encode(cut.stream().map(Passage::text).toList());
        lock.writeLock().lock();
        try {
            var seen = new LinkedHashMap<String, List<Long>>();
            for (var text : texts)
                if (numbers.containsKey(text.id) || seen.put(text.id, new ArrayList<>()) != null)
                    throw new IllegalArgumentException("SemanticSearch: '" + text.id + "' is in the index; remove it first");
            long next = passages.isEmpty() ? 0 : passages.lastKey() + 1;
            for (int i = 0; i < cut.size(); i++) {
                long number = next + i;
                vectors.add(number, found.get(i).toFloatArray());
                words.add(Long.toString(number), cut.get(i).text);
                passages.put(number, cut.get(i));
                seen.get(cut.get(i).id).add(number);
            }
            numbers.putAll(seen);
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void cut(Passage whole, List<Passage> into) {
        var starts = new ArrayList<Integer>();
        var text = whole.text;
        for (int i = 0; i < text.length(); i++)
            if (!Character.isWhitespace(text.charAt(i)) && (i == 0 || Character.isWhitespace(text.charAt(i - 1)))) starts.add(i);
        for (int from = 0;; from += options.passageWords - options.overlap) {
            int to = from + options.passageWords;
            int start = starts.get(from), end = to >= starts.size() ? text.length() : starts.get(to);
            into.add(new Passage(whole.id, start, text.substring(start, end).strip(), Map.copyOf(whole.attributes)));
            if (to >= starts.size()) return;
        }
    }

    /** Takes a text out. False if there is none of this id. */
    public boolean remove(String id) {
        lock.writeLock().lock();
        try {
            var own = numbers.remove(id);
            if (own == null) return false;
            for (long number : own) {
                vectors.remove(number);
                words.delete(Long.toString(number));
                passages.remove(number);
            }
            return true;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** The k best by meaning and words. */
    public List<Hit> search(String query, int k) { return search(query, k, Mode.FUSED, _ -> true); }

    /**
     * The k best texts, the best first; fewer where fewer are found.
     *
     * @param filter which passages may be found, so that k hits remain: it is asked while they are ranked, and not about those that cannot be among them
     */
    public List<Hit> search(String query, int k, Mode mode, Predicate<Passage> filter) {
        if (k < 1) throw new IllegalArgumentException("search: k is " + k + "; it is at least 1");
        float[] vector = mode == Mode.WORDS ? null : encoded(query);
        lock.readLock().lock();
        try {
            // a text may stand there by several passages, and words know no filter: then all are ranked
            boolean all = passages.size() > numbers.size();
            int depth = mode == Mode.FUSED ? Math.max(options.depth, k) : k;
            return switch (mode) {
                case MEANING -> byMeaning(vector, depth, filter, all);
                case WORDS -> byWords(query, depth, filter);
                case FUSED -> fused(covered(query, byWords(query, depth, filter)), byMeaning(vector, depth, filter, all), k);
            };
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Why a text is found, or would be. @throws IllegalArgumentException if there is no text of this id */
    public Explanation explain(String query, String id) {
        float[] vector = encoded(query);
        lock.readLock().lock();
        try {
            var own = numbers.get(id);
            if (own == null) throw new IllegalArgumentException("explain: no text '" + id + "' in the index");
            List<Bm25.Contribution> most = List.of();
            double score = 0;
            Passage byWords = null;
            for (long number : own) {
                var words = options.bm25.explain(this.words, query, Long.toString(number));
                double sum = words.stream().mapToDouble(Bm25.Contribution::score).sum();
                if (words.isEmpty() || byWords != null && sum <= score) continue;
                most = words;
                score = sum;
                byWords = passages.get(number);
            }
            var nearest = vectors.among(vector, 1, own.stream().mapToLong(Long::longValue).toArray()).getFirst();
            double all = options.bm25.coverage(words, query);
            return new Explanation(List.copyOf(most), all > 0 ? Math.max(0, score) / all : 0, byWords, nearest.score(),
                    passages.get(nearest.id()));
        } finally {
            lock.readLock().unlock();
        }
    }

    private float[] encoded(String query) {
        var known = last;
        if (known != null && known.query.equals(query)) return known.vector;
        float[] vector = encoder.encode(query);
        last = new Asked(query, vector);
        return vector;
    }

    private List<Hit> byMeaning(float[] vector, int depth, Predicate<Passage> filter, boolean all) {
        var hits = vectors.search(vector, Math.max(1, all ? passages.size() : depth), number -> filter.test(passages.get(number)));
        return best(hits.stream().map(hit -> new SearchHit(Long.toString(hit.id()), hit.score())).toList(), depth);
    }

    private List<Hit> byWords(String query, int depth, Predicate<Passage> filter) {
        var hits = options.bm25.search(words, query, Math.max(1, passages.size()));
        return best(hits.stream().filter(hit -> filter.test(passages.get(Long.parseLong(hit.id())))).toList(), depth);
    }

    private List<Hit> covered(String query, List<Hit> hits) {
        double all = options.bm25.coverage(words, query);
        return hits.stream().map(hit -> new Hit(hit.passage, all > 0 ? Math.max(0, hit.score) / all : 0)).toList();
    }

    /** The first passage of each text. */
    private List<Hit> best(List<SearchHit> hits, int depth) {
        var first = new LinkedHashMap<String, Hit>();
        for (var hit : hits) {
            if (first.size() == depth) break;
            var passage = passages.get(Long.parseLong(hit.id()));
            first.putIfAbsent(passage.id, new Hit(passage, hit.score()));
        }
        return List.copyOf(first.values());
    }

    /** Two rankings may know a text by two passages: both count, and the better placed one stands for it. */
    private List<Hit> fused(List<Hit> byWords, List<Hit> byMeaning, int k) {
        var shown = new HashMap<String, Passage>();
        for (int i = 0; i < Math.max(byWords.size(), byMeaning.size()); i++)
            for (var ranking : List.of(byWords, byMeaning))
                if (i < ranking.size()) shown.putIfAbsent(ranking.get(i).id(), ranking.get(i).passage);
        var rankings = Stream.of(byWords, byMeaning).map(hits -> hits.stream().map(hit -> new SearchHit(hit.id(), hit.score)).toList())
                .toList();
        return options.fusion.fuse(rankings, k).stream().map(hit -> new Hit(shown.get(hit.id()), hit.score())).toList();
    }

    /**
     * Writes the index into a folder. Its files have names that the folder has not, and the one that names them, {@code passages.json}, is moved to its place last: whenever
     * the disk is full, the process killed or the power cut, the folder holds the whole index of before or the whole new one. One writes at a time.
     */
    public void save(Path folder) throws IOException {
        saving.lock(); // two at once would take the same new names
        lock.readLock().lock();
        try {
            var files = SearchFiles.unused(folder);
            var root = JSON.createObjectNode().put("formatVersion", 2).put("generation", files.generation());
            var probe = root.putArray("probe");
            for (float v : encoder.encode(PROBE)) probe.add(v);
            var list = root.putArray("passages");
            passages.forEach((number, p) -> {
                var node = list.addObject().put("number", number).put("id", p.id).put("start", p.start).put("text", p.text);
                var attributes = node.putObject("attributes");
                new TreeMap<>(p.attributes).forEach(attributes::put);
            });
            FolderDraft.write(folder, SearchFiles::isOne, List.of(SearchFiles.PASSAGES), draft -> {
                vectors.save(draft.resolve(files.vectors()));
                words.save(draft.resolve(SearchFiles.WORDS), files.words(), files.generation());
                Files.writeString(draft.resolve(SearchFiles.PASSAGES), JSON.writeValueAsString(root));
            });
        } finally {
            lock.readLock().unlock();
            saving.unlock();
        }
    }

    /**
     * Opens what was saved. Where another process saves at the same time it is the index of before or the new one, whole.
     *
     * @param options with the analyzer that it was made with
     * @throws IllegalArgumentException if another encoder made its vectors
     * @throws FormatException if a file is damaged
     */
    public static SemanticSearch open(Path folder, TextEncoder encoder, Options options) throws IOException {
        try {
            return NamedFiles.read(folder.resolve(SearchFiles.PASSAGES), told -> read(folder, JSON.readTree(told), encoder, options));
        } catch (JacksonException e) {
            throw new FormatException("passages.json: " + e.getOriginalMessage());
        }
    }

    private static SemanticSearch read(Path folder, JsonNode root, TextEncoder encoder, Options options) throws IOException {
        int version = root.path("formatVersion").asInt(0), generation = version == 1 ? 0 : root.path("generation").asInt(0);
        if (version != 1 && version != 2)
            throw new FormatException("passages.json: formatVersion is " + root.path("formatVersion") + "; 1 and 2 are known");
        if (version == 2 && generation < 1)
            throw new FormatException("passages.json: generation is " + root.path("generation") + "; it is at least 1");
        var files = new SearchFiles(generation);
        var search = new SemanticSearch(encoder, options, FlatIndex.open(folder.resolve(files.vectors())),
                InvertedIndex.open(folder.resolve(SearchFiles.WORDS), files.words(), options.analyzer()));
        search.sameEncoder(root.path("probe").valueStream().mapToDouble(v -> v.asDouble(0)).toArray());
        for (var node : root.path("passages")) search.read(node);
        int n = search.passages.size();
        if (n != search.vectors.size() || n != search.words.size()) throw new FormatException("passages.json: " + n + " passages for "
                + search.vectors.size() + " vectors and " + search.words.size() + " texts of words");
        return search;
    }

    private void read(JsonNode node) {
        var attributes = new TreeMap<String, String>();
        node.path("attributes").properties().forEach(e -> attributes.put(e.getKey(), e.getValue().asString("")));
        var passage = new Passage(node.path("id").asString(), node.path("start").asInt(), node.path("text").asString(),
                Map.copyOf(attributes));
        long number = node.path("number").asLong();
        if (!vectors.has(number)) throw new FormatException("passages.json: passage " + number + " has no vector");
        passages.put(number, passage);
        numbers.computeIfAbsent(passage.id, _ -> new ArrayList<>()).add(number);
    }

    private void sameEncoder(double[] probe) {
        float[] own = encoder.encode(PROBE);
        double dot = 0, a = 0, b = 0;
        for (int i = 0; i < Math.min(own.length, probe.length); i++) {
            dot += own[i] * probe[i];
            a += own[i] * own[i];
            b += probe[i] * probe[i];
        }
        if (own.length != probe.length || !(dot >= SAME * Math.sqrt(a * b))) throw new IllegalArgumentException(
                "SemanticSearch: another encoder made this index; its vectors and this encoder's queries do not compare. Index the texts anew");
    }
}
