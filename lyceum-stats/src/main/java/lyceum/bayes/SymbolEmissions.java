package lyceum.bayes;

import java.util.Arrays;
import java.util.List;
import lyceum.random.Rng;

/**
 * Each hidden state shows symbols {@code 0 .. m - 1} with probabilities of its own.
 *
 * {@snippet :
 * var dice = new SymbolEmissions(new double[][] {{1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0}, {0.1, 0.1, 0.1, 0.1, 0.1, 0.5}});
 * }
 */
public final class SymbolEmissions implements Emissions {
    private final double[][] p, logs;
    private final double pseudoCounts;

    /** @param probabilities {@code [state][symbol]}; rows sum to 1 within 1e-9 */
    public SymbolEmissions(double[][] probabilities) { this(probabilities, 0); }

    /** @param pseudoCounts added to the count of each symbol in each state when learning: a Dirichlet prior with {@code pseudoCounts + 1} */
    public SymbolEmissions(double[][] probabilities, double pseudoCounts) {
        if (probabilities.length == 0) throw new IllegalArgumentException("SymbolEmissions: there are no states");
        if (!(pseudoCounts >= 0))
            throw new IllegalArgumentException("SymbolEmissions: pseudoCounts is " + pseudoCounts + "; it is at least 0");
        p = new double[probabilities.length][];
        logs = new double[p.length][];
        for (int k = 0; k < p.length; k++) {
            if (probabilities[k].length != probabilities[0].length) throw new IllegalArgumentException(
                    "SymbolEmissions: state " + k + " has " + probabilities[k].length + " symbols, state 0 " + probabilities[0].length);
            p[k] = HiddenMarkovModel.requireDistribution("SymbolEmissions: the probabilities of state " + k, probabilities[k]);
            logs[k] = Arrays.stream(p[k]).map(Math::log).toArray();
        }
        this.pseudoCounts = pseudoCounts;
    }

    /** Equal probabilities: where nothing is known yet. */
    public static SymbolEmissions uniform(int states, int symbols) {
        var p = new double[states][symbols];
        for (var row : p) Arrays.fill(row, 1.0 / symbols);
        return new SymbolEmissions(p);
    }

    /** {@code [state][symbol]}. A copy. */
    public double[][] probabilities() { return Arrays.stream(p).map(double[]::clone).toArray(double[][]::new); }

    @Override public int states() { return p.length; }

    @Override public int width() { return 1; }

    private int symbol(double x) {
        if (!(x >= 0 && x < p[0].length) || x != Math.rint(x))
            throw new IllegalArgumentException("SymbolEmissions: " + x + " is not a symbol; they are 0 to " + (p[0].length - 1));
        return (int) x;
    }

    @Override public double logDensity(int state, double[] x) { return logs[state][symbol(x[0])]; }

    @Override public double[] sample(int state, Rng rng) { return new double[] {HiddenMarkovModel.draw(p[state], rng)}; }

    @Override public double[] parameters() {
        var flat = new double[statistics()];
        for (int k = 0; k < p.length; k++) System.arraycopy(p[k], 0, flat, k * p[0].length, p[0].length);
        return flat;
    }

    @Override public SymbolEmissions with(double[] parameters) {
        if (parameters.length != statistics())
            throw new IllegalArgumentException("SymbolEmissions: " + parameters.length + " parameters for " + statistics());
        var rows = new double[p.length][];
        for (int k = 0; k < p.length; k++) rows[k] = Arrays.copyOfRange(parameters, k * p[0].length, (k + 1) * p[0].length);
        return new SymbolEmissions(rows, pseudoCounts);
    }

    @Override public int statistics() { return p.length * p[0].length; }

    @Override public void collect(double[] x, double[] posterior, double[] into, int at) {
        int symbol = symbol(x[0]);
        for (int k = 0; k < p.length; k++) into[at + k * p[0].length + symbol] += posterior[k];
    }

    @Override public double[] maximise(double[] statistics) {
        var best = parameters();
        for (int k = 0; k < p.length; k++)
            HiddenMarkovModel.shares(statistics, k * p[0].length, p[0].length, pseudoCounts, best, k * p[0].length);
        return best;
    }

    @Override public double logPrior() {
        double sum = 0;
        if (pseudoCounts > 0) for (var row : logs) for (double log : row) sum += pseudoCounts * log;
        return sum;
    }

    @Override public double[] randomParameters(List<double[][]> sequences, Rng rng) {
        var drawn = new double[statistics()];
        for (int k = 0; k < p.length; k++) HiddenMarkovModel.randomShares(rng, drawn, k * p[0].length, p[0].length);
        return drawn;
    }
}
