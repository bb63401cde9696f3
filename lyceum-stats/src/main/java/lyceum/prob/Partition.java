package lyceum.prob;

import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.prob.Event.Outcome;
import lyceum.random.Rng;

/**
 * Cases that exclude each other and together cover everything, and the laws that sum over them; made by {@link JointTable#partition}.
 *
 * {@snippet :
 * var requests = JointTable.of(List.of("server", "failed"), Tensor.of(new double[][] {{0.495, 0.005}, {0.294, 0.006}, {0.188, 0.012}}));
 * var byServer = requests.partition("server");
 * byServer.probability(Event.is("failed", 1));   // sum of P(A | B_i) P(B_i): 0.023
 * byServer.within(o -> o.get("failed"));         // with between(...) it adds up to the variance
 * }
 */
public final class Partition {
    private final Categorical weights;
    private final List<JointTable> tables;

    Partition(JointTable joint, List<Event> cases) {
        var outcome = new Outcome(joint.variables);
        double missing = 0, sum = 0;
        var mass = new double[cases.size()];
        String example = "";
        for (int i = 0; i < joint.cells.length; i++) {
            outcome.at(joint.cells[i]);
            int found = -1;
            for (int c = 0; c < mass.length; c++) {
                if (!cases.get(c).holds(outcome)) continue;
                if (found >= 0) throw new IllegalArgumentException("partition: cases " + found + " and " + c + " overlap at "
                        + joint.variables.describe(joint.cells[i]) + "; cases exclude each other");
                mass[found = c] += joint.mass[i];
            }
            if (found >= 0) continue;
            missing += joint.mass[i];
            example = joint.variables.describe(joint.cells[i]);
        }
        if (missing > 0) throw new IllegalArgumentException(
                "partition: no case holds at " + example + ", and mass " + (float) missing + " is left out in all; cases cover everything");
        for (int c = 0; c < mass.length; c++)
            if (mass[c] == 0) throw new IllegalArgumentException("partition: case " + c + " has probability 0; leave it out");
        weights = new Categorical(mass);
        tables = cases.stream().map(joint::given).toList();
    }

    /** {@code P(B_i)}. */
    public double[] weights() { return weights.probabilities(); }

    /** What is known in case {@code i}: the joint given B_i. */
    public JointTable given(int i) { return tables.get(i); }

    /** Total probability: {@code sum P(A | B_i) P(B_i)}. */
    public double probability(Event event) { return over(table -> table.probability(event)); }

    /** Total expectation: {@code E E[f | B]}. */
    public double expectation(ToDoubleFunction<Outcome> f) { return over(table -> table.expectation(f)); }

    /** {@code E Var(f | B)}. */
    public double within(ToDoubleFunction<Outcome> f) { return over(table -> table.variance(f)); }

    /** {@code Var E[f | B]}. */
    public double between(ToDoubleFunction<Outcome> f) {
        double mean = expectation(f);
        return over(table -> Math.pow(table.expectation(f) - mean, 2));
    }

    private double over(ToDoubleFunction<JointTable> f) {
        double sum = 0;
        for (int i = 0; i < tables.size(); i++) sum += weights.density(i) * f.applyAsDouble(tables.get(i));
        return sum;
    }

    /**
     * Monte Carlo by cases: draws only the case, and averages the exact {@code E[f | B_i]}. Its variance is that of a plain average over as many
     * outcomes less {@link #within} over {@code draws} (Rao and Blackwell).
     *
     * @param runs independent estimates
     * @param draws cases averaged in each
     */
    public double[] estimates(ToDoubleFunction<Outcome> f, int runs, int draws, Rng rng) {
        Arguments.count("estimates", "runs", runs);
        if (draws < 1) throw new IllegalArgumentException("estimates: " + draws + " draws; at least 1 is needed");
        double[] means = tables.stream().mapToDouble(table -> table.expectation(f)).toArray(), estimates = new double[runs];
        for (int r = 0; r < runs; r++) {
            double sum = 0;
            for (int i = 0; i < draws; i++) sum += means[(int) weights.sample(rng)];
            estimates[r] = sum / draws;
        }
        return estimates;
    }
}
