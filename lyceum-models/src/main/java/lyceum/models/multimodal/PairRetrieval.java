package lyceum.models.multimodal;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;

/**
 * How well pairs are found in both directions: row i of the similarities is a picture, column i its text.
 *
 * {@snippet :
 * var found = PairRetrieval.of(images, texts);          // vectors (n, d) each, compared by cosine
 * found.textRecall(1);                                  // share of pictures whose own text is the first
 * found.imageRecall(5);                                 // share of texts whose own picture is among the first five
 * }
 *
 * @param similarities (n, n)
 */
public record PairRetrieval(Tensor similarities) {
    public PairRetrieval {
        if (similarities.rank() != 2 || similarities.size(0) != similarities.size(1) || similarities.count() == 0)
            throw new ShapeException("PairRetrieval: similarities " + similarities.shape() + "; they are (n, n)");
    }

    /** By the cosine of vectors (n, d). */
    public static PairRetrieval of(Tensor images, Tensor texts) {
        return new PairRetrieval(Autograd.noGrad(() -> Similarity.cosines(images.detach(), texts.detach()).compute()));
    }

    /** Share of pictures for which fewer than k texts are as near as their own, or nearer. */
    public double textRecall(int k) { return recall(similarities, k); }

    /** Share of texts for which fewer than k pictures are as near as their own, or nearer. */
    public double imageRecall(int k) { return recall(similarities.transpose(), k); }

    private static double recall(Tensor rows, int k) {
        if (k < 1) throw new IllegalArgumentException("PairRetrieval: recall at " + k + "; at least 1");
        double[][] s = rows.to(DType.F64).toRows();
        int hits = 0;
        for (int i = 0; i < s.length; i++) {
            int before = 0;
            for (int j = 0; j < s.length; j++) if (j != i && !(s[i][j] < s[i][i])) before++;
            if (before < k) hits++;
        }
        return (double) hits / s.length;
    }
}
