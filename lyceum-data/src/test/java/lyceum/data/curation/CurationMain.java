package lyceum.data.curation;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.ContentHash;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;

/** Prints what curation keeps and drops, for a JVM of its own. */
final class CurationMain {
    private CurationMain() {}

    public static void main(String[] args) { lines().forEach(System.out::println); }

    static List<Document> corpus() {
        var all = CurationPipelineTest.dirty(60, 4).subList(0, 400);
        var documents = new ArrayList<>(all);
        for (int i = 0; i < 40; i++)
            documents.add(all.get(7 * i).withId("copy" + i)
                    .withText(all.get(7 * i).text() + "\u0007  \nMail me@example.org now.\nPrivacy policy"));
        return documents;
    }

    static List<String> lines() {
        var kept = ContentHash.begin();
        var dropped = ContentHash.begin();
        var report = CurationPipelineTest.STANDARD.run(Corpus.of(corpus()), d -> kept.part(d.id()).part(d.text()),
                r -> dropped.part(r.document().id()).part(r.reason()));
        return List.of("curated " + report.documentsOut() + " kept " + kept.hex(), "curated dropped " + dropped.hex());
    }
}
