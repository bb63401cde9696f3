package lyceum.text.vector;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** What {@link GloVe} has learnt: vectors and biases of words and of contexts, F64. */
public final class GloVeModel {
    /** Rows of words, then of contexts, each a vector and its bias. */
    final double[] parameters;
    private final GloVe settings;
    private final int words, contexts;

    private GloVeModel(GloVe settings, int words, int contexts) {
        this.settings = settings;
        this.words = words;
        this.contexts = contexts;
        parameters = new double[Math.multiplyExact(Math.addExact(words, contexts), settings.dimension() + 1)];
    }

    static GloVeModel start(GloVe settings, int words, int contexts, Rng rng) {
        var model = new GloVeModel(settings, words, contexts);
        for (int i = 0; i < model.parameters.length; i++) model.parameters[i] = (rng.nextDouble() - 0.5) / (settings.dimension() + 1);
        return model;
    }

    /** Cells above 0. */
    record Cells(int[] row, int[] column, double[] value) {
        static Cells of(Csr counts) {
            int entries = counts.entries(), kept = 0;
            var cells = new Cells(new int[entries], new int[entries], new double[entries]);
            double[] values = counts.values().toDoubleArray();
            for (int i = 0; i < counts.rows(); i++) {
                for (int e = counts.rowStart(i); e < counts.rowStart(i + 1); e++) {
                    if (!(values[e] >= 0 && values[e] < Double.POSITIVE_INFINITY))
                        throw new IllegalArgumentException("GloVe: the count of row " + i + ", column " + counts.column(e) + " is "
                                + values[e] + "; counts are not negative");
                    if (values[e] == 0) continue;
                    cells.row[kept] = i;
                    cells.column[kept] = counts.column(e);
                    cells.value[kept++] = values[e];
                }
            }
            if (kept == 0) throw new IllegalArgumentException("GloVe: no count is above 0");
            return new Cells(Arrays.copyOf(cells.row, kept), Arrays.copyOf(cells.column, kept), Arrays.copyOf(cells.value, kept));
        }
    }

    int word(int row) { return row * (settings.dimension() + 1); }

    int context(int column) { return (words + column) * (settings.dimension() + 1); }

    /** {@code min(1, (x / xMax)^alpha)} */
    public double weight(double count) { return count >= settings.xMax() ? 1 : Math.pow(count / settings.xMax(), settings.alpha()); }

    /** {@code w.u + b + c - log x} */
    double error(int row, int column, double count) {
        int w = word(row), u = context(column), d = settings.dimension();
        double sum = parameters[w + d] + parameters[u + d];
        for (int j = 0; j < d; j++) sum += parameters[w + j] * parameters[u + j];
        return sum - Math.log(count);
    }

    /** {@code sum f(X) (w.u + b + c - log X)^2} over the cells above 0. */
    public double loss(Csr counts) {
        var cells = Cells.of(counts);
        double sum = 0;
        for (int i = 0; i < cells.row.length; i++) {
            double error = error(cells.row[i], cells.column[i], cells.value[i]);
            sum += weight(cells.value[i]) * error * error;
        }
        return sum;
    }

    /** Its gradient by {@link #words}, {@link #wordBiases}, {@link #contexts} and {@link #contextBiases}, in this order. */
    public Tensor[] gradient(Csr counts) {
        var cells = Cells.of(counts);
        int d = settings.dimension();
        var g = new double[parameters.length];
        for (int i = 0; i < cells.row.length; i++) {
            int w = word(cells.row[i]), u = context(cells.column[i]);
            double slope = 2 * weight(cells.value[i]) * error(cells.row[i], cells.column[i], cells.value[i]);
            for (int j = 0; j < d; j++) {
                g[w + j] += slope * parameters[u + j];
                g[u + j] += slope * parameters[w + j];
            }
            g[w + d] += slope;
            g[u + d] += slope;
        }
        return new Tensor[] {vectors(g, 0, words), biases(g, 0, words), vectors(g, words, contexts), biases(g, words, contexts)};
    }

    private Tensor table(double[] all, int first, int count) {
        int d = settings.dimension() + 1;
        return Tensor.of(Arrays.copyOfRange(all, first * d, (first + count) * d), count, d);
    }

    private Tensor vectors(double[] all, int first, int count) { return table(all, first, count).slice(1, 0, settings.dimension(), 1); }

    private Tensor biases(double[] all, int first, int count) { return table(all, first, count).select(1, settings.dimension()); }

    /** (words, dimension) */
    public Tensor words() { return vectors(parameters, 0, words); }

    /** (contexts, dimension) */
    public Tensor contexts() { return vectors(parameters, words, contexts); }

    /** (words) */
    public Tensor wordBiases() { return biases(parameters, 0, words); }

    /** (contexts) */
    public Tensor contextBiases() { return biases(parameters, words, contexts); }

    /** Word and context vectors added. @throws lyceum.ShapeException if words and contexts are not the same */
    public Tensor sum() { return words().add(contexts()); }
}
