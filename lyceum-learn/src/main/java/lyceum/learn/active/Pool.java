package lyceum.learn.active;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/** Where a query stands: rows, which of them have labels, and a model of those, fitted when somebody asks for it. For one thread. */
public final class Pool {
    private final Tensor x;
    private final Classifier learner;
    private final int[] labelled, open;
    private final long[] labels;
    private final Rng rng;
    private ClassificationModel model;
    private Tensor probabilities;

    Pool(Tensor x, Classifier learner, int[] labelled, long[] labels, Rng rng) {
        this.x = x;
        this.learner = learner;
        this.labelled = labelled;
        this.labels = labels;
        this.rng = rng;
        var known = new boolean[(int) x.size(0)];
        for (int i : labelled) known[i] = true;
        open = new int[known.length - labelled.length];
        for (int i = 0, n = 0; i < known.length; i++) if (!known[i]) open[n++] = i;
    }

    /** All rows (n x p). */
    public Tensor x() { return x; }

    public Classifier learner() { return learner; }

    /** The rows that have labels, in the order in which they were asked for; a copy. */
    public int[] labelled() { return labelled.clone(); }

    /** Their labels; a copy. */
    public long[] labels() { return labels.clone(); }

    /** The rows without labels, ascending; a copy. */
    public int[] open() { return open.clone(); }

    /** For queries that draw; fresh in every round. */
    public Rng rng() { return rng; }

    /** Whether labels of two classes are there, which most classifiers need. */
    public boolean hasModel() { return Arrays.stream(labels).distinct().limit(2).count() == 2; }

    /** The learner fitted to what is labelled. @throws IllegalStateException if only one class has been seen */
    public ClassificationModel model() {
        if (!hasModel()) throw new IllegalStateException("Pool.model: " + labels.length
                + " labels, not yet of two classes; begin with some rows, or with a query that needs no model");
        if (model == null) model = learner.fit(x.rows(labelled), Tensor.of(labels));
        return model;
    }

    /** Class probabilities of the open rows (open x classes). */
    public Tensor probabilities() {
        if (probabilities == null) probabilities = model().predictProba(x.rows(open));
        return probabilities;
    }
}
