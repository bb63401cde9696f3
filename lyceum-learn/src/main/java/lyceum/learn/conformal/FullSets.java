package lyceum.learn.conformal;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * Full conformal sets: a label is kept if more than {@code alpha (n + 1)} of the n + 1 rows, the new one among them, are as strange as it in the fit that holds (x, label).
 *
 * @param learner with probabilities
 * @param x the rows (n x p)
 * @param labels theirs (n), I64
 * @param classes the distinct labels, ascending
 */
public record FullSets(Classifier learner, Tensor x, Tensor labels, long[] classes) {

    static FullSets of(Classifier learner, Tensor x, Tensor labels) {
        if (x.rank() != 2 || labels.rank() != 1 || labels.size(0) != x.size(0) || x.size(0) == 0)
            throw new ShapeException("ConformalPredictor.full: x has shape " + x.shape() + " and labels " + labels.shape());
        return new FullSets(learner, x, labels.to(DType.I64),
                Arrays.stream(labels.to(DType.I64).toLongArray()).distinct().sorted().toArray());
    }

    /** @param rows new ones (m x p); a fit for each class of each */
    public LabelSets sets(Tensor rows, double alpha) {
        int n = (int) labels.size(0), m = (int) rows.size(0), givenUp = ConformalPredictor.givenUp(n, alpha);
        long[] known = labels.toLongArray();
        var contains = new boolean[m][classes.length];
        for (int j = 0; j < m; j++) {
            var all = Tensor.concat(0, x, rows.narrow(0, j, 1).to(x.dtype()));
            for (int c = 0; c < classes.length; c++) {
                long[] with = Arrays.copyOf(known, n + 1);
                with[n] = classes[c];
                var model = learner.fit(all, Tensor.of(with));
                double[] p = model.predictProba(all).toDoubleArray();
                long[] seen = model.classes();
                double own = p[n * seen.length + Arrays.binarySearch(seen, with[n])];
                int stranger = 0;
                for (int i = 0; i < n; i++) if (p[i * seen.length + Arrays.binarySearch(seen, with[i])] <= own) stranger++;
                contains[j][c] = stranger >= givenUp;
            }
        }
        return new LabelSets(classes, contains);
    }
}
