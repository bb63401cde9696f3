package lyceum.data.dedup;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import lyceum.data.ContentHash;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.random.Rng;

/** Prints what deduplication keeps of a corpus in an order that the argument chooses, for a JVM of its own. */
final class DeduplicatorMain {
    private DeduplicatorMain() {}

    public static void main(String[] args) { lines(Integer.parseInt(args[0])).forEach(System.out::println); }

    static List<String> lines(int order) {
        var rng = Rng.of(9);
        var documents = new ArrayList<>(DeduplicatorTest.texts().subList(500, 900));
        for (int i = 0; i < 150; i++) {
            var original = documents.get(rng.nextInt(400));
            documents.add(original.withId("copy" + i)
                    .withText(i % 2 == 0 ? original.text() : DeduplicatorTest.edited(original.text(), rng, 0.01)));
        }
        for (int i = 0; i < 40; i++)
            documents.add(Document.of("same" + i, "one page of the same words for all of them but the last " + i / 2));
        for (int i = 0; i < 80; i++) documents.add(Document.of("pool" + i, pool(rng))); // about half alike, in few buckets
        Collections.shuffle(documents, new Random(order));
        var corpus = Corpus.of(documents);
        return List.of(line("plainly", new Deduplicator(), corpus), line("with runs", new Deduplicator().withRun(50), corpus),
                line("by estimate", new Deduplicator().withVerify(Deduplicator.Verify.ESTIMATE).withThreshold(0.6), corpus),
                line("in small buckets", new Deduplicator().withLsh(new MinHashLsh(20, 2).withMostBucket(5)).withThreshold(0.5), corpus),
                line("in tiny buckets",
                        new Deduplicator().withShingle(1).withLsh(new MinHashLsh(3, 1).withMostBucket(2)).withThreshold(0.52),
                        corpus.filter(document -> document.id().startsWith("pool"))));
    }

    private static String pool(Rng rng) {
        var text = new StringBuilder();
        for (int word : rng.sample(45, 30)) text.append("w").append(word).append(' ');
        return text.toString();
    }

    private static String line(String kind, Deduplicator deduplicator, Corpus corpus) {
        var kept = new ArrayList<String>();
        deduplicator.deduplicate(corpus).kept().forEach(document -> kept.add(document.id() + document.hash()));
        Collections.sort(kept);
        return "kept " + kind + ": " + kept.size() + " " + ContentHash.of(String.join(" ", kept));
    }
}
