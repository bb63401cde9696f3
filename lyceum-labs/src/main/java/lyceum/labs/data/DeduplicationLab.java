package lyceum.labs.data;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.dedup.Contamination;
import lyceum.data.dedup.Deduplication;
import lyceum.data.dedup.Deduplicator;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;

/** Exact, near and partial copies in a corpus, each found by the pass that is made for it. */
@Lab(topics = "pretraining-dedup", title = "Three passes for three kinds of copy")
final class DeduplicationLab implements LabBody {
    @Override public void run(LabContext lab) {
        int each = lab.param("copies of each kind", 20, 5, 150), run = lab.param("words in a repeated run", 50, 10, 100);
        double threshold = lab.param("Jaccard threshold", 0.8, 0.5, 0.99);
        var documents = new ArrayList<>(Corpora.brown().limit(100).toList());
        var rng = lab.rng(0);
        int originals = documents.size();
        for (int i = 0; i < each; i++) {
            var original = documents.get(rng.nextInt(originals));
            var words = original.text().split(" ");
            for (int e = 0; e < 1 + words.length / 200; e++) words[rng.nextInt(words.length)] = "edited";
            documents.add(original.withId("exact-" + i));
            documents.add(original.withId("near-" + i).withText(String.join(" ", words)));
            var host = documents.get(rng.nextInt(originals));
            documents.add(host.withId("quoting-" + i)
                    .withText("Quoted here. " + i + "\n" + original.text().substring(0, 900) + "\nAnd so on, item " + i + "."));
        }
        var result = new Deduplicator().withThreshold(threshold).withRun(run).deduplicate(Corpus.of(documents), lab.progress());
        var report = result.report();
        lab.figure(Figure
                .bars("What each pass removed", new String[] {"exact", "near", "repeated runs"},
                        Series.of("kilobytes",
                                new double[] {report.exactBytes() / 1e3, report.nearBytes() / 1e3, report.spanBytes() / 1e3}))
                .axes("pass", "text removed (kB)")
                .describedAs("Whole documents go in the first two passes; the third cuts paragraphs out of documents that stay."));
        var rows = new ArrayList<List<?>>();
        for (var cluster : result.clusters().subList(0, Math.min(8, result.clusters().size())))
            rows.add(List.of(cluster.getFirst(), String.join(", ", cluster.subList(1, cluster.size()))));
        lab.table("Some clusters", List.of("kept", "dropped"), rows);
        result.cuts().entrySet().stream().filter(cut -> cut.getKey().startsWith("quoting")).min(Map.Entry.comparingByKey())
                .ifPresent(cut -> {
                    var text = documents.stream().filter(d -> d.id().equals(cut.getKey())).findFirst().map(Document::text).orElseThrow();
                    int from = cut.getValue()[0], to = cut.getValue()[1];
                    lab.say("In %s the part in brackets stands elsewhere too: ... %s[%s ...]", cut.getKey(),
                            text.substring(Math.max(0, from - 30), from), text.substring(from, Math.min(to, from + 120)));
                });
        lab.say("%s", report);
        long exact = result.dropped().stream().filter(d -> d.reason() == Deduplication.Reason.EXACT).count();
        lab.shows("exact copies dropped over planted", exact / (double) each, atLeast(0.99));
        if (run <= 60) lab.shows("parts cut over quotations planted", report.spans() / (double) each, atLeast(0.9));
        var test = Contamination.of(Corpora.brown().limit(1), 13);
        lab.shows(
                "training documents that share thirteen words with the first sample, itself aside, after deduplication", result.kept()
                        .stream().filter(d -> !d.id().equals("ca01") && d.text().length() > 2000 && test.shared(d.text()) != null).count(),
                exactly(0));
    }
}
