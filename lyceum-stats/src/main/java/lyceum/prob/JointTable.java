package lyceum.prob;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.prob.Event.Outcome;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The joint distribution of some named variables, each with finitely many values 0, 1, ...
 *
 * {@snippet :
 * var ill = JointTable.of(List.of("ill"), Tensor.of(0.99, 0.01));
 * var test = ConditionalTable.of(List.of("ill"), List.of("positive"), Tensor.of(new double[][] {{0.91, 0.09}, {0.1, 0.9}}));
 * var both = ill.times(test);
 * both.given(Event.is("positive", 1)).probability(Event.is("ill", 1));   // 0.0917
 * both.conditional(List.of("ill"), List.of("positive"));                 // Bayes' rule for every result
 * both.factorize("positive", "ill").joint();                             // the chain rule, this order
 * }
 *
 * <p>Only outcomes of positive probability are stored, so a table over many variables may be as large as its data and not as its space, which
 * has up to 2^63 cells. Conditioning on something of probability 0 is an {@link IllegalArgumentException} that names it; no answer is NaN.
 * Immutable.
 *
 * @see <a href="https://doi.org/10.1007/978-3-642-49888-6">Kolmogorov (1933), Grundbegriffe der Wahrscheinlichkeitsrechnung</a>
 */
public final class JointTable {
    final Variables variables;
    /** Numbers of the cells with mass, ascending. */
    final long[] cells;
    final double[] mass;

    JointTable(Variables variables, long[] cells, double[] mass) {
        this.variables = variables;
        this.cells = cells;
        this.mass = mass;
    }

    /**
     * From probabilities.
     *
     * @param names one for each axis
     * @param probabilities any shape; at least 0, with sum 1 to 1e-9
     */
    public static JointTable of(List<String> names, Tensor probabilities) {
        double sum = Arrays.stream(probabilities.toDoubleArray()).sum();
        if (!(Math.abs(sum - 1) <= 1e-9))
            throw new IllegalArgumentException("JointTable: the probabilities sum to " + sum + " and not to 1; counts go to ofCounts");
        return ofCounts(names, probabilities);
    }

    /** From counts or other weights, divided by their sum. @param counts any shape; at least 0, not all of them 0 */
    public static JointTable ofCounts(List<String> names, Tensor counts) {
        int[] sizes = Arrays.stream(counts.shape().toArray()).mapToInt(Math::toIntExact).toArray();
        double[] all = counts.toDoubleArray();
        var cells = new long[all.length];
        Arrays.setAll(cells, i -> i);
        return collect(new Variables(names, sizes), cells, all);
    }

    /**
     * From observations, without room for what was not seen.
     *
     * @param sizes numbers of values
     * @param rows one observation each, values from 0
     * @param weights one for each row; none is weight 1
     */
    public static JointTable observed(List<String> names, int[] sizes, int[][] rows, double... weights) {
        if (weights.length > 0 && weights.length != rows.length)
            throw new IllegalArgumentException("JointTable: " + weights.length + " weights for " + rows.length + " rows");
        var variables = new Variables(names, sizes.clone());
        var mass = weights.clone();
        if (weights.length == 0) Arrays.fill(mass = new double[rows.length], 1);
        return collect(variables, Arrays.stream(rows).mapToLong(variables::cell).toArray(), mass);
    }

    /** Adds what falls into the same cell, drops what is 0 and divides by the sum. */
    private static JointTable collect(Variables variables, long[] cells, double[] mass) {
        double sum = 0;
        for (int i = 0; i < mass.length; i++) {
            if (!(mass[i] >= 0) || mass[i] == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                    "JointTable: the weight of " + variables.describe(cells[i]) + " is " + mass[i] + "; it is finite and at least 0");
            sum += mass[i];
        }
        if (!(sum > 0) || sum == Double.POSITIVE_INFINITY) throw new IllegalArgumentException("JointTable: the weights sum to " + sum);
        var table = gather(variables, cells, mass);
        for (int i = 0; i < table.mass.length; i++) table.mass[i] /= sum;
        return table;
    }

    private static JointTable gather(Variables variables, long[] cells, double[] mass) {
        var sorted = new long[cells.length];
        int n = 0;
        for (int i = 0; i < cells.length; i++) if (mass[i] > 0) sorted[n++] = cells[i];
        Arrays.sort(sorted, 0, n);
        int distinct = 0;
        for (int i = 0; i < n; i++) if (i == 0 || sorted[i] != sorted[i - 1]) sorted[distinct++] = sorted[i];
        var sums = new double[distinct];
        for (int i = 0; i < cells.length; i++) if (mass[i] > 0) sums[Arrays.binarySearch(sorted, 0, distinct, cells[i])] += mass[i];
        return new JointTable(variables, Arrays.copyOf(sorted, distinct), sums);
    }

    /** Names of the variables, in the order of the table. */
    public List<String> names() { return variables.names(); }

    /** How many values a variable has. */
    public int size(String name) { return variables.sizes()[variables.at(name)]; }

    /** Outcomes of positive probability. */
    public int support() { return cells.length; }

    /** Of one outcome: a value for each variable. */
    public double probability(int... values) {
        int at = Arrays.binarySearch(cells, variables.cell(values));
        return at < 0 ? 0 : mass[at];
    }

    /** Of an event. */
    public double probability(Event event) { return expectation(o -> event.holds(o) ? 1 : 0); }

    /** All of them, zeros too: an axis for each variable; F64. */
    public Tensor probabilities() {
        var dense = new double[Math.toIntExact(variables.cells())];
        for (int i = 0; i < cells.length; i++) dense[(int) cells[i]] = mass[i];
        return Tensor.of(dense, Arrays.stream(variables.sizes()).asLongStream().toArray());
    }

    /** {@code E f}, over outcomes of positive probability. */
    public double expectation(ToDoubleFunction<Outcome> f) {
        var outcome = new Outcome(variables);
        double sum = 0;
        for (int i = 0; i < cells.length; i++) sum += mass[i] * f.applyAsDouble(outcome.at(cells[i]));
        return sum;
    }

    /** {@code E (f - E f)^2}. */
    public double variance(ToDoubleFunction<Outcome> f) {
        double mean = expectation(f);
        return expectation(o -> {
            double d = f.applyAsDouble(o) - mean;
            return d * d;
        });
    }

    /** The joint of some of the variables, in the order named: the others are summed over. Named all, it puts them into another order. */
    public JointTable marginal(String... names) { return marginal(List.of(names)); }

    JointTable marginal(List<String> names) {
        int[] chosen = variables.at(names), values = new int[variables.count()];
        var to = new long[cells.length];
        for (int i = 0; i < cells.length; i++) {
            variables.values(cells[i], values);
            to[i] = variables.project(values, chosen);
        }
        return gather(variables.choose(names), to, mass);
    }

    /**
     * What is left when an event is known to have happened, rescaled: {@code P(A | B) = P(A and B) / P(B)}. All variables stay.
     *
     * @throws IllegalArgumentException if its probability is 0
     */
    public JointTable given(Event event) {
        var outcome = new Outcome(variables);
        var kept = new double[mass.length];
        double sum = 0;
        for (int i = 0; i < cells.length; i++) if (event.holds(outcome.at(cells[i]))) sum += kept[i] = mass[i];
        if (sum == 0) throw new IllegalArgumentException("given: the event has probability 0; nothing can be conditioned on it");
        for (int i = 0; i < kept.length; i++) kept[i] /= sum;
        return gather(variables, cells, kept);
    }

    /**
     * {@code P(of | given)} for all values of both.
     *
     * @param of and {@code given}: different variables, {@code given} perhaps none; all others are summed over
     */
    public ConditionalTable conditional(List<String> of, List<String> given) {
        var both = marginal(Variables.concat(given, of));
        Variables context = variables.choose(given), rest = variables.choose(of);
        long width = rest.cells();
        var values = new double[both.mass.length];
        for (int from = 0, to; from < values.length; from = to) {
            double sum = 0;
            for (to = from; to < values.length && both.cells[to] / width == both.cells[from] / width; to++) sum += both.mass[to];
            for (int i = from; i < to; i++) values[i] = both.mass[i] / sum;
        }
        return new ConditionalTable(context, rest, both.cells, values);
    }

    /**
     * The product rule: {@code P(of, given) = P(of | given) P(given)}, with this table's variables first.
     *
     * @throws IllegalArgumentException if a context that this table thinks possible has no conditional
     */
    public JointTable times(ConditionalTable conditional) {
        var context = conditional.context();
        int[] chosen = variables.at(context.names()), values = new int[variables.count()];
        for (int i = 0; i < chosen.length; i++)
            if (variables.sizes()[chosen[i]] != context.sizes()[i]) throw new IllegalArgumentException("times: " + context.names().get(i)
                    + " has " + variables.sizes()[chosen[i]] + " values here and " + context.sizes()[i] + " there");
        var all = variables.with(conditional.rest());
        long width = conditional.rest().cells();
        int n = 0;
        var to = new long[2 * cells.length];
        var product = new double[to.length];
        for (int i = 0; i < cells.length; i++) {
            variables.values(cells[i], values);
            long row = variables.project(values, chosen);
            for (int at = conditional.first(row), end = conditional.end(row, at); at < end; at++, n++) {
                if (n == to.length) {
                    to = Arrays.copyOf(to, 2 * n);
                    product = Arrays.copyOf(product, 2 * n);
                }
                to[n] = cells[i] * width + conditional.cells[at] % width;
                product[n] = mass[i] * conditional.values[at];
            }
        }
        return gather(all, Arrays.copyOf(to, n), Arrays.copyOf(product, n));
    }

    /** The joint with variables that are independent of these. */
    public JointTable times(JointTable independent) { return times(independent.conditional(independent.names(), List.of())); }

    /** The chain rule: {@code P(x_1) P(x_2 | x_1) P(x_3 | x_1, x_2) ...}. @param order all variables */
    public Factorization factorize(String... order) {
        if (order.length != variables.count())
            throw new IllegalArgumentException("factorize: the order " + Arrays.toString(order) + " names each of " + names() + " once");
        return new Factorization(this, List.of(order));
    }

    /** Cases that exclude each other and cover everything. @throws IllegalArgumentException if they do not; says where */
    public Partition partition(Event... cases) { return new Partition(this, List.of(cases)); }

    /** One case for each value of a variable that has positive probability. */
    public Partition partition(String variable) {
        int at = variables.at(variable);
        return partition(Arrays.stream(marginal(variable).cells).mapToObj(v -> (Event) o -> o.get(at) == v).toArray(Event[]::new));
    }

    /** The largest {@code |P(a, b | c) - P(a | c) P(b | c)|} over all values and all contexts c of positive probability: 0 if independent. */
    public double dependence(String a, String b, String... given) {
        double worst = 0;
        for (double[] row : pairs(a, b, given)) {
            double c = row[3];
            worst = Math.max(worst, Math.abs(row[0] / c - row[1] / c * (row[2] / c)));
        }
        return worst;
    }

    /** {@code I(a; b | given)} in nats: 0 if independent. */
    public double mutualInformation(String a, String b, String... given) {
        double sum = 0;
        for (double[] row : pairs(a, b, given)) if (row[0] > 0) sum += row[0] * Math.log(row[0] * row[3] / (row[1] * row[2]));
        return Math.max(0, sum);
    }

    /**
     * For a table of observed frequencies: how likely independent variables are to look at least so dependent, by the likelihood-ratio statistic
     * {@code G = 2 n I(a; b | given)} against chi-square with {@code (|a| - 1)(|b| - 1)} degrees for each context seen.
     *
     * @param n observations that the frequencies were made of
     */
    public double independencePValue(long n, String a, String b, String... given) {
        double degrees = (size(a) - 1.0) * (size(b) - 1) * marginal(given).support();
        return degrees == 0 ? 1 : new ChiSquare(degrees).survival(2 * n * mutualInformation(a, b, given));
    }

    /** {@code P(a, b, c), P(a, c), P(b, c), P(c)} for all values and all possible contexts. */
    private double[][] pairs(String a, String b, String... given) {
        var context = List.of(given);
        JointTable c = marginal(context), ac = marginal(Variables.concat(context, List.of(a))),
                bc = marginal(Variables.concat(context, List.of(b)));
        var abc = marginal(Variables.concat(context, List.of(a, b)));
        int rows = size(a), columns = size(b);
        var pairs = new double[Math.multiplyExact(c.support(), rows * columns)][];
        int n = 0;
        for (int k = 0; k < c.cells.length; k++) for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) {
            long at = c.cells[k];
            pairs[n++] = new double[] {abc.massOf((at * rows + i) * columns + j), ac.massOf(at * rows + i), bc.massOf(at * columns + j),
                    c.mass[k]};
        }
        return pairs;
    }

    private double massOf(long cell) {
        int at = Arrays.binarySearch(cells, cell);
        return at < 0 ? 0 : mass[at];
    }

    /** {@code n} outcomes: a row each, a value for each variable. */
    public int[][] sample(Rng rng, int n) {
        Arguments.count("sample", "n", n);
        var law = new Categorical(mass);
        var rows = new int[n][variables.count()];
        for (var row : rows) variables.values(cells[(int) law.sample(rng)], row);
        return rows;
    }

    @Override public String toString() { return "JointTable" + names() + " with " + cells.length + " of " + variables.cells() + " cells"; }
}
