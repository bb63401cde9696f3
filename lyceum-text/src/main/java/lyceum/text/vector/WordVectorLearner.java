package lyceum.text.vector;

import java.util.List;
import lyceum.progress.Progress;

/** Learns a vector a word from sentences: by counting ({@link PpmiEmbeddings}), by regression on counts ({@link GloVe}), by prediction ({@link Word2Vec}). */
@FunctionalInterface
public interface WordVectorLearner {
    /**
     * @param sentences words or items in order; nothing is learnt across their borders
     * @throws IllegalArgumentException if too few words are left after those that are too rare
     * @throws lyceum.progress.CancelledException if the listener asks to stop
     */
    EmbeddingTable learn(List<? extends List<String>> sentences, Progress progress);

    /** {@link #learn(List, Progress)} in silence. */
    default EmbeddingTable learn(List<? extends List<String>> sentences) { return learn(sentences, Progress.SILENT); }
}
