package lyceum.labs.search;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.LyceumException;
import lyceum.backend.quant.BlockFormat;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.search.TopicVectors.Entry;
import lyceum.learn.manifold.Umap;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.SentenceEncoder;
import lyceum.text.encoder.TextEncoder;
import lyceum.text.encoder.TokenVectors;

/** What the build calls after compiling: makes the vectors of all topics' texts, and their map. Texts that have not changed since are not encoded anew. */
public final class MeaningBuild {

    private static final int BATCH = 256;
    private static final int NEIGHBOURS = 12;

    private final TextEncoder encoder;
    private final Map<Long, List<byte[]>> known = new HashMap<>();
    private final Map<Long, String> missing = new LinkedHashMap<>();
    private final Map<Long, String> missingWords = new LinkedHashMap<>();

    private MeaningBuild(TextEncoder encoder) { this.encoder = encoder; }

    /** @param args the folder of compiled classes, which is on the class path too */
    public static void main(String[] args) throws IOException {
        if (args.length != 1)
            throw new IllegalArgumentException("MeaningBuild takes one argument, the folder of compiled classes; it got " + args.length);
        var file = Path.of(args[0]).resolve(TopicVectors.RESOURCE.substring(1));
        var slugs = new ArrayList<String>();
        var passages = new ArrayList<Passages>();
        for (var topic : Catalogue.load().topics()) {
            slugs.add(topic.slug());
            passages.add(Passages.of(topic, Article.find(topic.slug())));
        }
        var old = old(file);
        if (old != null && current(old, slugs, passages)) return;
        if (!SentenceEncoder.hasMiniLm()) {
            System.err.println("Without MiniLM on the class path topics are found by words alone.");
            return;
        }
        make(slugs, passages, SentenceEncoder.miniLm(TopicMeanings.WEIGHTS), old).write(file);
    }

    private static TopicVectors old(Path file) throws IOException {
        if (!Files.exists(file)) return null;
        try (var in = Files.newInputStream(file)) {
            return TopicVectors.read(in);
        } catch (LyceumException e) {
            return null;
        }
    }

    private static boolean current(TopicVectors old, List<String> slugs, List<Passages> passages) {
        return old.entries().stream().map(Entry::slug).toList().equals(slugs)
                && IntStream.range(0, slugs.size()).allMatch(t -> old.entries().get(t).says(passages.get(t)));
    }

    /** @param old of which rows are taken over, or null */
    static TopicVectors make(List<String> slugs, List<Passages> passages, TextEncoder encoder, TopicVectors old) {
        var build = new MeaningBuild(encoder);
        if (old != null) build.remember(old);
        build.encode(passages);
        var entries = new ArrayList<Entry>();
        var rows = new ArrayList<byte[]>();
        for (int t = 0; t < slugs.size(); t++) {
            var hashes = passages.get(t).texts().stream().mapToLong(Passages::hash).toArray();
            for (long hash : hashes) rows.add(build.known.get(hash).getFirst());
            long headline = Passages.hash(passages.get(t).headline()), asked = Passages.hash(passages.get(t).asked());
            List<byte[]> tokens = build.known.get(headline), askedTokens = build.known.get(asked);
            rows.addAll(tokens);
            rows.addAll(askedTokens);
            entries.add(new Entry(slugs.get(t), 0, 0, hashes, headline, tokens.size(), asked, askedTokens.size()));
        }
        var vectors = new TopicVectors(entries, encoder.dimension(), joined(rows));
        return new TopicVectors(placed(entries, vectors, encoder.dimension()), encoder.dimension(), joined(rows));
    }

    private void remember(TopicVectors old) {
        long row = 0;
        for (var entry : old.entries()) {
            for (long hash : entry.passages()) known.put(hash, List.of(old.row(row++)));
            known.put(entry.headline(), rows(old, row, entry.tokens()));
            row += entry.tokens();
            known.put(entry.asked(), rows(old, row, entry.askedTokens()));
            row += entry.askedTokens();
        }
    }

    private static List<byte[]> rows(TopicVectors old, long from, int count) {
        return IntStream.range(0, count).mapToObj(i -> old.row(from + i)).toList();
    }

    private void encode(List<Passages> passages) {
        for (var p : passages) {
            for (var text : p.texts()) if (!known.containsKey(Passages.hash(text))) missing.put(Passages.hash(text), text);
            for (var text : List.of(p.headline(), p.asked()))
                if (!known.containsKey(Passages.hash(text))) missingWords.put(Passages.hash(text), text);
        }
        batches(missing, texts -> {
            var rows = rows(encoder.encode(texts));
            return rows.stream().map(List::of).toList();
        });
        batches(missingWords, texts -> encoder.tokens(texts).stream().map(t -> rows(words(t))).toList());
    }

    private interface Encoding {
        List<List<byte[]>> of(List<String> texts);
    }

    private void batches(Map<Long, String> texts, Encoding encoding) {
        var hashes = List.copyOf(texts.keySet());
        for (int from = 0; from < hashes.size(); from += BATCH) {
            var batch = hashes.subList(from, Math.min(hashes.size(), from + BATCH));
            var encoded = encoding.of(batch.stream().map(texts::get).toList());
            for (int i = 0; i < batch.size(); i++) known.put(batch.get(i), encoded.get(i));
        }
    }

    /** The vectors of a text's tokens without those of the template, each of length 1; null where it has none. */
    static Tensor words(TokenVectors text) {
        var own = IntStream.range(0, text.encoding().size()).filter(i -> !text.encoding().isSpecial(i)).toArray();
        if (own.length == 0) return null;
        var vectors = text.vectors().indexSelect(0, Tensor.of(own));
        return vectors.div(vectors.square().sum(1, true).sqrt());
    }

    private static List<byte[]> rows(Tensor vectors) {
        if (vectors == null) return List.of();
        var matrix = QuantisedMatrix.of(vectors.compute(), BlockFormat.Q8_0).segment();
        int size = Math.toIntExact(BlockFormat.Q8_0.rowBytes(vectors.size(1)));
        return IntStream.range(0, Math.toIntExact(vectors.size(0)))
                .mapToObj(i -> matrix.asSlice((long) i * size, size).toArray(ValueLayout.JAVA_BYTE)).toList();
    }

    private static MemorySegment joined(List<byte[]> rows) {
        var all = Arena.ofAuto().allocate(rows.stream().mapToLong(r -> r.length).sum(), 64);
        long at = 0;
        for (var row : rows) {
            MemorySegment.copy(row, 0, all, ValueLayout.JAVA_BYTE, at, row.length);
            at += row.length;
        }
        return all;
    }

    /** Entries with places on the map: UMAP of the mean of a topic's passages, stretched to a square. */
    private static List<Entry> placed(List<Entry> entries, TopicVectors vectors, int dimension) {
        if (entries.size() <= 2 * NEIGHBOURS) return entries;
        var means = new float[entries.size() * dimension];
        long row = 0;
        for (int t = 0; t < entries.size(); t++) {
            var mean = vectors.mean(row, entries.get(t).passages().length);
            System.arraycopy(mean, 0, means, t * dimension, dimension);
            row += entries.get(t).rows();
        }
        var flat = new Umap(NEIGHBOURS).withMinDist(0.5).withSpread(1.5).withSeed(7).fit(Tensor.of(means, entries.size(), dimension))
                .embedding().toDoubleArray();
        double[] least = {Double.MAX_VALUE, Double.MAX_VALUE}, most = {-Double.MAX_VALUE, -Double.MAX_VALUE};
        for (int i = 0; i < flat.length; i++) {
            least[i % 2] = Math.min(least[i % 2], flat[i]);
            most[i % 2] = Math.max(most[i % 2], flat[i]);
        }
        return IntStream.range(0, entries.size()).mapToObj(t -> {
            var e = entries.get(t);
            return new Entry(e.slug(), (float) ((flat[2 * t] - least[0]) / (most[0] - least[0])),
                    (float) ((flat[2 * t + 1] - least[1]) / (most[1] - least[1])), e.passages(), e.headline(), e.tokens(), e.asked(),
                    e.askedTokens());
        }).toList();
    }
}
