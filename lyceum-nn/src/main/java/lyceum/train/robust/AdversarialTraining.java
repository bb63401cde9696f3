package lyceum.train.robust;

import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * Losses of batches on what an attack makes of them, for {@link lyceum.train.Trainer#start}.
 *
 * {@snippet :
 * var loss = AdversarialTraining.of(network, train, new Pgd(ThreatModel.linf(0.1).within(0, 1), 7));
 * new Trainer(new Adam(1e-3), 20).start(network, train.size(), loss, null, rng).finish(Progress.SILENT);
 * }
 *
 * <p>The attack sees the network as it predicts, without dropout and with running averages.
 */
public final class AdversarialTraining {
    private AdversarialTraining() {}

    /** Cross-entropy of the attacked rows alone (Madry and others 2018). @param data inputs and class numbers */
    public static BatchLoss of(Module model, Dataset data, Attack attack) { return of(model, data, attack, 1); }

    /** {@code (1 - share)} of the clean loss and {@code share} of the attacked one; with half and {@link Attack#fgsm} what deep ensembles use. */
    public static BatchLoss of(Module model, Dataset data, Attack attack, double share) {
        if (!(share >= 0 && share <= 1))
            throw new IllegalArgumentException("AdversarialTraining: share is " + share + "; it lies between 0 and 1");
        return (rows, pass) -> {
            Tensor x = data.x().rows(rows), y = data.y().rows(rows);
            var attacked = share == 0 ? null : Loss.crossEntropy(model.forward(attack.perturb(model, x, y, stream(pass)), pass), y);
            if (share == 1) return attacked;
            var clean = Loss.crossEntropy(model.forward(x, pass), y);
            return share == 0 ? clean : clean.mul(1 - share).add(attacked.mul(share));
        };
    }

    /**
     * TRADES: {@code CE(f(x), y) + beta KL(f(x) || f(z))}, z the allowed point of largest divergence: accuracy on clean rows, and the same answer nearby.
     *
     * @param search its threat, steps and step size; it begins beside x, at the standard deviation of 0.001
     * @param beta 6 in the paper
     * @see <a href="https://arxiv.org/abs/1901.08573">Zhang and others (2019)</a>
     */
    public static BatchLoss trades(Module model, Dataset data, Pgd search, double beta) {
        if (!(beta >= 0)) throw new IllegalArgumentException("AdversarialTraining.trades: beta is " + beta + "; it is at least 0");
        return (rows, pass) -> {
            Tensor x = data.x().rows(rows), y = data.y().rows(rows);
            var found = Autograd.noGrad(() -> {
                var logs = model.forward(x).logSoftmax(-1).compute();
                var beside = x.add(Tensor.randn(stream(pass), x.dtype(), x.shape().toArray()).mul(1e-3));
                return search.ascend(x, search.threat().project(beside, x), z -> divergence(logs, model.forward(z).logSoftmax(-1))).rows();
            });
            var clean = model.forward(x, pass);
            var apart = divergence(clean.logSoftmax(-1), model.forward(found, pass).logSoftmax(-1)).mean();
            return Loss.crossEntropy(clean, y).add(apart.mul(beta));
        };
    }

    private static Tensor divergence(Tensor p, Tensor q) { return p.exp().mul(p.sub(q)).sum(-1); }

    private static Rng stream(Pass pass) { return pass.rng() == null ? Rng.of(0) : pass.rng(); }
}
