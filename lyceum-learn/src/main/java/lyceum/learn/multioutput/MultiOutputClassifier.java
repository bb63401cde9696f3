package lyceum.learn.multioutput;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Several labels a row, each of classes of its own, by a classifier that knows one: a model a target.
 *
 * {@snippet :
 * Tensor x = Tensor.rand(lyceum.random.Rng.of(1), lyceum.DType.F64, 100, 3);
 * Tensor labels = Tensor.stack(1, x.select(1, 0).gt(0.5).to(lyceum.DType.I64), x.select(1, 1).mul(3).to(lyceum.DType.I64));
 * var both = new MultiOutputClassifier(new lyceum.learn.linear.LogisticRegression()).fit(x, labels);
 * Tensor said = both.predict(x);                  // (n x 2)
 * Tensor ofThree = both.predictProba(x).get(1);   // (n x 3), of the second target's classes
 * }
 *
 * <p>A chain learns each target from the columns and the labels before it, as {@link MultiOutput} does: good where labels hang together in ways that the columns do not show.
 *
 * @param learner of one target
 * @param chained false by default
 * @see <a href="https://doi.org/10.1007/s10994-011-5256-5">Read, Pfahringer, Holmes and Frank (2011), Classifier chains</a>
 */
@Withers
public record MultiOutputClassifier(Classifier learner, boolean chained) implements MultiOutputClassifierWithers, Learner {
    public MultiOutputClassifier {
        Objects.requireNonNull(learner, "learner");
        MultiOutput.requireChainable("MultiOutputClassifier", learner, chained);
    }

    /** A model a target. */
    public MultiOutputClassifier(Classifier learner) { this(learner, false); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.of(Tag.MULTI_OUTPUT);
        tags.addAll(learner.tags());
        return tags;
    }

    /** {@link #fit(Tensor, Tensor, Tensor)} with equal weights. */
    public Fitted fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    /**
     * Fits to rows and their labels.
     *
     * @param x (n x p), as the learner takes it
     * @param labels (n x m), a column a target, of an integer type or BOOL
     * @param weights (n) or {@code null}, as the learner takes them
     * @throws IllegalArgumentException if shapes, types or values do not fit; the message names them, and the target
     */
    public Fitted fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        Objects.requireNonNull(labels, "labels");
        if (labels.rank() != 2 || labels.size(0) != input.rows() || labels.size(1) == 0)
            throw new ShapeException("MultiOutputClassifier.fit: x has " + input.rows() + " rows but labels have shape " + labels.shape()
                    + "; they are (rows, targets): unsqueeze(1) makes one target of a vector");
        var models = new ArrayList<ClassificationModel>();
        var columns = input.x();
        for (int target = 0; target < labels.size(1); target++) try {
            models.add(learner.fit(columns, labels.select(1, target), weights));
            if (chained) columns = MultiOutput.extended(columns, labels.select(1, target));
        } catch (IllegalArgumentException e) {
            if (e.getClass() != IllegalArgumentException.class) throw e; // of a kind that callers tell by its class
            throw new IllegalArgumentException("MultiOutputClassifier.fit: target " + target + ": " + e.getMessage(), e);
        }
        return new Fitted(input.columns(), models, chained);
    }

    /**
     * Fitted models.
     *
     * @param models one a target, with its classes
     * @param chained whether each but the first has the labels before it as further columns
     */
    public record Fitted(int nFeatures, List<ClassificationModel> models, boolean chained) implements Model {
        public Fitted {
            models = List.copyOf(models);
        }

        /** The most probable label of each target, (n x m), I64; in a chain, after what was said of the targets before. */
        public Tensor predict(Tensor x) {
            var columns = LearnerInput.forModelWithNaN(this, x).x();
            var said = new Tensor[models.size()];
            for (int target = 0; target < said.length; target++) {
                said[target] = models.get(target).predict(columns);
                if (chained && target + 1 < said.length) columns = MultiOutput.extended(columns, said[target]);
            }
            return Tensor.stack(1, said);
        }

        /** For each target the probability of each of its classes, (n x classes). @throws UnsupportedOperationException if its model has none */
        public List<Tensor> predictProba(Tensor x) {
            var columns = LearnerInput.forModelWithNaN(this, x).x();
            var said = new ArrayList<Tensor>();
            for (var model : models) {
                said.add(model.predictProba(columns));
                if (chained && said.size() < models.size()) columns = MultiOutput.extended(columns, model.predict(columns));
            }
            return said;
        }

        /** The share of rows all of whose labels are predicted; labels are (n x m). */
        public double score(Tensor x, Tensor labels) {
            var predicted = predict(x);
            if (!labels.shape().equals(predicted.shape()) || predicted.size(0) == 0)
                throw new ShapeException("MultiOutputClassifier.score: labels have shape " + labels.shape() + "; predicted are "
                        + predicted.shape() + ", of one row at least");
            if (labels.dtype().isFloat())
                throw new DTypeException("MultiOutputClassifier.score: labels are " + labels.dtype() + "; use I64");
            long[] said = predicted.toLongArray(), truth = labels.toLongArray();
            int m = models.size(), n = said.length / m, right = 0;
            for (int i = 0; i < n; i++) if (Arrays.equals(said, i * m, i * m + m, truth, i * m, i * m + m)) right++;
            return (double) right / n;
        }
    }
}
