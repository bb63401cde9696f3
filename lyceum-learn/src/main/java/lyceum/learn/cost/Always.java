package lyceum.learn.cost;

import java.util.Arrays;
import lyceum.DType;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** One label whatever comes: where it is the cheapest for every training row. */
record Always(long[] classes, long label, int nFeatures) implements ClassificationModel {
    @Override public long[] classes() { return classes.clone(); }

    @Override public Tensor predictProba(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        int n = (int) rows.size(0), k = classes.length, at = Arrays.binarySearch(classes, label);
        var p = new double[n * k];
        for (int i = 0; i < n; i++) p[i * k + at] = 1;
        return Tensor.of(p).reshape(n, k).to(rows.dtype() == DType.F32 ? DType.F32 : DType.F64);
    }
}
