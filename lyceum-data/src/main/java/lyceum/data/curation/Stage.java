package lyceum.data.curation;

import java.util.function.Function;
import lyceum.data.corpus.Cleaning;
import lyceum.data.corpus.Document;
import lyceum.data.dedup.Contamination;

/**
 * Looks at one document: keeps it, keeps it with a changed text, or drops it and says why. It remembers nothing, so that documents are judged in parallel and
 * the answer depends on the document alone.
 */
public interface Stage {
    /** In reports. */
    String name();

    /** The verdict on a document. */
    Judgement judge(Document document);

    /**
     * A verdict.
     *
     * @param document what goes on, changed or not; null for one that is dropped
     * @param rule     the rule that drops it, for counts: {@code "mean word length"}
     * @param reason   the rule with its numbers, for readers: {@code "mean word length 2.1; kept are 3 to 10"}
     */
    record Judgement(Document document, String rule, String reason) {
        public boolean isKept() { return document != null; }

        public static Judgement keep(Document document) { return new Judgement(document, "", ""); }

        public static Judgement drop(String rule, String reason) { return new Judgement(null, rule, reason); }
    }

    /** Cleaning steps as a stage; a text that is empty afterwards is dropped. */
    static Stage cleaning(Cleaning cleaning) {
        return named("cleaning", document -> {
            var text = cleaning.apply(document.text());
            return text.isBlank() ? Judgement.drop("empty", "nothing is left after cleaning") : Judgement.keep(document.withText(text));
        });
    }

    /** Drops what shares a run of words with a test set. */
    static Stage contamination(Contamination contamination) {
        return named("contamination", document -> {
            var shared = contamination.shared(document.text());
            return shared == null ? Judgement.keep(document) : Judgement.drop("contamination", "shares with the test set: " + shared);
        });
    }

    /** A stage of one's own. */
    static Stage named(String name, Function<Document, Judgement> judge) {
        return new Stage() {
            @Override public String name() { return name; }

            @Override public Judgement judge(Document document) { return judge.apply(document); }
        };
    }
}
