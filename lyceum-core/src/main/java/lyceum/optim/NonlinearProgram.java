package lyceum.optim;

import java.util.List;
import java.util.Objects;

/**
 * Minimise f(x) with {@code h_j(x) = 0} and {@code g_i(x) <= 0}. The Lagrangian is {@code f + sum nu_j h_j + sum lambda_i g_i} with {@code
 * lambda >= 0}: raising the right-hand side of a constraint by u changes the optimum by minus its multiplier times u.
 *
 * {@snippet :
 * var program = NonlinearProgram.of(Objective.of(x -> x.square().sum()))
 *         .withEqualities(Objective.of(x -> x.sum().sub(1)));
 * }
 *
 * @param f what is minimised
 * @param equalities the h_j
 * @param inequalities the g_i
 */
public record NonlinearProgram(Objective f, List<Objective> equalities, List<Objective> inequalities) {
    public NonlinearProgram {
        Objects.requireNonNull(f, "f");
        equalities = List.copyOf(equalities);
        inequalities = List.copyOf(inequalities);
    }

    /** Without constraints. */
    public static NonlinearProgram of(Objective f) { return new NonlinearProgram(f, List.of(), List.of()); }

    public NonlinearProgram withEqualities(Objective... equalities) { return new NonlinearProgram(f, List.of(equalities), inequalities); }

    public NonlinearProgram withInequalities(Objective... inequalities) {
        return new NonlinearProgram(f, equalities, List.of(inequalities));
    }

    /** {@code f + nu'h + lambda'g} as a function of x. */
    public Objective lagrangian(double[] nu, double[] lambda) {
        check(equalities, nu);
        check(inequalities, lambda);
        return (x, gradient) -> {
            var part = new double[x.length];
            double value = f.at(x, gradient);
            value = add(equalities, nu, x, gradient, part, value);
            return add(inequalities, lambda, x, gradient, part, value);
        };
    }

    private static void check(List<Objective> constraints, double[] multipliers) {
        if (multipliers.length != constraints.size()) throw new IllegalArgumentException(
                "NonlinearProgram: " + multipliers.length + " multipliers for " + constraints.size() + " constraints; give one for each");
    }

    private static double add(List<Objective> constraints, double[] multipliers, double[] x, double[] gradient, double[] part,
            double value) {
        for (int i = 0; i < multipliers.length; i++) {
            if (multipliers[i] == 0) continue; // a constraint that is not felt may be undefined here
            value += multipliers[i] * constraints.get(i).at(x, part);
            Vectors.addScaled(gradient, multipliers[i], part);
        }
        return value;
    }

    /** Values of constraints at x. */
    static double[] values(List<Objective> constraints, double[] x) {
        double[] values = new double[constraints.size()], unused = new double[x.length];
        for (int i = 0; i < values.length; i++) values[i] = constraints.get(i).at(x, unused);
        return values;
    }

    /** Gradients of constraints at x, one a row. */
    static double[][] gradients(List<Objective> constraints, double[] x) {
        var rows = new double[constraints.size()][x.length];
        for (int i = 0; i < rows.length; i++) constraints.get(i).at(x, rows[i]);
        return rows;
    }
}
