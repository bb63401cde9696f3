package lyceum.learn.linear;

import java.util.HashSet;
import java.util.Set;
import lyceum.DType;
import lyceum.kernel.KernelFunction;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The perceptron: where {@code y (w . x + b) <= margin} (y = 1 or -1) it adds {@code learningRate y x} to w and {@code learningRate y} to b, and nothing otherwise.
 *
 * {@snippet :
 * var model = new Perceptron().fit(x, labels);
 * model.mistakes().total();                                       // at most (R / gamma)^2 on separable data
 * new Perceptron().withVariant(Perceptron.Variant.AVERAGED).fit(x, labels);
 * new Perceptron().withKernel(new PolynomialKernel(2)).fit(x, labels);
 * var online = new Perceptron().start(2, 0, 1).partialFit(batch, batchLabels);
 * }
 *
 * <p>Shapes: x (n x p), labels (n). The start is 0, so that without a margin and penalties the rate only rescales the weights. Training ends at a pass without mistakes
 * or after {@code passes}; if R bounds {@code |(x, 1)|} and a unit vector separates the rows with margin gamma, both in the space with the constant 1 appended, no more than
 * {@code (R / gamma)^2} mistakes are made in all (Novikoff, 1962).
 *
 * @param learningRate 1 by default
 * @param passes at most, 100 by default
 * @param variant which vector predicts; LAST by default
 * @param multiclass ONE_VS_REST by default
 * @param margin 0 by default; a row inside it counts as a mistake
 * @param kernel replaces inner products; null (the default) for plain weights
 * @param alpha strength of a penalty applied at every example as in stochastic gradient descent; 0 (none) by default
 * @param l1Ratio of that penalty: 0 (the default) shrinks by {@code 1 - rate alpha}, 1 clips towards 0 by {@code rate alpha} (cumulative; Tsuruoka et al., 2009)
 * @param intercept true by default
 * @param shuffle visit rows in a fresh random order in each pass (true by default), or as they come
 * @param seed of the order
 * @see <a href="https://doi.org/10.1037/h0042519">Rosenblatt (1958)</a>
 * @see <a href="https://doi.org/10.1023/A:1007662407062">Freund and Schapire (1999)</a>, voted, averaged and kernel variants
 */
@Withers
public record Perceptron(double learningRate, int passes, Variant variant, Multiclass multiclass, double margin, KernelFunction kernel,
        double alpha, double l1Ratio, boolean intercept, boolean shuffle, long seed) implements PerceptronWithers, Classifier {

    /** Which of the vectors met on the way predicts. */
    public enum Variant {
        /** The last one. */
        LAST,
        /** The mean over all examples seen. */
        AVERAGED,
        /** Each votes, as often as it survived examples. */
        VOTED,
        /** The one with most training rows right (Gallant's pocket with ratchet, 1990). */
        POCKET
    }

    /** How more than two classes are told apart. */
    public enum Multiclass {
        /** One perceptron a class against all others; the largest score wins. */
        ONE_VS_REST,
        /** One vector a class, trained together: at a mistake the true class gains the row and the winner loses it (Crammer and Singer, 2003). */
        JOINT
    }

    public Perceptron {
        if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Perceptron: learningRate is " + learningRate + "; it is positive and finite");
        if (passes < 1) throw new IllegalArgumentException("Perceptron: passes is " + passes + "; it is at least 1");
        if (!(margin >= 0)) throw new IllegalArgumentException("Perceptron: margin is " + margin + "; it is at least 0");
        if (!(alpha >= 0)) throw new IllegalArgumentException("Perceptron: alpha is " + alpha + "; it is at least 0");
        if (!(l1Ratio >= 0 && l1Ratio <= 1))
            throw new IllegalArgumentException("Perceptron: l1Ratio is " + l1Ratio + "; it lies between 0 and 1");
        if (kernel != null && alpha > 0)
            throw new IllegalArgumentException("Perceptron: alpha is " + alpha + " beside a kernel; penalties are for plain weights");
        if (variant == Variant.VOTED && multiclass == Multiclass.JOINT)
            throw new IllegalArgumentException("Perceptron: VOTED works one against the rest; choose ONE_VS_REST");
    }

    public Perceptron() { this(1, 100, Variant.LAST, Multiclass.ONE_VS_REST, 0, null, 0, 0, true, true, 1); }

    public Perceptron withPenalty(double alpha, double l1Ratio) {
        return new Perceptron(learningRate, passes, variant, multiclass, margin, kernel, alpha, l1Ratio, intercept, shuffle, seed);
    }

    @Override public Set<Tag> tags() {
        var tags = new HashSet<>(Set.of(Tag.NO_PROBABILITIES, Tag.ORDER_DEPENDENT, Tag.WEIGHTS_ARE_NOT_COPIES));
        if (shuffle) tags.add(Tag.RANDOMISED);
        return Set.copyOf(tags);
    }

    @Override public PerceptronModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    /** Weights multiply the updates of their rows. */
    @Override public PerceptronModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        double[] w = input.weights(weights);
        var rows = input.x().to(DType.F64);
        var training = new PerceptronTraining(this, kernel == null ? rows.toRows() : gram(rows), found.codes(), w, found.count());
        training.run(passes);
        return training.model(found.classes(), input.columns(), kernel == null ? null : rows.copy());
    }

    private double[][] gram(Tensor rows) {
        if (rows.size(0) > 20_000) throw new IllegalArgumentException(
                "Perceptron.fit: " + rows.size(0) + " rows with a kernel; the kernel matrix holds 20000 at most");
        return kernel.gram(rows).toRows();
    }

    /**
     * A model that has seen nothing, to be trained online by {@link PerceptronModel#partialFit}.
     *
     * @param nFeatures columns to come
     * @param classes all labels to come, ascending
     */
    public PerceptronModel start(int nFeatures, long... classes) {
        if (classes.length < 2)
            throw new IllegalArgumentException("Perceptron.start: " + classes.length + " classes; at least two are needed");
        for (int k = 1; k < classes.length; k++)
            if (classes[k] <= classes[k - 1]) throw new IllegalArgumentException(
                    "Perceptron.start: class " + classes[k] + " follows " + classes[k - 1] + "; they ascend");
        if (kernel != null || variant == Variant.VOTED || variant == Variant.POCKET)
            throw new IllegalArgumentException("Perceptron.start: online training is for plain weights, LAST or AVERAGED");
        var nothing = new PerceptronTraining(this, new double[0][nFeatures], new int[0], new double[0], classes.length, nFeatures);
        return nothing.model(classes.clone(), nFeatures, null);
    }
}
