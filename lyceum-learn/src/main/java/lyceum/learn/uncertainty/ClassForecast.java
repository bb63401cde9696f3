package lyceum.learn.uncertainty;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.learn.metrics.ScoringRule;
import lyceum.tensor.Tensor;
import lyceum.train.uncertainty.ClassMixture;

/**
 * Class probabilities of n rows, the mean of members', with entropies in nats.
 *
 * @param classes labels, ascending
 * @param probabilities (n x classes), F64
 * @param total entropy of the mean
 * @param aleatoric mean entropy of the members
 * @param epistemic mean divergence of the members from the mean: the mutual information of label and member
 */
public record ClassForecast(long[] classes, Tensor probabilities, double[] total, double[] aleatoric, double[] epistemic)
        implements Forecast {
    /** @param members class probabilities (members, n, classes) */
    public static ClassForecast ofMembers(long[] classes, Tensor members) { return of(classes, ClassMixture.of(members)); }

    /** A mixture whose classes have labels. */
    public static ClassForecast of(long[] classes, ClassMixture mixture) {
        if (mixture.mean().size(1) != classes.length)
            throw new ShapeException("ClassForecast: the members have " + mixture.mean().size(1) + " classes; there are " + classes.length);
        return new ClassForecast(classes.clone(), mixture.mean(), mixture.entropy(), mixture.aleatoric(), mixture.mutualInformation());
    }

    /** The most probable label of each row (n), I64. */
    public Tensor labels() {
        long[] out = probabilities.argmax(1).toLongArray();
        for (int i = 0; i < out.length; i++) out[i] = classes[(int) out[i]];
        return Tensor.of(out);
    }

    /** 1 where the most probable label is not the true one, else 0 (n). */
    public double[] errors(Tensor truth) {
        long[] labels = labels().toLongArray(), right = truth.toLongArray();
        if (right.length != labels.length)
            throw new ShapeException("ClassForecast: " + labels.length + " forecasts and " + right.length + " labels");
        var out = new double[right.length];
        for (int i = 0; i < out.length; i++) out[i] = labels[i] == right[i] ? 0 : 1;
        return out;
    }

    /** The mean penalty of a proper rule, such as {@code ScoringRules.LOG}. */
    public double score(ScoringRule rule, Tensor truth) {
        long[] right = truth.toLongArray();
        double[][] p = probabilities.toRows();
        if (right.length != p.length) throw new ShapeException("ClassForecast: " + p.length + " forecasts and " + right.length + " labels");
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            int code = Arrays.binarySearch(classes, right[i]);
            if (code < 0)
                throw new IllegalArgumentException("ClassForecast.score: label " + right[i] + " is none of " + Arrays.toString(classes));
            sum += rule.penalty(p[i], code) / p.length;
        }
        return sum;
    }
}
