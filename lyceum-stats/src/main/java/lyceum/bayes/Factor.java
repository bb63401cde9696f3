package lyceum.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import lyceum.prob.ConditionalTable;
import lyceum.tensor.Tensor;

/**
 * A non-negative function of some discrete variables, as a table: what is multiplied and summed when a graphical model is asked something. It need
 * not sum to 1.
 *
 * {@snippet :
 * var agree = Factor.of(List.of("a", "b"), Tensor.of(new double[][] {{3, 1}, {1, 3}}));
 * var push = Factor.of(List.of("a"), Tensor.of(1, 4));
 * agree.times(push).sumOut("a").values();         // [7, 13]
 * }
 *
 * @param variables their names
 * @param sizes how many values each has, counted from 0
 * @param values row by row, the last variable fastest; not to be changed
 */
public record Factor(List<String> variables, int[] sizes, double[] values) {
    public Factor {
        variables = List.copyOf(variables);
        long cells = 1;
        for (int size : sizes) cells *= size;
        if (variables.size() != sizes.length || cells != values.length || new HashSet<>(variables).size() != sizes.length)
            throw new IllegalArgumentException(
                    "Factor: " + values.length + " values for " + variables + " of sizes " + Arrays.toString(sizes));
        for (double v : values)
            if (!(v >= 0) || v == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException("Factor: a value of " + variables + " is " + v + "; it is finite and at least 0");
    }

    /** From a tensor with an axis for each variable. */
    public static Factor of(List<String> variables, Tensor values) {
        return new Factor(variables, Arrays.stream(values.shape().toArray()).mapToInt(Math::toIntExact).toArray(), values.toDoubleArray());
    }

    /** {@code P(of | given)} as a function of both, {@code given} first. */
    public static Factor of(ConditionalTable table) {
        var names = new ArrayList<>(table.given());
        names.addAll(table.of());
        return of(names, table.probabilities());
    }

    /** How many values a variable has. */
    public int size(String variable) { return sizes[at(variable)]; }

    private int at(String variable) {
        int at = variables.indexOf(variable);
        if (at < 0) throw new IllegalArgumentException("Factor: there is no variable '" + variable + "' among " + variables);
        return at;
    }

    /** The product, over the variables of both: this one's first. */
    public Factor times(Factor other) {
        var names = new ArrayList<>(variables);
        for (String name : other.variables) if (!names.contains(name)) names.add(name);
        int n = names.size();
        int[] all = Arrays.copyOf(sizes, n), mine = strides(names), theirs = other.strides(names), at = new int[n];
        int cells = 1;
        for (int k = 0; k < n; k++) {
            if (k >= sizes.length) all[k] = other.size(names.get(k));
            else if (other.variables.contains(names.get(k)) && other.size(names.get(k)) != sizes[k]) throw new IllegalArgumentException(
                    "Factor: " + names.get(k) + " has " + sizes[k] + " values here and " + other.size(names.get(k)) + " there");
            cells = Math.multiplyExact(cells, all[k]);
        }
        var product = new double[cells];
        for (int cell = 0, i = 0, j = 0; cell < cells; cell++) {
            product[cell] = values[i] * other.values[j];
            for (int k = n - 1; k >= 0; k--) {
                i += mine[k];
                j += theirs[k];
                if (++at[k] < all[k]) break;
                i -= mine[k] * all[k];
                j -= theirs[k] * all[k];
                at[k] = 0;
            }
        }
        return new Factor(names, all, product);
    }

    /** For each name, how far apart its neighbouring values are in this table; 0 for others' variables. */
    private int[] strides(List<String> names) {
        var strides = new int[names.size()];
        for (int k = sizes.length - 1, stride = 1; k >= 0; stride *= sizes[k--]) {
            int to = names.indexOf(variables.get(k));
            if (to >= 0) strides[to] = stride;
        }
        return strides;
    }

    /** Without a variable, its values added up. */
    public Factor sumOut(String variable) { return fold(variable, 0, Double::sum); }

    /** Without a variable, the largest over its values. */
    public Factor maxOut(String variable) { return fold(variable, 0, Math::max); }

    private Factor fold(String variable, double start, DoubleBinaryOperator fold) {
        int axis = at(variable), inner = 1;
        for (int k = axis + 1; k < sizes.length; k++) inner *= sizes[k];
        var folded = new double[values.length / sizes[axis]];
        Arrays.fill(folded, start);
        for (int cell = 0; cell < values.length; cell++) {
            int to = cell / (inner * sizes[axis]) * inner + cell % inner;
            folded[to] = fold.applyAsDouble(folded[to], values[cell]);
        }
        return new Factor(without(axis), withoutSize(axis), folded);
    }

    /** At known values of some variables, which it then no longer depends on; names of no variable of this factor are ignored. */
    public Factor given(Map<String, Integer> evidence) {
        var factor = this;
        for (String variable : variables) if (evidence.containsKey(variable)) factor = factor.slice(variable, evidence.get(variable));
        return factor;
    }

    private Factor slice(String variable, int value) {
        int axis = at(variable), inner = 1;
        if (value < 0 || value >= sizes[axis])
            throw new IllegalArgumentException("Factor: " + variable + " = " + value + "; it is from 0 to " + (sizes[axis] - 1));
        for (int k = axis + 1; k < sizes.length; k++) inner *= sizes[k];
        var slice = new double[values.length / sizes[axis]];
        for (int to = 0; to < slice.length; to++) slice[to] = values[(to / inner * sizes[axis] + value) * inner + to % inner];
        return new Factor(without(axis), withoutSize(axis), slice);
    }

    private List<String> without(int axis) {
        var names = new ArrayList<>(variables);
        names.remove(axis);
        return names;
    }

    private int[] withoutSize(int axis) {
        var left = new int[sizes.length - 1];
        for (int k = 0; k < left.length; k++) left[k] = sizes[k < axis ? k : k + 1];
        return left;
    }

    /** The same function with its variables in another order. @param order all of them */
    public Factor order(List<String> order) {
        if (order.size() != variables.size() || !variables.containsAll(order))
            throw new IllegalArgumentException("Factor: the order " + order + " names each of " + variables + " once");
        return new Factor(order, order.stream().mapToInt(this::size).toArray(), new double[values.length]).fill(this);
    }

    private Factor fill(Factor from) {
        int[] strides = from.strides(variables), at = new int[sizes.length];
        for (int cell = 0, i = 0; cell < values.length; cell++) {
            values[cell] = from.values[i];
            for (int k = sizes.length - 1; k >= 0; k--) {
                i += strides[k];
                if (++at[k] < sizes[k]) break;
                i -= strides[k] * sizes[k];
                at[k] = 0;
            }
        }
        return this;
    }

    /** Sum of all values. */
    public double sum() { return Arrays.stream(values).sum(); }

    /** The value at an assignment of all its variables; others are ignored. */
    public double value(Map<String, Integer> assignment) {
        int cell = 0;
        for (int k = 0; k < sizes.length; k++) cell = cell * sizes[k] + assignment.get(variables.get(k));
        return values[cell];
    }

    /** Every value multiplied by a number. */
    public Factor scaled(double by) { return new Factor(variables, sizes, Arrays.stream(values).map(v -> v * by).toArray()); }
}
