package lyceum.data.curation;

import java.util.Locale;
import lyceum.data.corpus.Document;

/**
 * Keeps documents whose score lies between two bounds.
 *
 * @param name   in reports, {@code "quality"}
 * @param scorer gives the number; one that is NaN drops the document
 * @param least  lowest score that is kept
 * @param most   highest score that is kept
 */
public record ScoreFilter(String name, DocumentScorer scorer, double least, double most) implements Stage {
    public ScoreFilter {
        if (!(least <= most)) throw new IllegalArgumentException("ScoreFilter '" + name + "': from " + least + " to " + most);
    }

    /** Keeps scores of at least so much. */
    public static ScoreFilter atLeast(String name, DocumentScorer scorer, double least) {
        return new ScoreFilter(name, scorer, least, Double.POSITIVE_INFINITY);
    }

    /** Keeps scores of at most so much. */
    public static ScoreFilter atMost(String name, DocumentScorer scorer, double most) {
        return new ScoreFilter(name, scorer, Double.NEGATIVE_INFINITY, most);
    }

    @Override public Judgement judge(Document document) {
        double score = scorer.score(document.text());
        if (score >= least && score <= most) return Judgement.keep(document);
        return Judgement.drop(name, String.format(Locale.ROOT, "%s %.4g; kept are %.4g to %.4g", name, score, least, most));
    }
}
