package lyceum.data.dedup;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;

/**
 * What a {@link Deduplicator} found.
 *
 * @param dropped  documents that go, in the order of the corpus
 * @param clusters ids of near and exact copies together, the one that is kept first
 * @param cuts     for documents that stay, the parts of their texts that go: begin and end in turn
 * @param report   sums
 * @param source   the corpus
 */
public record Deduplication(List<Dropped> dropped, List<List<String>> clusters, Map<String, int[]> cuts, Report report, Corpus source) {

    /** Why a document goes. */
    public enum Reason {
        EXACT, NEAR
    }

    /** A document that goes, for the sake of the one that stays; {@code similarity} is NaN where the two were not compared but linked by others. */
    public record Dropped(String id, Reason reason, String keptId, double similarity) {}

    /** Sums: documents and UTF-8 bytes by pass. {@code pairsCompared} is of {@code documents (documents - 1) / 2}. */
    public record Report(long documents, long bytes, long exact, long exactBytes, long near, long nearBytes, long spans, long spanBytes,
            long pairsCompared) {
        public long bytesRemoved() { return exactBytes + nearBytes + spanBytes; }

        @Override public String toString() {
            return String.format(Locale.ROOT,
                    "%,d documents, %,d bytes; exact copies %,d (%,d bytes), near copies %,d (%,d), repeated runs %,d (%,d); %,d pairs compared",
                    documents, bytes, exact, exactBytes, near, nearBytes, spans, spanBytes, pairsCompared);
        }
    }

    /** Ids of the documents that go. */
    public Set<String> droppedIds() {
        var ids = new HashSet<String>();
        for (var document : dropped) ids.add(document.id);
        return ids;
    }

    /** The documents that stay, without their cuts, in the order of the corpus. */
    public Corpus kept() {
        var gone = droppedIds();
        return source.filter(document -> !gone.contains(document.id())).map(this::withoutCuts);
    }

    /** A document without the parts of its text that are cut. */
    public Document withoutCuts(Document document) {
        var cut = cuts.get(document.id());
        return cut == null ? document : document.withText(without(document.text(), cut));
    }

    /** The cluster of each document that is in one, by the id of the one that is kept: a key for splits that no cluster spans. */
    public Map<String, String> clusterOf() {
        var of = new HashMap<String, String>();
        for (var cluster : clusters) for (var id : cluster) of.put(id, cluster.getFirst());
        return of;
    }

    static String without(String text, int[] cut) {
        var kept = new StringBuilder(text.length());
        int at = 0;
        for (int i = 0; i < cut.length; i += 2) {
            kept.append(text, at, cut[i]);
            at = cut[i + 1];
        }
        return kept.append(text, at, text.length()).toString();
    }
}
