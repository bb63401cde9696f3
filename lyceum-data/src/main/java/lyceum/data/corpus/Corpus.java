package lyceum.data.corpus;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import lyceum.data.Split;

/**
 * Documents that can be read again and again, in the same order, and need not fit into memory.
 *
 * {@snippet :
 * var web = new CorpusReader().withDomain("web").jsonl(Path.of("crawl-00.jsonl.gz"), Path.of("crawl-01.jsonl.gz"));
 * var parts = web.split(7, 0.99, 0.01);                 // by a hash of the id: documents that come later move none of these
 * System.out.println(CorpusCard.of(parts.get(0)));
 * }
 *
 * <p>What these methods return reads its source each time; nothing is stored but by {@link #toList} and {@link Shards}. A pass that is cut short is
 * closed by {@code try (var reader = corpus.open())}.
 */
@FunctionalInterface
public interface Corpus {
    /** Begins a pass. */
    DocumentReader open();

    /** Documents in memory. */
    static Corpus of(List<Document> documents) {
        var copy = List.copyOf(documents);
        return () -> {
            var it = copy.iterator();
            return () -> it.hasNext() ? it.next() : null;
        };
    }

    /** One corpus after the other. */
    static Corpus concat(List<Corpus> corpora) {
        var parts = List.copyOf(corpora);
        return () -> new DocumentReader() {
            private final Iterator<Corpus> left = parts.iterator();
            private DocumentReader current;

            @Override public Document next() {
                while (true) {
                    if (current == null) {
                        if (!left.hasNext()) return null;
                        current = left.next().open();
                    }
                    var document = current.next();
                    if (document != null) return document;
                    current.close();
                    current = null;
                }
            }

            @Override public void close() { if (current != null) current.close(); }
        };
    }

    /** The documents that fulfil a condition. */
    default Corpus filter(Predicate<Document> condition) {
        return () -> {
            var reader = open();
            return new Passing(reader, () -> {
                Document document;
                do document = reader.next(); while (document != null && !condition.test(document));
                return document;
            });
        };
    }

    /** Each document changed. */
    default Corpus map(UnaryOperator<Document> change) {
        return () -> {
            var reader = open();
            return new Passing(reader, () -> {
                var document = reader.next();
                return document == null ? null : change.apply(document);
            });
        };
    }

    /** The first {@code n} documents. */
    default Corpus limit(long n) {
        return () -> {
            var reader = open();
            var left = new long[] {n};
            return new Passing(reader, () -> left[0]-- > 0 ? reader.next() : null);
        };
    }

    /** The documents of one domain. */
    default Corpus domain(String name) { return filter(document -> document.domain().equals(name)); }

    /**
     * Disjoint parts by a hash of each document's id; see {@link Split#byKey}.
     *
     * @param salt   another number gives another split
     * @param shares of the documents, summing to 1
     */
    default List<Corpus> split(long salt, double... shares) { return split(Document::id, salt, shares); }

    /**
     * As {@link #split(long, double...)} by a key of one's own: documents of equal keys stay together, so that {@code Document::hash} keeps exact copies on
     * one side and the number of a {@linkplain lyceum.data.dedup.Deduplicator duplicate cluster} near ones.
     */
    default List<Corpus> split(Function<Document, String> key, long salt, double... shares) {
        var parts = new ArrayList<Corpus>();
        for (int p = 0; p < shares.length; p++) {
            int part = p;
            parts.add(filter(document -> Split.partByKey(key.apply(document), salt, shares) == part));
        }
        return parts;
    }

    /** Does something with every document. */
    default void forEach(Consumer<Document> action) {
        try (var reader = open()) {
            for (var document = reader.next(); document != null; document = reader.next()) action.accept(document);
        }
    }

    /** All documents in memory. */
    default List<Document> toList() {
        var all = new ArrayList<Document>();
        forEach(all::add);
        return all;
    }

    /** How many documents there are, by reading all. */
    default long count() {
        var n = new long[1];
        forEach(document -> n[0]++);
        return n[0];
    }

    /** A pass as a stream, to be closed after use. */
    default Stream<Document> stream() {
        var reader = open();
        return StreamSupport
                .stream(new Spliterators.AbstractSpliterator<Document>(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL) {
                    @Override public boolean tryAdvance(Consumer<? super Document> action) {
                        var document = reader.next();
                        if (document != null) action.accept(document);
                        return document != null;
                    }
                }, false).onClose(reader::close);
    }
}
