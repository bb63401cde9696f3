package lyceum.learn.cost;

import java.util.Arrays;
import lyceum.stats.learner.ClassificationModel;
import lyceum.tensor.Tensor;

/** A model that was fitted to some of the classes, with probability 0 for the others. */
record Widened(ClassificationModel model, long[] classes) implements ClassificationModel {
    @Override public int nFeatures() { return model.nFeatures(); }

    @Override public long[] classes() { return classes.clone(); }

    @Override public Tensor predictProba(Tensor x) {
        var known = model.predictProba(x);
        long[] some = model.classes();
        double[] p = known.toDoubleArray();
        int n = (int) known.size(0);
        var all = new double[n * classes.length];
        for (int c = 0; c < some.length; c++) {
            int at = Arrays.binarySearch(classes, some[c]);
            for (int i = 0; i < n; i++) all[i * classes.length + at] = p[i * some.length + c];
        }
        return Tensor.of(all).reshape(n, classes.length).to(known.dtype());
    }
}
