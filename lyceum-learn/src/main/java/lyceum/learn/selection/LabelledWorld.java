package lyceum.learn.selection;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A world from which training sets of a classification are drawn, with labels 0 .. K - 1.
 *
 * @param inputs draws the inputs of one training set, (n x p)
 * @param probabilities rows (n x p) to the probability of each class (n x K)
 */
public record LabelledWorld(Function<Rng, Tensor> inputs, UnaryOperator<Tensor> probabilities) {
    /** Every training set has the same inputs; only the labels are drawn anew. */
    public static LabelledWorld fixed(Tensor x, UnaryOperator<Tensor> probabilities) { return new LabelledWorld(rng -> x, probabilities); }

    /** Labels of rows. */
    Tensor draw(Tensor x, Rng rng) {
        double[][] p = probabilities.apply(x).toRows();
        var labels = new long[p.length];
        for (int i = 0; i < labels.length; i++) {
            double u = rng.nextDouble();
            while (labels[i] < p[i].length - 1 && (u -= p[i][(int) labels[i]]) >= 0) labels[i]++;
        }
        return Tensor.of(labels);
    }
}
