package lyceum.learn.imbalance;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.stats.learner.Labels;
import lyceum.tensor.Tensor;

/**
 * What a row of each class weighs.
 *
 * <pre>
 * balanced    n / (K n_c)                             every class the same in all; a row 1 on average
 * effective   (1 - beta) / (1 - beta^n_c), scaled     to a sum of K over classes
 * given       as given, 1 for classes not named
 * </pre>
 *
 * {@snippet :
 * Tensor weights = ClassWeights.balanced().rows(labels);
 * new LogisticRegression().fit(x, labels, weights);
 * }
 *
 * <p>Weights change what a model believes of how frequent classes are: its probabilities are off until a {@link PriorCorrection} restores them.
 *
 * @param kind how they are computed
 * @param beta of EFFECTIVE, in [0, 1): 0 weighs all alike, towards 1 it is BALANCED
 * @param given of GIVEN, by label
 * @see <a href="https://arxiv.org/abs/1901.05555">Cui, Jia, Lin, Song and Belongie (2019)</a>, the effective number
 */
public record ClassWeights(Kind kind, double beta, Map<Long, Double> given) {
    /** How weights are computed. */
    public enum Kind {
        BALANCED, EFFECTIVE, GIVEN
    }

    public ClassWeights {
        if (!(beta >= 0 && beta < 1)) throw new IllegalArgumentException("ClassWeights: beta is " + beta + "; it lies in [0, 1)");
        for (var e : given.entrySet())
            if (!(e.getValue() >= 0) || e.getValue().isInfinite()) throw new IllegalArgumentException(
                    "ClassWeights: class " + e.getKey() + " weighs " + e.getValue() + "; weights are finite and at least 0");
        given = Map.copyOf(given);
    }

    public static ClassWeights balanced() { return new ClassWeights(Kind.BALANCED, 0, Map.of()); }

    public static ClassWeights effective(double beta) { return new ClassWeights(Kind.EFFECTIVE, beta, Map.of()); }

    public static ClassWeights of(Map<Long, Double> given) { return new ClassWeights(Kind.GIVEN, 0, given); }

    /** The weight of each class, in ascending order of labels. @param counts rows of each class (their total weight) */
    double[] of(long[] classes, double[] counts) {
        var w = new double[counts.length];
        double n = Arrays.stream(counts).sum(), sum = 0;
        for (int c = 0; c < w.length; c++) {
            w[c] = switch (kind) {
                case BALANCED -> counts[c] > 0 ? n / (w.length * counts[c]) : 0;
                // (1 - beta^n) / (1 - beta) by expm1: beta is as near to 1 as 1 - 1e-6
                case EFFECTIVE -> beta == 0 ? 1 : (1 - beta) / -Math.expm1(counts[c] * Math.log(beta));
                case GIVEN -> given.getOrDefault(classes[c], 1.0);
            };
            sum += w[c];
        }
        if (kind == Kind.EFFECTIVE) for (int c = 0; c < w.length; c++) w[c] *= w.length / sum;
        return w;
    }

    /** By label. @param labels (n), integers */
    public Map<Long, Double> classes(Tensor labels) {
        var found = Labels.of(labels.to(DType.I64).toLongArray());
        double[] w = of(found.classes(), counts(found));
        var map = new TreeMap<Long, Double>();
        for (int c = 0; c < w.length; c++) map.put(found.classes()[c], w[c]);
        return map;
    }

    /** One weight a row, (n), F64. */
    public Tensor rows(Tensor labels) { return rows(labels, null); }

    /** The same times each row's own weight; classes count by the weight of their rows. @param weights (n), or null */
    public Tensor rows(Tensor labels, Tensor weights) {
        var found = Labels.of(labels.to(DType.I64).toLongArray());
        var own = new double[found.rows()];
        Arrays.fill(own, 1);
        if (weights != null) own = weights.toDoubleArray();
        double[] w = of(found.classes(), found.weightOfClasses(own));
        for (int i = 0; i < own.length; i++) own[i] *= w[found.codes()[i]];
        return Tensor.of(own);
    }

    private static double[] counts(Labels found) {
        var ones = new double[found.rows()];
        Arrays.fill(ones, 1);
        return found.weightOfClasses(ones);
    }
}
