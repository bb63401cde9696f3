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

    /** A row of scores of pictures (n, channels, height, width) for each text, every picture with every text. */
    default double[][] table(Tensor pictures, List<String> texts) {
        int n = (int) pictures.size(0);
        return texts.stream().map(text -> score(pictures, Collections.nCopies(n, text))).toArray(double[][]::new);
    }

    /** Cosines of a trained pair of towers. */
    static PictureScorer of(ImageTextEncoder encoder, Function<String, int[]> tokens) {
        return new PictureScorer() {
            private Tensor read(List<String> texts) { return encoder.textVectors(encoder.text().ids(texts, tokens), 256); }

            @Override public double[] score(Tensor pictures, List<String> texts) {
                return encoder.imageVectors(pictures, 256).mul(read(texts)).sum(1).to(DType.F64).toDoubleArray();
            }

            @Override public double[][] table(Tensor pictures, List<String> texts) {
                return read(texts).matmul(encoder.imageVectors(pictures, 256).transpose()).to(DType.F64).toRows();
            }
        };
    }

    /** Of some captions the one that fits each picture best, the first of several: what a set of poor captions is rewritten with. */
    default List<String> captions(Tensor pictures, List<String> candidates) {
        if (candidates.isEmpty()) throw new IllegalArgumentException("PictureScorer.captions: no candidates; at least one is needed");
        double[][] scores = table(pictures, candidates);
        var chosen = new ArrayList<String>();
        for (int i = 0; i < pictures.size(0); i++) {
            int best = 0;
            for (int c = 0; c < scores.length; c++) {
                requireNumber(scores[c][i], candidates.get(c));
                if (scores[c][i] > scores[best][i]) best = c;
            }
            chosen.add(candidates.get(best));
        }
        return List.copyOf(chosen);
    }

    /** NaN is no score: nothing would be greater. */
    static void requireNumber(double score, String text) {
        if (Double.isNaN(score))
            throw new IllegalArgumentException("PictureScorer: the score of \"" + text + "\" is NaN; look at the scorer's weights");
    }
}
