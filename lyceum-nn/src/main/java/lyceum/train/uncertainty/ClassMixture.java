package lyceum.train.uncertainty;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Class distributions of M members for n rows, and of their mixture with equal weights; entropies in nats.
 *
 * @param members (members, n, classes), F64
 * @param mean (n, classes): the mixture's probabilities
 * @param entropy of the mean (n): all doubt
 * @param aleatoric mean entropy of the members (n): noise that all of them see
 * @param mutualInformation of label and member (n): mean divergence of the members from the mean, what they disagree about
 * @see PredictiveEntropy
 */
public record ClassMixture(Tensor members, Tensor mean, double[] entropy, double[] aleatoric, double[] mutualInformation) {
    /** @param members class probabilities (members, n, classes) */
    public static ClassMixture of(Tensor members) {
        if (members.rank() != 3 || members.size(0) == 0)
            throw new ShapeException("ClassMixture: members of shape " + members.shape() + "; it is (members, n, classes)");
        int m = (int) members.size(0), n = (int) members.size(1), classes = (int) members.size(2);
        var all = members.to(DType.F64).compute();
        double[] p = all.toDoubleArray(), mean = new double[n * classes], total = new double[n], noise = new double[n],
                ignorance = new double[n];
        var of = new double[m][classes];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < m; k++) {
                System.arraycopy(p, (k * n + i) * classes, of[k], 0, classes);
                for (int c = 0; c < classes; c++) mean[i * classes + c] += of[k][c] / m;
            }
            var parts = PredictiveEntropy.of(of);
            total[i] = parts.total();
            noise[i] = parts.aleatoric();
            ignorance[i] = parts.epistemic();
        }
        return new ClassMixture(all, Tensor.of(mean, n, classes), total, noise, ignorance);
    }

    /** Variance over members of each probability (n, classes), about the mean. */
    public Tensor variance() { return members.var(0, 0, false); }

    /** The most probable class of each row by the mixture (n), I64. */
    public Tensor labels() { return mean.argmax(-1); }

    /** The mixture's mean log loss in nats. @param classes true class numbers (n) */
    public double logLoss(Tensor classes) { return logLoss(mean, classes); }

    /** The mean log loss of each member alone; their mean is never below {@link #logLoss}. */
    public double[] logLosses(Tensor classes) {
        var losses = new double[(int) members.size(0)];
        for (int m = 0; m < losses.length; m++) losses[m] = logLoss(members.select(0, m), classes);
        return losses;
    }

    private static double logLoss(Tensor p, Tensor classes) {
        if (classes.rank() != 1 || classes.size(0) != p.size(0))
            throw new ShapeException("ClassMixture: " + p.size(0) + " forecasts but classes of shape " + classes.shape());
        return -p.gather(1, classes.to(DType.I64).unsqueeze(1)).log().mean().item();
    }
}
