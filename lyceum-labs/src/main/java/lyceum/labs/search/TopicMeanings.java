package lyceum.labs.search;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.memory.Memory;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.SentenceEncoder;
import lyceum.text.encoder.TextEncoder;

/**
 * Finds topics by the meaning of a question: MiniLM beside the vectors that were built with this jar. The encoder is read at the first question, on a thread of
 * its own; until it is there, and where it is missing, nothing is found and {@link #silent()} says why. Safe between threads.
 */
public final class TopicMeanings implements MeaningIndex {

    private static final System.Logger LOG = System.getLogger(TopicMeanings.class.getName());
    /** A question is short; a page that was pasted is cut. */
    private static final int MOST_LETTERS = 600;

    /** Half the memory of F32, and the same first topics; of topics as of questions. */
    static final DType WEIGHTS = DType.BF16;

    /** All that answers take. */
    private record Ready(TextEncoder encoder, Backend backend, TopicVectors vectors, Map<String, Integer> current) {}

    /** A topic's place on the map by meaning, across and down, from 0 to 1. */
    public record Place(double x, double y) {}

    private final Catalogue catalogue;
    private final Function<String, Optional<Article>> articles;
    private final Supplier<TextEncoder> encoder;
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile Ready ready;
    private volatile String silent = "the encoder is still loading";

    TopicMeanings(Catalogue catalogue, Function<String, Optional<Article>> articles, Supplier<TextEncoder> encoder) {
        this.catalogue = catalogue;
        this.articles = articles;
        this.encoder = encoder;
    }

    /** The meanings of a catalogue's topics. */
    public static TopicMeanings of(Catalogue catalogue, Function<String, Optional<Article>> articles) {
        return new TopicMeanings(catalogue, articles, TopicMeanings::miniLm);
    }

    @Override public Optional<String> silent() { return Optional.ofNullable(ready == null ? silent : null); }

    @Override public Map<String, Double> nearest(String query, int count) {
        var now = ready;
        if (now != null) return nearest(now, query, count);
        begin();
        return Map.of();
    }

    /** Begins to read the encoder on a thread of its own, if nobody has yet. */
    public void begin() {
        if (asked.compareAndSet(false, true)) Thread.ofPlatform().daemon().name("topic-meanings").start(() -> {
            read();
            Memory.release(); // twice the encoder's memory went through on the way
        });
    }

    /** Waits until the encoder is there, or is known to be missing. */
    public TopicMeanings load() {
        asked.set(true);
        read();
        return this;
    }

    private synchronized void read() {
        if (ready != null) return;
        try {
            var vectors = shipped();
            if (vectors.isEmpty()) {
                silent = "the topics' vectors were not built with this jar";
            } else if (!SentenceEncoder.hasMiniLm()) {
                silent = "the encoder MiniLM is not on the class path";
            } else {
                var backend = backend();
                var current = vectors.get().current(this::passages);
                var read = new TextEncoder[1];
                if (current.isEmpty()) {
                    silent = "what is said of the topics has changed since their vectors were made";
                    return;
                }
                Backend.with(backend, () -> read[0] = encoder.get());
                var made = new Ready(read[0], backend, vectors.get(), current);
                nearest(made, "what takes long once", 1);
                ready = made;
            }
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            silent = "the encoder cannot be read: " + e.getMessage();
            LOG.log(System.Logger.Level.WARNING, "Topics are found by words alone: {0}", silent);
        }
    }

    /** The encoder, off the clone's shelf if it lies there. */
    static TextEncoder miniLm() {
        var folder = shelf();
        return folder.isPresent() ? SentenceEncoder.miniLm(WEIGHTS, folder.get()) : SentenceEncoder.miniLm(WEIGHTS);
    }

    /** Puts the encoder's weights where the next start finds them ready, in a clone's folder of what it keeps; nothing elsewhere. */
    public static void keep() throws IOException {
        var folder = shelf();
        if (folder.isPresent() && SentenceEncoder.hasMiniLm()) SentenceEncoder.keepMiniLm(WEIGHTS, folder.get());
    }

    private static Optional<Path> shelf() {
        return Optional.ofNullable(System.getProperty("lyceum.root")).map(root -> Path.of(root, ".lyceum", "encoder"));
    }

    private Passages passages(String slug) {
        return catalogue.find(slug).map(topic -> Passages.of(topic, articles.apply(slug))).orElse(null);
    }

    private static Optional<TopicVectors> shipped() throws IOException {
        try (var in = TopicVectors.class.getResourceAsStream(TopicVectors.RESOURCE)) {
            return in == null ? Optional.empty() : Optional.of(TopicVectors.read(new BufferedInputStream(in)));
        }
    }

    /** Machine code where there is some: the studio starts on plain loops, which are quick to start and slow to multiply. */
    private static Backend backend() {
        try {
            return Backend.named("x86");
        } catch (IllegalArgumentException e) {
            return Backend.current();
        }
    }

    private static Map<String, Double> nearest(Ready now, String query, int count) {
        var text = query.substring(0, Math.min(query.length(), MOST_LETTERS)).strip();
        if (text.isEmpty() || text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF)) return Map.of();
        var near = new double[1][];
        Backend.with(now.backend, () -> Autograd.noGrad(() -> {
            var question = question(now.encoder, text);
            if (question != null) near[0] = now.vectors.near(question);
        }));
        if (near[0] == null) return Map.of();
        var similar = new HashMap<String, Double>();
        now.current.forEach((slug, t) -> similar.put(slug, near[0][t]));
        if (similar.size() <= count) return similar;
        return similar.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey())).limit(count)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** A question's vector, the mean of its tokens', and below it those of its words, all of length 1; null where it has no word. */
    private static Tensor question(TextEncoder encoder, String text) {
        var tokens = encoder.tokens(List.of(text)).getFirst();
        var words = MeaningBuild.words(tokens);
        if (words == null) return null;
        var mean = tokens.vectors().mean(0);
        return Tensor.concat(0, mean.div(mean.square().sum().sqrt()).reshape(1, encoder.dimension()), words);
    }

    /** Where topics lie beside each other by what is said of them; empty without the vectors. */
    public static Map<String, Place> places() {
        var places = new HashMap<String, Place>();
        try (var stream = TopicVectors.class.getResourceAsStream(TopicVectors.RESOURCE)) {
            if (stream != null) for (var e : TopicVectors.head(new DataInputStream(new BufferedInputStream(stream))).entries())
                places.put(e.slug(), new Place(e.x(), e.y()));
            return places;
        } catch (IOException | LyceumException e) {
            LOG.log(System.Logger.Level.WARNING, "There is no map by meaning: {0}", e.getMessage());
            return Map.of();
        }
    }
}
