package lyceum.data.curation;

/** A number for a text: how good it is, how toxic, how well a model predicts it. Safe to call from several threads. */
@FunctionalInterface
public interface DocumentScorer {
    double score(String text);
}
