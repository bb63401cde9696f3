package lyceum.optim;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Makes one step of several tasks' gradients of the same parameters.
 *
 * {@snippet :
 * var surgery = new GradientSurgery(GradientSurgery.Method.PCGRAD);
 * var optimizer = new Adam(1e-3).over(trunk.parameters());
 * optimizer.step(surgery.gradients(optimizer.parameters(), rng, firstLoss, secondLoss));
 * }
 *
 * <p>Parameters are those that the tasks share; a task's own head gets its gradient from that task's {@code backward()}. All shared parameters
 * count as one vector. Every method's result is a combination {@code sum_k w_k g_k}, and the weights follow from the products {@code g_i'g_j}: work
 * on the vectors themselves is one product and one sum.
 *
 * @param method how gradients are combined
 * @see <a href="https://arxiv.org/abs/2001.06782">Yu, Kumar, Gupta, Levine, Hausman and Finn (2020), for PCGrad</a>
 * @see <a href="https://doi.org/10.1016/j.crma.2012.03.014">Désidéri (2012), for the shortest combination</a>
 */
public record GradientSurgery(Method method) {
    private static final int MOST_STEPS = 100_000;

    /** How gradients are combined. */
    public enum Method {
        /** All weights 1: the gradient of the losses' sum. */
        SUM,
        /**
         * Each task's gradient loses, for the other tasks in random order, its part against theirs: where {@code h_i'g_j < 0},
         * {@code h_i = h_i - (h_i'g_j / |g_j|^2) g_j}. The sum of these.
         */
        PCGRAD,
        /** MGDA: the shortest vector of the gradients' convex hull. No task gets worse along it, and it is zero where none can be helped so. */
        MIN_NORM,
        /** Every gradient scaled to the mean length of all, so that units of the losses do not matter; a zero gradient stays. */
        EQUAL_NORMS
    }

    /**
     * What came out.
     *
     * @param update {@code sum_k w_k g_k}, in the shape and type of one gradient
     * @param shares row i is what became of task i's gradient: its projection is {@code sum_k shares[i][k] g_k}. The weights are the sums of the columns
     * @param conflicts among the given gradients
     */
    public record Combined(Tensor update, double[][] shares, Conflicts conflicts) {

        /** What each gradient is multiplied by in the update. */
        public double[] weights() { return sumOfRows(shares); }
    }

    /**
     * How far tasks pull against each other, for each pair.
     *
     * @param cosines of the angles between gradients; 0 where one is zero
     * @param similarities of their lengths: {@code 2 |g_i| |g_j| / (|g_i|^2 + |g_j|^2)}, 1 for equal ones
     * @param curvatureBounds {@code (1 - cos^2) |g_i - g_j|^2 / |g_i + g_j|^2}: for two tasks with {@code cos <= -similarity} a long step of PCGrad
     *     ends lower than one along the sum where the loss curves along it by at least this part of its largest curvature (theorem 2 of the paper).
     *     NaN where the two cancel
     */
    public record Conflicts(double[][] cosines, double[][] similarities, double[][] curvatureBounds) {

        /** The part of the pairs whose gradients have a negative product; 0 for a single task. */
        public double rate() {
            int tasks = cosines.length, against = 0;
            for (int i = 0; i < tasks; i++) for (int j = 0; j < i; j++) if (cosines[i][j] < 0) against++;
            return tasks == 1 ? 0 : against / (tasks * (tasks - 1) / 2.0);
        }

        private static Conflicts of(double[][] gram) {
            int tasks = gram.length;
            double[][] cosines = new double[tasks][tasks], similarities = new double[tasks][tasks], bounds = new double[tasks][tasks];
            for (int i = 0; i < tasks; i++) {
                for (int j = 0; j < tasks; j++) {
                    double a = gram[i][i], b = gram[j][j], product = gram[i][j], lengths = Math.sqrt(a) * Math.sqrt(b);
                    double cos = lengths == 0 ? 0 : Math.clamp(product / lengths, -1, 1);
                    cosines[i][j] = cos;
                    similarities[i][j] = a + b == 0 ? 1 : 2 * lengths / (a + b);
                    bounds[i][j] = i == j ? 0 : (1 - cos * cos) * (a + b - 2 * product) / (a + b + 2 * product);
                }
            }
            return new Conflicts(cosines, similarities, bounds);
        }
    }

    public GradientSurgery { Objects.requireNonNull(method, "method"); }

    /**
     * Combines gradients, a row for each task.
     *
     * @param gradients (tasks, coordinates) of a float type
     * @param rng draws the order of the other tasks anew for each task; {@link Method#PCGRAD} alone uses it
     */
    public Combined combine(Tensor gradients, Rng rng) {
        int tasks = tasks(gradients);
        var orders = new int[tasks][tasks];
        if (method == Method.PCGRAD) {
            for (var order : orders) {
                for (int j = 0; j < tasks; j++) order[j] = j;
                rng.shuffle(order);
            }
        }
        return combine(gradients, orders);
    }

    /** Like {@link #combine(Tensor, Rng)}, in given orders: task i meets the tasks {@code orders[i]}, itself passed over. */
    public Combined combine(Tensor gradients, int[][] orders) {
        int tasks = tasks(gradients);
        if (orders.length != tasks)
            throw new ShapeException("GradientSurgery: " + orders.length + " orders for " + tasks + " tasks; each task has one");
        for (var order : orders)
            for (int j : order)
                if (j < 0 || j >= tasks) throw new ShapeException("GradientSurgery: an order names task " + j + " of " + tasks);
        var rows = gradients.detach().to(DType.F64);
        double[][] gram = rows.matmul(rows.transpose()).toRows(), shares = new double[tasks][tasks];
        for (int i = 0; i < tasks; i++) shares[i][i] = 1;
        switch (method) {
            case SUM -> {}
            case PCGRAD -> { for (int i = 0; i < tasks; i++) project(shares[i], gram, i, orders[i]); }
            case MIN_NORM -> {
                var weights = shortest(gram);
                for (int i = 0; i < tasks; i++) shares[i][i] = weights[i];
            }
            case EQUAL_NORMS -> {
                double mean = 0;
                for (int i = 0; i < tasks; i++) mean += Math.sqrt(gram[i][i]) / tasks;
                for (int i = 0; i < tasks; i++) if (gram[i][i] > 0) shares[i][i] = mean / Math.sqrt(gram[i][i]);
            }
        }
        var weights = sumOfRows(shares);
        var update = gradients.detach().get(0).mul(weights[0]);
        for (int k = 1; k < tasks; k++) update = update.add(gradients.detach().get(k).mul(weights[k]));
        return new Combined(update.compute(), shares, Conflicts.of(gram));
    }

    /**
     * Differentiates each loss and combines: what {@link Optimizer#step(Tensor...)} of these parameters takes.
     *
     * @param parameters that the tasks share; one that a loss does not depend on has a zero gradient there
     * @param losses one a task
     */
    public Tensor[] gradients(List<Tensor> parameters, Rng rng, Tensor... losses) {
        var inputs = parameters.toArray(Tensor[]::new);
        var rows = new Tensor[losses.length];
        for (int task = 0; task < losses.length; task++) {
            var found = Autograd.gradients(losses[task], inputs, false);
            for (int i = 0; i < found.length; i++) found[i] = (found[i] == null ? inputs[i].detach().zerosLike() : found[i]).flatten();
            rows[task] = Tensor.concat(0, found);
        }
        var update = combine(Tensor.stack(0, rows), rng).update;
        var parts = new Tensor[inputs.length];
        long from = 0;
        for (int i = 0; i < parts.length; i++) {
            var x = inputs[i];
            parts[i] = update.narrow(0, from, x.count()).reshape(x.shape().toArray()).to(x.dtype());
            from += x.count();
        }
        return parts;
    }

    private static double[] sumOfRows(double[][] rows) {
        var sum = new double[rows.length];
        for (var row : rows) Vectors.addScaled(sum, 1, row);
        return sum;
    }

    private static int tasks(Tensor gradients) {
        if (gradients.rank() != 2 || gradients.size(0) == 0 || !gradients.dtype().isFloat())
            throw new ShapeException("GradientSurgery: gradients " + gradients.dtype() + " " + gradients.shape()
                    + "; they are a float matrix with a row for each task");
        return Math.toIntExact(gradients.size(0));
    }

    /** {@code h} is the i-th projected gradient, as a combination of the given ones. */
    private static void project(double[] h, double[][] gram, int i, int[] order) {
        for (int j : order) {
            if (j == i) continue;
            double product = Vectors.dot(h, gram[j]);
            if (product < 0) h[j] -= product / gram[j][j];
        }
    }

    /**
     * Weights w of the simplex with the least {@code w'Gw}: weight moves from the worst vertex in use to the best, by an exact line search, until no
     * vertex promises anything (pairwise Frank-Wolfe; Lacoste-Julien and Jaggi, 2015).
     */
    private static double[] shortest(double[][] gram) {
        int tasks = gram.length;
        var w = new double[tasks];
        Arrays.fill(w, 1.0 / tasks);
        double largest = 0;
        for (int i = 0; i < tasks; i++) largest = Math.max(largest, gram[i][i]);
        var slope = new double[tasks];
        for (int step = 0; step < MOST_STEPS; step++) {
            int best = 0, worst = -1;
            for (int i = 0; i < tasks; i++) {
                slope[i] = Vectors.dot(gram[i], w);
                if (slope[i] < slope[best]) best = i;
                if (w[i] > 0 && (worst < 0 || slope[i] > slope[worst])) worst = i;
            }
            double promised = slope[worst] - slope[best];
            if (!(promised > 4 * Math.ulp(largest))) break;
            double bend = gram[best][best] + gram[worst][worst] - 2 * gram[best][worst];
            double moved = bend > 0 ? Math.min(w[worst], promised / bend) : w[worst];
            w[worst] -= moved;
            w[best] += moved;
        }
        return w;
    }
}
