package lyceum.data.curation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import lyceum.backend.Parallel;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.DocumentReader;
import lyceum.data.curation.CurationPipeline.Rejection;
import lyceum.data.dedup.Deduplication;
import lyceum.progress.Progress;

/** One pass of a {@link CurationPipeline}: batches of documents, judged in parallel, counted in order. */
final class CurationPass {
    private static final int BATCH = 512;

    /** What became of a document: its texts' lengths before each stage that it met, and the last of it. */
    private record Fate(Document last, Rejection rejection, int stage, long[] bytes, boolean[] changed) {}

    private final List<Stage> stages;
    private final Map<String, Deduplication.Dropped> copies;
    private final Deduplication deduplication;
    private final Progress progress;
    private final List<Counts> counts = new ArrayList<>();

    private static final class Counts {
        long in, dropped, changed, bytesIn, bytesOut;
        final Map<String, Long> rules = new TreeMap<>();
    }

    CurationPass(CurationPipeline pipeline, Deduplication copies, Progress progress) {
        this.stages = pipeline.stages();
        this.deduplication = copies;
        this.copies = new HashMap<>();
        if (copies != null) for (var dropped : copies.dropped()) this.copies.put(dropped.id(), dropped);
        this.progress = progress;
        for (int s = 0; s <= stages.size(); s++) counts.add(new Counts());
    }

    CurationReport run(Corpus corpus, Consumer<Document> kept, Consumer<Rejection> rejected) {
        long documents = 0, bytes = 0, bytesOut = 0, out = 0;
        try (var reader = corpus.open()) {
            for (var batch = batch(reader); !batch.isEmpty(); batch = batch(reader)) {
                for (var fate : judge(batch)) {
                    documents++;
                    bytes += fate.bytes[0];
                    var document = withoutCuts(fate.last);
                    var rejection = count(fate, document);
                    if (rejection != null) {
                        rejected.accept(rejection);
                        continue;
                    }
                    bytesOut += document.bytes();
                    out++;
                    kept.accept(document);
                }
                progress.step("curate: documents", documents, -1);
            }
        }
        return report(documents, bytes, out, bytesOut);
    }

    private Document withoutCuts(Document document) { return deduplication == null ? document : deduplication.withoutCuts(document); }

    private static List<Document> batch(DocumentReader reader) {
        var batch = new ArrayList<Document>();
        for (var document = reader.next(); document != null; document = batch.size() < BATCH ? reader.next() : null) batch.add(document);
        return batch;
    }

    private Fate[] judge(List<Document> batch) {
        var fates = new Fate[batch.size()];
        Parallel.range(fates.length, 4, (from, to) -> {
            for (long i = from; i < to; i++) fates[(int) i] = judge(batch.get((int) i));
        });
        return fates;
    }

    private Fate judge(Document document) {
        var bytes = new long[stages.size() + 1];
        var changed = new boolean[stages.size()];
        bytes[0] = document.bytes();
        for (int s = 0; s < changed.length; s++) {
            var stage = stages.get(s);
            var judgement = stage.judge(document);
            if (!judgement.isKept())
                return new Fate(document, new Rejection(document, stage.name(), judgement.rule(), judgement.reason()), s, bytes, changed);
            changed[s] = judgement.document() != document && !judgement.document().text().equals(document.text());
            document = judgement.document();
            bytes[s + 1] = changed[s] ? document.bytes() : bytes[s];
        }
        return new Fate(document, null, -1, bytes, changed);
    }

    private Rejection count(Fate fate, Document withoutCuts) {
        for (int s = 0; s < stages.size(); s++) {
            var count = counts.get(s);
            count.in++;
            count.bytesIn += fate.bytes[s];
            if (fate.stage == s) {
                count.dropped++;
                count.rules.merge(fate.rejection.rule(), 1L, Long::sum);
                return fate.rejection;
            }
            if (fate.changed[s]) count.changed++;
            count.bytesOut += fate.bytes[s + 1];
        }
        if (deduplication == null) return null;
        var count = counts.getLast();
        count.in++;
        count.bytesIn += fate.bytes[stages.size()];
        var copy = copies.get(fate.last.id());
        if (copy == null) {
            if (withoutCuts != fate.last) count.changed++;
            count.bytesOut += withoutCuts.bytes();
            return null;
        }
        var rule = copy.reason() == Deduplication.Reason.EXACT ? "exact copy" : "near copy";
        count.dropped++;
        count.rules.merge(rule, 1L, Long::sum);
        return new Rejection(fate.last, "deduplication", rule, rule + " of " + copy.keptId()
                + (Double.isNaN(copy.similarity()) ? "" : String.format(Locale.ROOT, ", Jaccard similarity %.3f", copy.similarity())));
    }

    private CurationReport report(long documents, long bytes, long out, long bytesOut) {
        var reports = new ArrayList<CurationReport.StageReport>();
        for (int s = 0; s < stages.size() + (deduplication != null ? 1 : 0); s++) {
            var count = counts.get(s);
            reports.add(new CurationReport.StageReport(s < stages.size() ? stages.get(s).name() : "deduplication", count.in, count.dropped,
                    count.changed, count.bytesIn, count.bytesOut, count.rules));
        }
        return new CurationReport(documents, bytes, out, bytesOut, List.copyOf(reports));
    }

    /** What the stages keep, one at a time. */
    DocumentReader reader(Corpus corpus) {
        var source = corpus.open();
        var ready = new ArrayDeque<Document>();
        return new DocumentReader() {
            @Override public Document next() {
                while (ready.isEmpty()) {
                    var batch = batch(source);
                    if (batch.isEmpty()) return null;
                    for (var fate : judge(batch)) if (fate.rejection == null) ready.add(fate.last);
                }
                return ready.poll();
            }

            @Override public void close() { source.close(); }
        };
    }
}
