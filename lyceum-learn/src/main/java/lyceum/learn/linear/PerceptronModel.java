package lyceum.learn.linear;

import java.util.Arrays;
import lyceum.DType;
import lyceum.learn.linear.Perceptron.Variant;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link Perceptron}. Its scores rank and decide; they are no probabilities.
 *
 * @param options it was trained with
 * @param nFeatures columns of the data
 * @param classes the labels, ascending
 * @param coefficients (p), or (K x p) for K > 2 classes; with a kernel one number a training row instead of a feature
 * @param intercept (), or (K)
 * @param kernelRows the training rows (n x p) with a kernel, else null
 * @param voters (M x p) every vector that survived an example, for VOTED, else null
 * @param votes (M x 3): output, intercept and votes of each
 * @param mistakes what went wrong, in order
 * @param state what {@link #partialFit} goes on from
 */
public record PerceptronModel(Perceptron options, int nFeatures, long[] classes, Tensor coefficients, Tensor intercept, Tensor kernelRows,
        Tensor voters, Tensor votes, MistakeLog mistakes, State state) implements ClassificationModel {

    /** The last vectors and the sums for their mean, by output. */
    public record State(Tensor vectors, Tensor intercepts, Tensor late, Tensor lateIntercepts, long[] steps) {}

    @Override public long[] classes() { return classes.clone(); }

    @Override public boolean hasProbabilities() { return false; }

    @Override public Tensor predictProba(Tensor x) {
        throw new UnsupportedOperationException(
                "PerceptronModel.predictProba: a perceptron has no probabilities; calibrate its decisionFunction, or use LogisticRegression");
    }

    /** Scores: (n) for two classes, positive for the second; (n x K) for more. VOTED gives votes for minus votes against, over all votes. */
    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return scores(rows.to(DType.F64)).to(rows.dtype());
    }

    private Tensor scores(Tensor rows) {
        var features = kernelRows == null ? rows : options.kernel().gram(rows, kernelRows);
        if (voters != null) return voted(features);
        return features.matmul(coefficients.rank() == 1 ? coefficients : coefficients.transpose()).add(intercept);
    }

    private Tensor voted(Tensor features) {
        int n = (int) features.size(0), m = (int) voters.size(0), outputs = classes.length == 2 ? 1 : classes.length;
        double[] scores = features.matmul(voters.transpose()).add(votes.select(1, 1)).toDoubleArray(), sums = new double[n * outputs],
                total = new double[outputs];
        double[][] meta = votes.toRows();
        for (int v = 0; v < m; v++) {
            int k = (int) meta[v][0];
            total[k] += meta[v][2];
            for (int i = 0; i < n; i++) sums[i * outputs + k] += scores[i * m + v] > 0 ? meta[v][2] : -meta[v][2];
        }
        for (int at = 0; at < sums.length; at++) if (total[at % outputs] > 0) sums[at] /= total[at % outputs];
        return outputs == 1 ? Tensor.of(sums) : Tensor.of(sums, n, outputs);
    }

    @Override public Tensor predict(Tensor x) { return Labels.choose(classes, scores(LearnerInput.forModel(this, x).x().to(DType.F64))); }

    /**
     * The model after one more pass over these rows, in their order: online training. This model stays as it is; the log is that of the new rows.
     *
     * @param labels among {@link #classes}
     * @throws UnsupportedOperationException with a kernel or a penalty, and for VOTED and POCKET, which need all rows at once
     */
    public PerceptronModel partialFit(Tensor x, Tensor labels) {
        if (kernelRows != null || options.alpha() > 0 || options.variant() == Variant.VOTED || options.variant() == Variant.POCKET) {
            throw new UnsupportedOperationException(
                    "PerceptronModel.partialFit: online training is for plain weights without a penalty, LAST or AVERAGED; fit all rows instead");
        }
        var input = LearnerInput.forModel(this, x);
        var found = input.labels(labels);
        var codes = new int[input.rows()];
        for (int i = 0; i < codes.length; i++) {
            long label = found.classes()[found.codes()[i]];
            codes[i] = Arrays.binarySearch(classes, label);
            if (codes[i] < 0) throw new IllegalArgumentException(
                    "PerceptronModel.partialFit: label " + label + " in row " + i + " is none of " + Arrays.toString(classes));
        }
        var training = new PerceptronTraining(options.withShuffle(false), input.x().to(DType.F64).toRows(), codes, input.weights(null),
                classes.length, nFeatures);
        restore(training);
        training.run(1);
        var next = training.model(classes, nFeatures, null);
        return new PerceptronModel(options, nFeatures, classes, next.coefficients, next.intercept, null, null, null, next.mistakes,
                next.state);
    }

    private void restore(PerceptronTraining training) {
        double[][] vectors = state.vectors().toRows(), late = state.late().toRows();
        for (int k = 0; k < vectors.length; k++) {
            System.arraycopy(vectors[k], 0, training.v[k], 0, nFeatures);
            System.arraycopy(late[k], 0, training.late[k], 0, nFeatures);
        }
        System.arraycopy(state.intercepts().toDoubleArray(), 0, training.b, 0, vectors.length);
        System.arraycopy(state.lateIntercepts().toDoubleArray(), 0, training.lateB, 0, vectors.length);
        training.steps = state.steps().clone();
    }
}
