package lyceum.models.generative;

import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;

/**
 * What names the axes of a {@link Vae}'s code where data alone cannot: pairs that share factors, or a few labels.
 *
 * {@snippet :
 * WeakSupervision.pairs(vae, trainer, first, second, 0, rng).finish(Progress.SILENT);
 * WeakSupervision.labels(vae, trainer, x, labelled, factors, 100, rng).finish(Progress.SILENT);
 * }
 */
public final class WeakSupervision {
    private WeakSupervision() {}

    /**
     * A training on pairs of rows that differ in few factors, nobody says which. Of each pair, numbers of the code whose two distributions are near are given one distribution, of mean means and mean
     * variances: what is shared goes into the same numbers in all pairs.
     *
     * @param first (n, ..)
     * @param second (n, ..), row by row the others of the pairs
     * @param changed how many numbers of the code are left apart; 0 for those whose divergence is above the middle between the pair's least and greatest
     * @see <a href="https://arxiv.org/abs/2002.02886">Locatello and others (2020), Ada-GVAE</a>
     */
    public static TrainingRun pairs(Vae vae, Trainer trainer, Tensor first, Tensor second, int changed, Rng rng) {
        if (!first.shape().equals(second.shape()))
            throw new ShapeException("WeakSupervision.pairs: data " + first.shape() + " and " + second.shape() + "; alike, row by row");
        long k = vae.config().latent().count();
        if (changed < 0 || changed >= k) throw new IllegalArgumentException(
                "WeakSupervision.pairs: " + changed + " numbers of " + k + " left apart; 0 to choose, and fewer than all");
        if (vae.config().samples() > 1)
            throw new IllegalArgumentException("WeakSupervision.pairs: " + vae.config().samples() + " samples; one, with pairs");
        vae.requireFitting(first);
        vae.requireFitting(second);
        var run = new TrainingRun[1];
        run[0] = trainer.start(vae, Math.toIntExact(first.size(0)),
                (rows, pass) -> pairLoss(vae, first.rows(rows), second.rows(rows), changed, run[0].steps(), pass), null, rng);
        return run[0];
    }

    /** The loss of pairs at a step: the mean of both rows' losses. */
    static Tensor pairLoss(Vae vae, Tensor x, Tensor y, int changed, long step, Pass pass) {
        Vae.Posterior p = vae.posterior(x, pass), q = vae.posterior(y, pass);
        var shared = shared(p, q, changed);
        Tensor mean = p.mean().add(q.mean()).div(2), logVariance = p.logVariance().exp().add(q.logVariance().exp()).div(2).log();
        return vae.loss(x, merged(p, shared, mean, logVariance), step, pass)
                .add(vae.loss(y, merged(q, shared, mean, logVariance), step, pass)).div(2);
    }

    private static Vae.Posterior merged(Vae.Posterior own, Tensor shared, Tensor mean, Tensor logVariance) {
        return new Vae.Posterior(shared.where(mean, own.mean()), shared.where(logVariance, own.logVariance()));
    }

    /** Which numbers of the codes count as shared, in the shape of the codes. */
    private static Tensor shared(Vae.Posterior p, Vae.Posterior q, int changed) {
        return Autograd.noGrad(() -> {
            var ratio = p.logVariance().sub(q.logVariance());
            var far = p.mean().sub(q.mean()).square().div(q.logVariance().exp());
            var apart = far.add(ratio.exp()).sub(1).sub(ratio).div(2).reshape(p.mean().size(0), -1);
            var limit = changed == 0 ? apart.max(1, true).add(apart.min(1, true)).div(2)
                    : apart.gather(1, apart.argsort(1, true)).narrow(1, changed - 1, 1);
            return apart.lt(limit).reshape(p.mean().shape().toArray()).compute();
        });
    }

    /**
     * A training on data of which a few rows are labelled: the j-th number of a code is drawn to the j-th factor of labelled rows, by {@code weight} times the squared difference of
     * the mean code.
     *
     * @param data (n, ..)
     * @param labelled (m, ..), all seen in each step
     * @param factors of the labelled rows, (m, f) with f at most the numbers of a code; scale them to mean 0 and deviation 1, as the prior has it
     * @param weight at least 0
     */
    public static TrainingRun labels(Vae vae, Trainer trainer, Tensor data, Tensor labelled, Tensor factors, double weight, Rng rng) {
        long k = vae.config().latent().count();
        if (factors.rank() != 2 || factors.size(0) != labelled.size(0) || factors.size(1) > k) throw new ShapeException(
                "WeakSupervision.labels: factors " + factors.shape() + " of data " + labelled.shape() + " for codes of " + k + " numbers");
        if (!(weight >= 0)) throw new IllegalArgumentException("WeakSupervision.labels: weight is " + weight + "; at least 0");
        vae.requireFitting(data);
        var run = new TrainingRun[1];
        run[0] = trainer.start(vae, Math.toIntExact(data.size(0)), (rows, pass) -> {
            var mean = vae.posterior(labelled, pass).mean().reshape(labelled.size(0), -1).narrow(1, 0, factors.size(1));
            var off = mean.sub(factors.to(mean.dtype())).square().sum(1).mean();
            return vae.loss(data.rows(rows), run[0].steps(), pass).add(off.mul(weight));
        }, null, rng);
        return run[0];
    }
}
