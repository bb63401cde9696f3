package lyceum.models.multimodal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * How well pictures fit what was asked for: higher is better.
 *
 * {@snippet :
 * var scorer = PictureScorer.of(clip.encoder(), words);
 * var chosen = painter.best(8, scorer);                           // of eight, the one that it likes most
 * List<String> rewritten = scorer.captions(pictures, known);      // the caption that fits each picture best
 * }
 */
@FunctionalInterface
public interface PictureScorer {
    /** A score for each of pictures (n, channels, height, width) and its text. */
    double[] score(Tensor pictures, List<String> texts);

    /** Cosines of a trained pair of towers. */
    static PictureScorer of(ImageTextEncoder encoder, Function<String, int[]> tokens) {
        return (pictures, texts) -> {
            Tensor seen = encoder.imageVectors(pictures, 256), read = encoder.textVectors(encoder.text().ids(texts, tokens), 256);
            return seen.mul(read).sum(1).to(DType.F64).toDoubleArray();
        };
    }

    /** Of some captions the one that fits each picture best, the first of several: what a set of poor captions is rewritten with. */
    default List<String> captions(Tensor pictures, List<String> candidates) {
        if (candidates.isEmpty()) throw new IllegalArgumentException("PictureScorer.captions: no candidates; there is at least one");
        int n = (int) pictures.size(0);
        var best = new double[n];
        var chosen = new ArrayList<String>(Collections.nCopies(n, null));
        for (var text : candidates) {
            double[] scores = score(pictures, Collections.nCopies(n, text));
            for (int i = 0; i < n; i++) {
                requireNumber(scores[i], text);
                if (chosen.get(i) != null && !(scores[i] > best[i])) continue;
                best[i] = scores[i];
                chosen.set(i, text);
            }
        }
        return List.copyOf(chosen);
    }

    /** NaN is no score: nothing would be greater. */
    static void requireNumber(double score, String text) {
        if (Double.isNaN(score))
            throw new IllegalArgumentException("PictureScorer: the score of \"" + text + "\" is NaN; look at the scorer's weights");
    }
}
