package lyceum.learn.uncertainty;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.learn.metrics.ScoringRule;
import lyceum.tensor.Tensor;

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
    /** @param members (members x n x classes) */
    public static ClassForecast ofMembers(long[] classes, double[][][] members) {
        if (members.length == 0) throw new IllegalArgumentException("ClassForecast: there are no members");
        int n = members[0].length;
        var mean = new double[n][classes.length];
        double[] total = new double[n], aleatoric = new double[n], epistemic = new double[n];
        var of = new double[members.length][];
        for (int i = 0; i < n; i++) {
            for (int m = 0; m < of.length; m++) {
                of[m] = members[m][i];
                if (of[m].length != classes.length)
                    throw new ShapeException("ClassForecast: a member has " + of[m].length + " classes; there are " + classes.length);
                for (int c = 0; c < classes.length; c++) mean[i][c] += of[m][c] / of.length;
            }
            var parts = PredictiveEntropy.of(of);
            total[i] = parts.total();
            aleatoric[i] = parts.aleatoric();
            epistemic[i] = parts.epistemic();
        }
        return new ClassForecast(classes.clone(), n == 0 ? Tensor.zeros(DType.F64, 0, classes.length) : Tensor.of(mean), total, aleatoric,
                epistemic);
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
