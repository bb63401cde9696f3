package lyceum.train.continual;

import java.util.Objects;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Elastic weight consolidation with one running anchor: each stage minimises
 * {@code n mean loss + lambda / 2 (w - a)' (F_1 + .. + F_k) (w - a)}, with n the stage's rows, a the weights after the stage before, and
 * F_j the
 * Fisher information of all of task j's rows at the weights that ended its stage.
 *
 * <p>Where the loss is minus a log-likelihood, {@code lambda = 1} is Laplace's approximation to Bayes, and exact for linear-Gaussian
 * models with
 * the full matrix. For networks larger values serve. {@link Form#DIAGONAL} and {@link Form#FULL} take the expectation over the model's own
 * outputs,
 * {@code sum_i J_i' H_i J_i} with J a row's Jacobian of outputs and H the Hessian of the loss in them (the Gauss-Newton form);
 * {@link Form#EMPIRICAL} squares
 * the gradients of single rows, which fades where the task is fitted. Not the squared gradient of a batch.
 *
 * @param lambda strength, at least 0
 * @param form of F; FULL holds n^2 numbers for n parameters
 * @param decay what the older sum is multiplied by at each stage's end, in (0, 1]; below 1 old tasks fade (online EWC)
 * @param prior precision of a normal prior around the first weights, at least 0
 * @param rows of a task that F is estimated from, scaled to all; 0 for all
 * @see <a href="https://arxiv.org/abs/1612.00796">Kirkpatrick et al. (2017)</a>
 * @see <a href="https://arxiv.org/abs/1712.03847">Huszar (2017), why one anchor</a>
 * @see <a href="https://arxiv.org/abs/1805.06370">Schwarz et al. (2018), for decay</a>
 */
@Withers
public record Ewc(double lambda, Form form, double decay, double prior, int rows) implements ContinualMethod, EwcWithers {
    /** Which Fisher information. */
    public enum Form {
        DIAGONAL, FULL, EMPIRICAL
    }

    public Ewc {
        if (!(lambda >= 0 && lambda < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Ewc: lambda is " + lambda + "; it is at least 0");
        Objects.requireNonNull(form, "form");
        if (!(decay > 0 && decay <= 1)) throw new IllegalArgumentException("Ewc: decay is " + decay + "; it lies in (0, 1]");
        if (!(prior >= 0 && prior < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Ewc: prior is " + prior + "; it is at least 0");
        if (prior > 0 && lambda == 0)
            throw new IllegalArgumentException("Ewc: prior is " + prior + " and lambda 0; a prior needs lambda above 0");
        if (rows < 0) throw new IllegalArgumentException("Ewc: rows is " + rows + "; it is 0 for all, or more");
    }

    /** The diagonal, of all rows; no decay, no prior. */
    public Ewc(double lambda) { this(lambda, Form.DIAGONAL, 1, 0, 0); }

    @Override public Session start(Module model, TaskObjective objective, Rng rng) {
        var anchor = new Anchor(model);
        if (prior > 0) {
            var type = anchor.space().dtype();
            long n = anchor.space().size();
            anchor.set((form == Form.FULL ? Tensor.eye(type, n) : Tensor.ones(type, n)).mul(prior / lambda), 1);
        }
        return new Session(model, objective) {
            private long n;

            @Override protected void begin(int stage, TaskBatch data) { n = data.tasks().length; }

            @Override protected Tensor[] change(int stage, Tensor[] gradients) { return anchor.pull(gradients, lambda / n); }

            @Override protected void end(int stage, TaskBatch data) {
                int all = data.tasks().length, used = rows == 0 ? all : Math.min(rows, all);
                var part = used == all ? data : data.rows(rng.split(stage).sample(all, used));
                anchor.set(new TaskFisher(objective, stage, form).of(model, part).mul((double) all / used), decay);
            }
        };
    }
}
