package lyceum.train.search;

import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.ParameterSpace;
import lyceum.withers.Withers;

/**
 * Differentiable architecture search: each choice is a mixture of its candidates by the softmax of architecture weights alpha, which descend the validation loss while
 * the network's weights w descend the training loss, step by step in turn. In the end each choice keeps its strongest candidate.
 *
 * {@snippet :
 * var found = new Darts(30).withXi(0.05).search(space, Loss::crossEntropy, train, validation, Rng.of(1), Progress.SILENT);
 * space.build(found.choice(), Rng.of(2));              // to be trained afresh
 * }
 *
 * <p>The weights that belong to alpha are approximated by one step, {@code w' = w - xi dL_train(w, alpha)/dw}. The second order gradient is that of
 * {@code L_val(w', alpha)} with respect to alpha, through w' too; it is exact here, where the paper takes a difference quotient. First order is xi = 0 and a third of the work.
 * An architecture that was cut out of the mixture was never trained as such: train it afresh, and look at the probabilities, which tend to skip connections in long runs.
 *
 * @param epochs passes over the training data, at least 1
 * @param batchSize rows of a training batch and of a validation batch, at least 1
 * @param weights how w moves
 * @param architecture how alpha moves
 * @param xi the length of the virtual step, at least 0; 0 is first order, the learning rate of {@code weights} is usual
 * @see <a href="https://arxiv.org/abs/1806.09055">Liu, Simonyan and Yang (2019)</a>
 */
@Withers
public record Darts(int epochs, int batchSize, UpdateRule weights, UpdateRule architecture, double xi) implements DartsWithers {

    /** A loss of a network's weights and its architecture's, both vectors. */
    @FunctionalInterface
    public interface BilevelLoss {
        Tensor of(Tensor w, Tensor alpha);
    }

    public Darts {
        if (epochs < 1 || batchSize < 1)
            throw new IllegalArgumentException("Darts: epochs is " + epochs + ", batchSize " + batchSize + "; at least 1 each");
        if (!(xi >= 0 && xi < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Darts: xi is " + xi + "; finite and at least 0");
    }

    /** First order, batches of 32; w by SGD at 0.025 with momentum 0.9 and decay 3e-4, alpha by Adam at 0.003 with betas 0.5 and 0.999. */
    public Darts(int epochs) {
        this(epochs, 32, new Sgd(0.025).withMomentum(0.9).withWeightDecay(3e-4), new Adam(3e-3).withBetas(0.5, 0.999), 0);
    }

    /**
     * The gradient of {@code validation(w - xi d train(w, alpha)/dw, alpha)} with respect to alpha.
     *
     * @param xi 0 for first order
     */
    public static Tensor gradient(BilevelLoss train, BilevelLoss validation, Tensor w, Tensor alpha, double xi) {
        if (xi == 0) return Autograd.noGrad(() -> Autograd.grad(a -> validation.of(w, a)).apply(alpha));
        return Autograd.noGrad(
                () -> Autograd.grad(a -> validation.of(w.sub(Autograd.grad(v -> train.of(v, a)).apply(w).mul(xi)), a)).apply(alpha));
    }

    /**
     * @param rng draws the first weights and the batches; alpha begins with zeros, all candidates alike
     * @throws lyceum.progress.CancelledException if progress says so, at an epoch's end
     * @throws lyceum.ConvergenceException if a loss is not finite
     */
    public SearchOutcome search(NetworkSpace space, Loss loss, Dataset train, Dataset validation, Rng rng, Progress progress) {
        var net = new SuperNet(space, rng.split(1));
        var vectors = ParameterSpace.of(net);
        var run = new GradientSearch(net, loss, train, validation, 0, epochs, batchSize, weights, architecture, rng);
        return run.search("DARTS", (learning, judging, pass) -> {
            BilevelLoss inner = (w, a) -> mixed(Module.with(net, vectors.split(w)), a, loss, learning, pass);
            if (xi > 0) return gradient(inner, (w, a) -> mixed(Module.with(net, vectors.split(w)), a, loss, judging, pass),
                    vectors.values(net), run.alpha(), xi);
            return gradient(inner, (w, a) -> mixed(net, a, loss, judging, pass), null, run.alpha(), 0);
        }, (learning, pass) -> mixed(net, run.alpha(), loss, learning, pass), progress);
    }

    private static Tensor mixed(SuperNet net, Tensor alpha, Loss loss, Dataset rows, Pass pass) {
        return loss.of(net.mixed(rows.x(), net.space().probabilities(alpha), pass), rows.y());
    }
}
