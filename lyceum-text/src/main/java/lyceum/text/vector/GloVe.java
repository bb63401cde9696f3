package lyceum.text.vector;

import java.util.Arrays;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.withers.Withers;

/**
 * GloVe: word vectors w, context vectors u and biases whose scores are the logarithms of co-occurrence counts, {@code w.u + b + c ~ log X}. AdaGrad, a cell at a
 * time, on {@code sum f(X) (w.u + b + c - log X)^2} over the cells above 0, {@code f(x) = min(1, (x / xMax)^alpha)}.
 *
 * {@snippet :
 * var table = new GloVe(100).withXMax(10).learn(sentences);
 * }
 *
 * <p>With one thread a seed gives the same bits; more write without locks, and no two runs are alike.
 *
 * @param dimension of the vectors
 * @param window neighbours on each side, 10 by default; a pair at distance d counts 1/d
 * @param minCount rarer words are left out, 5 by default
 * @param xMax counts from which the weight grows no more, 100 by default; compare it with the counts there are
 * @param alpha power of the weight, 0.75 by default
 * @param epochs passes over the cells, 25 by default
 * @param learningRate 0.05 by default
 * @param threads 1 by default
 * @see <a href="https://aclanthology.org/D14-1162/">Pennington, Socher and Manning (2014)</a>
 */
@Withers
public record GloVe(int dimension, int window, int minCount, double xMax, double alpha, int epochs, double learningRate, int threads,
        long seed) implements WordVectorLearner, GloVeWithers {
    public GloVe {
        if (dimension < 1 || epochs < 1 || threads < 1 || window < 1 || minCount < 1)
            throw new IllegalArgumentException("GloVe: dimension " + dimension + ", epochs " + epochs + ", threads " + threads + ", window "
                    + window + " and minCount " + minCount + " are at least 1 each");
        if (!(xMax > 0 && alpha >= 0 && learningRate > 0)) throw new IllegalArgumentException(
                "GloVe: xMax " + xMax + " and learningRate " + learningRate + " are positive, alpha " + alpha + " not negative");
    }

    public GloVe(int dimension) { this(dimension, 10, 5, 100, 0.75, 25, 0.05, 1, 0); }

    /** The sum of word and context vectors, as the paper advises. */
    @Override public EmbeddingTable learn(List<? extends List<String>> sentences, Progress progress) {
        var counted = new Cooccurrences(window, Cooccurrences.Weighting.HARMONIC, minCount).count(sentences);
        return EmbeddingTable.of(counted.words(), fit(counted.matrix(), progress).sum());
    }

    public GloVeModel fit(Csr counts) { return fit(counts, Progress.SILENT); }

    /**
     * Fits to a table of counts, (words, contexts), not negative; reports each epoch with the mean weighted loss a cell met on the way.
     *
     * @throws IllegalArgumentException if no count is above 0
     */
    public GloVeModel fit(Csr counts, Progress progress) {
        var cells = GloVeModel.Cells.of(counts);
        var rng = Rng.of(seed);
        var model = GloVeModel.start(this, (int) counts.rows(), (int) counts.columns(), rng);
        int n = cells.row().length;
        // sums of squares begin at 1, as in the reference program: the first steps are then no longer than the rate
        double[] squares = new double[model.parameters.length];
        Arrays.fill(squares, 1);
        for (int epoch = 0; epoch < epochs; epoch++) {
            int[] order = rng.permutation(n);
            var losses = new double[threads];
            Parallel.range(threads, 1, (from, to) -> {
                for (int t = (int) from; t < to; t++)
                    for (int i = t; i < n; i += threads)
                        losses[t] += step(model, squares, cells.row()[order[i]], cells.column()[order[i]], cells.value()[order[i]]);
            });
            double loss = 0;
            for (double each : losses) loss += each;
            progress.step("epoch", epoch + 1, epochs, "loss", loss / n);
        }
        return model;
    }

    private double step(GloVeModel model, double[] squares, int row, int column, double count) {
        double[] p = model.parameters;
        int w = model.word(row), u = model.context(column), d = dimension;
        double error = model.error(row, column, count), slope = 2 * model.weight(count) * error;
        for (int j = 0; j <= d; j++) { // the bias stands behind its vector, and its partner is 1
            double gw = slope * (j < d ? p[u + j] : 1), gu = slope * (j < d ? p[w + j] : 1);
            p[w + j] -= learningRate * gw / Math.sqrt(squares[w + j]);
            p[u + j] -= learningRate * gu / Math.sqrt(squares[u + j]);
            squares[w + j] += gw * gw;
            squares[u + j] += gu * gu;
        }
        return 0.5 * slope * error;
    }
}
