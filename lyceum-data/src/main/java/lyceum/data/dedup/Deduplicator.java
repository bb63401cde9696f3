package lyceum.data.dedup;

import java.util.Comparator;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.progress.Progress;
import lyceum.withers.Withers;

/**
 * Takes the copies out of a corpus (Lee and others 2022): exact ones by hash, near ones by MinHash and LSH with every candidate pair verified, and, where
 * {@code run} is set, runs of words that stand elsewhere too. One document of each cluster stays.
 *
 * {@snippet :
 * var result = new Deduplicator().withThreshold(0.8).withRun(50).deduplicate(corpus);
 * System.out.println(result.report());
 * result.dropped().forEach(d -> System.out.println(d.id() + ": " + d.reason() + " of " + d.keptId()));
 * Shards.write(result.kept(), folder, 256 << 20);
 * }
 *
 * <p>What is kept depends neither on the order of the documents nor on the number of threads: within a cluster {@code keep} decides, then the longer
 * text, then the hash of the text, then the id. Ids must differ. A document is read once for hashes and signatures, and once more by who reads
 * {@link Deduplication#kept}; texts are not held, but where {@code keep}
 * is set and for the substring pass, which wants 30 bytes a word beside.
 *
 * @param shingle   words in a run whose set is compared, 5 by default
 * @param threshold Jaccard similarity from which two documents are copies, 0.8 by default; 1 for no near pass
 * @param lsh       finds the pairs to verify, 20 bands of 5 by default
 * @param verify    by the sets themselves, 8 bytes a word in memory, or by the signatures' estimate
 * @param run       words in a run that is cut where it stands elsewhere too, all but its first time; 0, the default, for no substring pass
 * @param keep      the greater document of a cluster stays; by default none is greater
 */
@Withers
public record Deduplicator(int shingle, double threshold, MinHashLsh lsh, Verify verify, int run, Comparator<Document> keep)
        implements DeduplicatorWithers {

    /** No document is greater than another. */
    static final Comparator<Document> NO_PREFERENCE = (a, b) -> 0;

    /** How a candidate pair's similarity is found. */
    public enum Verify {
        EXACT, ESTIMATE
    }

    public Deduplicator() { this(5, 0.8, new MinHashLsh(20, 5), Verify.EXACT, 0, NO_PREFERENCE); }

    public Deduplicator {
        if (shingle < 1) throw new IllegalArgumentException("Deduplicator: shingles of " + shingle + " words; at least 1");
        if (!(threshold > 0 && threshold <= 1))
            throw new IllegalArgumentException("Deduplicator: threshold is " + threshold + "; it lies in (0, 1]");
        if (run < 0) throw new IllegalArgumentException("Deduplicator: run is " + run + "; 0 for none, or a number of words");
    }

    /** Finds the copies. */
    public Deduplication deduplicate(Corpus corpus) { return deduplicate(corpus, Progress.SILENT); }

    /** Finds the copies; {@code progress} hears of the documents and may stop the work. */
    public Deduplication deduplicate(Corpus corpus, Progress progress) {
        try (var work = new DeduplicationWork(this, progress)) {
            return work.run(corpus);
        }
    }
}
