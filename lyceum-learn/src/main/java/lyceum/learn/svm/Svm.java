package lyceum.learn.svm;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.PrecomputedKernel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Support vector machine: the widest street between two classes, in the kernel's feature space. For {@code y_i = 1, -1} it solves
 *
 * <pre>
 * softness C    min |w|^2 / 2 + C sum_i v_i s_i                                y_i (w . phi(x_i) + b) >= 1 - s_i,   s_i >= 0
 * softness nu   min |w|^2 / 2 - nu rho + mean_i v_i s_i                        y_i (w . phi(x_i) + b) >= rho - s_i, then divides by rho
 * </pre>
 *
 * v_i the row's weight times its class's. Of n rows at most {@code nu n} lie inside the street and at least as many are support vectors.
 *
 * {@snippet :
 * var rings = Datasets.circles(Rng.of(1), 200, 0.4, 0.1);
 * SvmModel model = new Svm(Rbf.ofVariance(rings.x()), 1).fit(rings.x(), rings.y());
 * model.support().count();                       // support vectors
 * new Svm(new LinearKernel(), 1).withNu(0.1);    // by the share of errors instead of their price
 * }
 *
 * <p>Solved in the dual by {@link SmoOptions sequential minimal optimisation}: between n^2 and n^3 operations. Standardise columns first.
 * More than two classes are told apart in pairs, which vote. Gram matrices come in by {@link PrecomputedKernel}. For many sparse rows see
 * {@link LinearSvm}.
 *
 * @param kernel a valid one
 * @param c the price of a slack, positive, where {@code nu} is 0
 * @param nu between 0 and 1, or 0 (the default) for {@code c}; refused where so small a share leaves no street
 * @param classWeights factor for the weight of each label's rows; labels that are not named (the default: none is) have 1
 * @param balanced whether weights are first multiplied so that every class has the same total (false)
 * @param probabilities whether Platt's sigmoid is fitted to decision values of five folds (false): five more fits
 * @param solver tolerance, cache
 * @param seed of the folds
 * @see <a href="https://doi.org/10.1007/BF00994018">Cortes and Vapnik (1995)</a>, <a
 * href="https://doi.org/10.1162/089976600300015565">Schölkopf and others (2000)</a>
 */
@Withers
public record Svm(KernelFunction kernel, double c, double nu, Map<Long, Double> classWeights, boolean balanced, boolean probabilities,
        @Withers.Flat SmoOptions solver, long seed) implements SvmWithers, Classifier {
    public Svm {
        if (!(c > 0 && c < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException("Svm: c is " + c + "; it is positive and finite");
        if (!(nu >= 0 && nu <= 1)) throw new IllegalArgumentException("Svm: nu is " + nu + "; it lies between 0 and 1, and 0 stands for c");
        classWeights = Map.copyOf(classWeights);
        for (var e : classWeights.entrySet())
            if (!(e.getValue() > 0 && e.getValue() < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                    "Svm: the weight of class " + e.getKey() + " is " + e.getValue() + "; it is positive and finite");
    }

    /** With price {@code c}. */
    public Svm(KernelFunction kernel, double c) { this(kernel, c, 0, Map.of(), false, false, new SmoOptions(), 0); }

    @Override public Set<Tag> tags() {
        var tags = new HashSet<Tag>();
        if (probabilities) tags.addAll(Set.of(Tag.RANDOMISED, Tag.WEIGHTS_ARE_NOT_COPIES, Tag.ORDER_DEPENDENT));
        else tags.add(Tag.NO_PROBABILITIES);
        if (kernel instanceof PrecomputedKernel) tags.add(Tag.PAIRWISE);
        return Set.copyOf(tags);
    }

    @Override public SvmModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public SvmModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        return SvmTraining.fit(this, input, found, found.weighted(input.weights(weights), classWeights, balanced));
    }
}
