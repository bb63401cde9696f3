package lyceum.learn.cost;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * What each action costs under each true class. The best action at probabilities p is the one of least expected cost, {@code argmin_a sum_y p(y) C(a, y)}; of
 * equal ones the first.
 *
 * {@snippet :
 * var costs = CostMatrix.binary(1, 10);             // a false alarm costs 1, a miss 10
 * costs.threshold();                                // 1/11
 * costs.decide(model.predictProba(x));
 * // a third action, "refer", at a fixed price
 * CostMatrix.of(new double[][] {{0, 10}, {1, 0}, {0.5, 0.5}}).decide(p);
 * }
 *
 * <p>Negative costs are benefits. What is added to all actions' costs under one true class changes no decision.
 *
 * @param costs {@code costs[action][true class]}, finite; classes in ascending order of labels
 * @see <a href="https://www.ijcai.org/Proceedings/01/IJCAI-2001-k.pdf">Elkan (2001)</a>
 */
public record CostMatrix(double[][] costs) {
    public CostMatrix {
        if (costs.length < 1 || costs[0].length < 2) throw new ShapeException(
                "CostMatrix: " + costs.length + " actions and " + (costs.length == 0 ? 0 : costs[0].length) + " classes; 1 and 2 at least");
        var copy = new double[costs.length][];
        for (int a = 0; a < copy.length; a++) {
            if (costs[a].length != costs[0].length) throw new ShapeException(
                    "CostMatrix: action " + a + " has " + costs[a].length + " costs, action 0 " + costs[0].length + "; one for each class");
            for (double c : costs[a])
                if (!Double.isFinite(c))
                    throw new IllegalArgumentException("CostMatrix: a cost of action " + a + " is " + c + "; costs are finite");
            copy[a] = costs[a].clone();
        }
        costs = copy;
    }

    public static CostMatrix of(double[][] costs) { return new CostMatrix(costs); }

    /** Two classes and free correct answers. @param falseAlarm calling the smaller label the larger @param miss the other mistake */
    public static CostMatrix binary(double falseAlarm, double miss) { return of(new double[][] {{0, miss}, {falseAlarm, 0}}); }

    /** Every mistake costs 1: the least expected cost is the largest probability. */
    public static CostMatrix zeroOne(int classes) {
        var costs = new double[classes][classes];
        for (int a = 0; a < classes; a++) for (int y = 0; y < classes; y++) costs[a][y] = a == y ? 0 : 1;
        return of(costs);
    }

    public int actions() { return costs.length; }

    public int classes() { return costs[0].length; }

    /** The cost of an action when a class is true. */
    public double cost(int action, int truth) { return costs[action][truth]; }

    /** Less the least cost under each true class: regrets. Decisions are the same. */
    public CostMatrix regrets() {
        var regrets = new double[actions()][classes()];
        for (int y = 0; y < classes(); y++) {
            double least = Double.POSITIVE_INFINITY;
            for (double[] action : costs) least = Math.min(least, action[y]);
            for (int a = 0; a < regrets.length; a++) regrets[a][y] = costs[a][y] - least;
        }
        return of(regrets);
    }

    /**
     * The probability of the larger label from which it is the cheaper call: {@code f / (f + m)} with {@code f = C(1, 0) - C(0, 0)} what a false alarm costs more
     * than a correct call, and {@code m = C(0, 1) - C(1, 1)} what a miss does.
     *
     * @throws IllegalStateException unless there are two classes and actions and both mistakes cost more than the correct call
     */
    public double threshold() {
        if (actions() != 2 || classes() != 2)
            throw new IllegalStateException("threshold: " + actions() + " actions and " + classes() + " classes; a threshold is for two");
        double f = costs[1][0] - costs[0][0], m = costs[0][1] - costs[1][1];
        if (!(f > 0 && m > 0)) throw new IllegalStateException("threshold: a false alarm costs " + f
                + " more than a correct call and a miss " + m + "; where one is not dearer, one call is always best");
        return f / (f + m);
    }

    /** Expected cost of each action (n x actions), F64. @param probabilities (n x classes) */
    public Tensor expected(Tensor probabilities) {
        if (probabilities.rank() != 2 || probabilities.size(1) != classes()) throw new ShapeException(
                "CostMatrix: probabilities have shape " + probabilities.shape() + "; (n x " + classes() + ") is needed");
        return probabilities.to(DType.F64).matmul(Tensor.of(costs).transpose(0, 1));
    }

    /** The cheapest action of each row (n), I64. */
    public Tensor decide(Tensor probabilities) { return cheapest(regrets().expected(probabilities)); }

    /**
     * The same with costs of each row's own: a fraud of 5,000 is worth more trouble than one of 12.
     *
     * @param costs (n x actions x classes)
     */
    public static Tensor decide(Tensor probabilities, Tensor costs) {
        if (costs.rank() != 3 || probabilities.rank() != 2 || costs.size(0) != probabilities.size(0)
                || costs.size(2) != probabilities.size(1))
            throw new ShapeException("CostMatrix.decide: costs of shape " + costs.shape() + " for probabilities of " + probabilities.shape()
                    + "; (n x actions x classes) and (n x classes) are needed");
        var all = costs.to(DType.F64);
        var regrets = all.sub(all.min(1).unsqueeze(1));
        return cheapest(regrets.mul(probabilities.to(DType.F64).unsqueeze(1)).sum(2));
    }

    private static Tensor cheapest(Tensor expected) {
        int n = (int) expected.size(0), actions = (int) expected.size(1);
        double[] e = expected.toDoubleArray();
        var best = new long[n];
        for (int i = 0; i < n; i++) for (int a = 1; a < actions; a++) if (e[i * actions + a] < e[i * actions + (int) best[i]]) best[i] = a;
        return Tensor.of(best);
    }

    /**
     * What it costs to get a row of each class wrong, on average over the wrong calls and above the correct one: the weights of cost-proportionate training.
     *
     * @throws IllegalStateException if actions are not the classes, or a mistake is cheaper than the correct call on average
     */
    public double[] importance() {
        if (actions() != classes()) throw new IllegalStateException(
                "importance: " + actions() + " actions for " + classes() + " classes; actions must be the classes");
        var w = new double[classes()];
        for (int y = 0; y < w.length; y++) {
            for (int a = 0; a < w.length; a++) if (a != y) w[y] += (costs[a][y] - costs[y][y]) / (w.length - 1);
            if (!(w[y] >= 0)) throw new IllegalStateException(
                    "importance: mistakes under class " + y + " cost " + w[y] + " more than the correct call; at least 0");
        }
        return w;
    }

    @Override public boolean equals(Object other) { return other instanceof CostMatrix m && Arrays.deepEquals(costs, m.costs); }

    @Override public int hashCode() { return Arrays.deepHashCode(costs); }

    @Override public String toString() { return "CostMatrix" + Arrays.deepToString(costs); }
}
