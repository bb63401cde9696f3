package lyceum.train;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.DataLoader;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Reduction;
import lyceum.optim.Adam;
import lyceum.optim.Lbfgs;
import lyceum.optim.Minimum;
import lyceum.optim.Optimizer;
import lyceum.optim.Schedule;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * How an {@link Mlp} is fitted: mini-batches with a first-order rule, or L-BFGS on all rows at once.
 *
 * {@snippet :
 * var fit = new MlpFit().withEpochs(100).withValidationShare(0.1).withPatience(10);
 * History history = fit.fit(network, x, y, Rng.of(2));         // again: goes on from where the parameters are (a warm start)
 * var session = fit.session(network, Rng.of(3));
 * for (var part : stream) session.pass(part.x(), part.y());    // partial fit: the optimiser remembers
 * Minimum found = fit.minimize(network, x, y, null, new Lbfgs(), Progress.SILENT);
 * }
 *
 * <p>The objective is the mean over rows (weights scaled to mean 1) of the head's loss, cross-entropy or half the squared error averaged over
 * outputs, plus {@code penalty / 2} times the sum of squared weights; biases are free. (scikit-learn's {@code alpha} is this penalty times the
 * number of rows of a batch.)
 *
 * @param rule of mini-batch steps
 * @param schedule of its rate
 * @param epochs at most
 * @param batchSize rows of a batch, at most all
 * @param penalty on squared weights, at least 0
 * @param validationShare of the rows, in [0, 1), kept apart for early stopping; 0 stops on the training loss
 * @param patience epochs without improvement before it stops; 0 never stops early
 * @param tolerance what counts as an improvement
 */
@Withers
public record MlpFit(UpdateRule rule, Schedule schedule, int epochs, int batchSize, double penalty, double validationShare, int patience,
        double tolerance) implements MlpFitWithers {
    public MlpFit {
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(schedule, "schedule");
        if (epochs < 1 || batchSize < 1)
            throw new IllegalArgumentException("MlpFit: " + epochs + " epochs with batches of " + batchSize + "; both are at least 1");
        if (!(penalty >= 0)) throw new IllegalArgumentException("MlpFit: penalty is " + penalty + "; it is at least 0");
        if (!(validationShare >= 0 && validationShare < 1))
            throw new IllegalArgumentException("MlpFit: validationShare is " + validationShare + "; it lies in [0, 1)");
        if (patience < 0 || !(tolerance >= 0))
            throw new IllegalArgumentException("MlpFit: patience is " + patience + " and tolerance " + tolerance + "; both are at least 0");
    }

    /** Adam at 1e-3, 200 epochs of batches of 64, penalty 1e-6, stopping after 10 epochs without an improvement of 1e-4. */
    public MlpFit() { this(new Adam(1e-3), Schedule.CONSTANT, 200, 64, 1e-6, 0, 10, 1e-4); }

    /** Like {@link #fit(Mlp, Tensor, Tensor, Tensor, Rng, Progress)}, with equal weights and in silence. */
    public History fit(Mlp network, Tensor x, Tensor y, Rng rng) { return fit(network, x, y, null, rng, Progress.SILENT); }

    /**
     * Fits a network to rows, from its present parameters on.
     *
     * @param x (n, inputs)
     * @param y class numbers (n), or numbers (n, outputs); (n) will do for one output
     * @param weights of rows (n), at least 0 and not all 0; null for equal ones
     * @param rng names the order of rows, dropout and the validation part
     */
    public History fit(Mlp network, Tensor x, Tensor y, Tensor weights, Rng rng, Progress progress) {
        var problem = new Problem(network, x, y, weights, penalty);
        int n = problem.rows(), kept = (int) Math.round(validationShare * n);
        if (validationShare > 0 && (kept < 1 || kept >= n)) throw new IllegalArgumentException("MlpFit: a validation share of "
                + validationShare + " of " + n + " rows leaves " + kept + " to validate and " + (n - kept) + " to train on");
        int[] order = kept == 0 ? IntStream.range(0, n).toArray() : rng.split(3).permutation(n);
        int[] validation = Arrays.copyOf(order, kept), training = Arrays.copyOfRange(order, kept, n);
        int size = Math.min(batchSize, training.length);
        boolean lonely = network.config().norm() == MlpConfig.Norm.BATCH && training.length % size == 1;
        var trainer = new Trainer(rule, epochs).withBatchSize(size).withSchedule(schedule)
                .withLast(lonely ? DataLoader.Last.DROP : DataLoader.Last.KEEP)
                .withEarlyStopping(patience == 0 ? null : new EarlyStopping(patience, tolerance, kept > 0));
        return trainer.start(network, training.length, (rows, pass) -> problem.loss(pick(training, rows), pass),
                kept == 0 ? null : () -> Autograd.noGrad(() -> problem.error(validation)), rng).finish(progress);
    }

    /**
     * Minimises the objective over all rows by a quasi-Newton method: for small networks and data, and smooth activations. Dropout must be off.
     *
     * @return where it arrived; the network holds that point
     */
    public Minimum minimize(Mlp network, Tensor x, Tensor y, Tensor weights, Lbfgs method, Progress progress) {
        if (network.config().dropout() > 0) throw new IllegalArgumentException("MlpFit.minimize: dropout is " + network.config().dropout()
                + "; a line search needs one function, not a new one at each call: set it to 0");
        var problem = new Problem(network, x, y, weights, penalty);
        return method.minimize(List.copyOf(network.parameters().values()), problem::objective, progress);
    }

    /** Passes over data that comes in parts; the optimiser's memory goes from part to part. */
    public Session session(Mlp network, Rng rng) { return new Session(this, network, rng); }

    private static int[] pick(int[] from, int[] places) { return IntStream.of(places).map(i -> from[i]).toArray(); }

    /** A partial fit. For one thread. */
    public static final class Session {
        private final MlpFit settings;
        private final Mlp network;
        private final Optimizer optimizer;
        private final Rng rng;
        private int passes;

        private Session(MlpFit settings, Mlp network, Rng rng) {
            this.settings = settings;
            this.network = network;
            this.rng = rng;
            optimizer = settings.rule.over(network.parameters()).scheduledBy(settings.schedule);
        }

        /** One pass over these rows in batches, with equal weights; gives the mean loss. */
        public double pass(Tensor x, Tensor y) { return pass(x, y, null); }

        public double pass(Tensor x, Tensor y, Tensor weights) {
            var problem = new Problem(network, x, y, weights, settings.penalty);
            var loader = DataLoader.of(problem.rows(), Math.min(settings.batchSize, problem.rows()), rng.split(passes));
            return new BatchSteps(optimizer, problem::loss).pass(loader, rng.split(passes++));
        }
    }

    /** Data and objective of a fit. */
    private static final class Problem {
        private final Mlp network;
        private final Tensor x, y;
        private final double[] weights;
        private final double penalty;

        Problem(Mlp network, Tensor x, Tensor y, Tensor weights, double penalty) {
            var config = network.config();
            if (x.rank() != 2 || x.size(1) != config.inputs())
                throw new ShapeException("MlpFit: x has shape " + x.shape() + "; the network has " + config.inputs() + " inputs");
            boolean classes = config.head() == MlpConfig.Head.CLASSES;
            if (y.rank() == 0 || y.size(0) != x.size(0))
                throw new ShapeException("MlpFit: x has " + x.size(0) + " rows but y has shape " + y.shape());
            if (classes ? y.rank() != 1 || y.dtype().isFloat() : y.count() != x.size(0) * config.outputs())
                throw new ShapeException("MlpFit: y is " + y.dtype() + " " + y.shape() + "; "
                        + (classes ? "class numbers are integers (n)" : "numbers are (n, " + config.outputs() + ")"));
            this.network = network;
            this.penalty = penalty;
            int[] used = weights == null ? null : positive(weights, (int) x.size(0));
            var rows = used == null ? x : x.rows(used);
            var targets = used == null ? y : y.rows(used);
            this.x = rows.detach().to(config.dtype()).compute();
            this.y = classes ? targets : targets.detach().to(config.dtype()).reshape(-1, config.outputs()).compute();
            this.weights = used == null ? null : scaled(weights.toDoubleArray(), used);
        }

        /** Rows of weight 0 are left out, so that no batch is empty of weight. */
        private static int[] positive(Tensor weights, int n) {
            if (weights.rank() != 1 || weights.size(0) != n)
                throw new ShapeException("MlpFit: weights have shape " + weights.shape() + " for " + n + " rows");
            double[] w = weights.toDoubleArray();
            for (int i = 0; i < n; i++)
                if (!(w[i] >= 0) || Double.isInfinite(w[i]))
                    throw new IllegalArgumentException("MlpFit: weight " + i + " is " + w[i] + "; weights are finite and at least 0");
            int[] used = IntStream.range(0, n).filter(i -> w[i] > 0).toArray();
            if (used.length == 0) throw new IllegalArgumentException("MlpFit: all weights are 0; at least one must be positive");
            return used;
        }

        private static double[] scaled(double[] w, int[] used) {
            double sum = 0;
            for (int i : used) sum += w[i];
            double mean = sum / used.length;
            return IntStream.of(used).mapToDouble(i -> w[i] / mean).toArray();
        }

        int rows() { return (int) x.size(0); }

        Tensor loss(int[] rows, Pass pass) {
            double[] w = weights == null ? null : IntStream.of(rows).mapToDouble(i -> weights[i]).toArray();
            return penalised(mean(network.forward(x.rows(rows), pass), y.rows(rows), w));
        }

        /** Over all rows. Batch statistics are those of all rows, too. */
        Tensor objective() {
            var pass = network.config().norm() == MlpConfig.Norm.BATCH ? Pass.training(Rng.of(0)) : Pass.inference();
            return penalised(mean(network.forward(x, pass), y, weights));
        }

        /** Predicting, without the penalty. */
        double error(int[] rows) {
            double[] w = weights == null ? null : IntStream.of(rows).mapToDouble(i -> weights[i]).toArray();
            return mean(network.forward(x.rows(rows)), y.rows(rows), w).item();
        }

        private Tensor mean(Tensor out, Tensor target, double[] w) {
            var each = network.config().head() == MlpConfig.Head.CLASSES ? new CrossEntropy().withReduction(Reduction.NONE).of(out, target)
                    : out.sub(target).square().mean(1).mul(0.5);
            return w == null ? each.mean() : each.mul(Tensor.of(w).to(each.dtype())).mean();
        }

        private Tensor penalised(Tensor loss) {
            if (penalty == 0) return loss;
            for (var layer : network.layers()) loss = loss.add(layer.weight().square().sum().mul(penalty / 2));
            return loss;
        }
    }
}
