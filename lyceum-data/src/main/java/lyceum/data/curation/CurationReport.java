package lyceum.data.curation;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a pass did. Each stage's documents are those of the stage before it less its dropped ones, and so are the last stage's {@code documentsOut}.
 *
 * @param documents    that came in
 * @param bytes        of their texts
 * @param documentsOut that were kept
 * @param bytesOut     of their texts
 * @param stages       in order
 */
public record CurationReport(long documents, long bytes, long documentsOut, long bytesOut, List<StageReport> stages) {

    /**
     * A stage's part.
     *
     * @param in       documents that it saw
     * @param dropped  of them
     * @param changed  of those kept
     * @param bytesIn  of texts that it saw
     * @param bytesOut of texts that went on
     * @param rules    dropped documents by rule
     */
    public record StageReport(String name, long in, long dropped, long changed, long bytesIn, long bytesOut, Map<String, Long> rules) {}

    /** A table. */
    @Override public String toString() {
        var text = new StringBuilder(String.format(Locale.ROOT, "%,d documents, %,d bytes in%n", documents, bytes));
        for (var stage : stages)
            text.append(String.format(Locale.ROOT, "  %-18s %,8d in %,8d dropped %,8d changed  %s%n", stage.name, stage.in, stage.dropped,
                    stage.changed, stage.rules.isEmpty() ? "" : stage.rules));
        return text.append(String.format(Locale.ROOT, "%,d documents, %,d bytes kept", documentsOut, bytesOut)).toString();
    }
}
