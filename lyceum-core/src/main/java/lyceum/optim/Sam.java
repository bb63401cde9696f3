package lyceum.optim;

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * Sharpness-aware minimisation around any {@link Optimizer}: its step is taken with the gradient of a point uphill, so that narrow valleys, which
 * are steep there, do not hold it.
 *
 * {@snippet :
 * var sam = new Sam(new Sgd(0.1).withMomentum(0.9).over(model.parameters()), 0.05);
 * for (var batch : batches) {
 *     var seen = sam.step(() -> loss(batch));
 *     System.out.println(seen.loss() + " " + seen.gap());
 * }
 * }
 *
 * <p>A step computes {@code g} at w, moves to {@code w + e} with {@code e = rho g / |g|} (one norm over all parameters), takes the gradient there on
 * the same batch, puts w back bit for bit, and lets the optimiser step. {@link #adaptive} scales the ball by each weight's size
 * (ASAM): {@code e = rho T^2 g / |T g|} with {@code T = |w| + stabilizer} for parameters of two axes or more and 1 for the others.
 * Two evaluations of the gradient a step, or with {@link #every} two at every k-th step and one at the others.
 *
 * <p>Clipping, decay and schedule are the optimiser's and apply to the second gradient. Layers that collect statistics see the perturbed weights in
 * the second pass: give {@link #step(Supplier, Supplier)} one that does not collect there.
 *
 * @see <a href="https://arxiv.org/abs/2010.01412">Foret, Kleiner, Mobahi and Neyshabur (2021)</a>
 * @see <a href="https://arxiv.org/abs/2102.11600">Kwon, Kim, Park and Choi (2021), for ASAM</a>
 */
public final class Sam {

    /**
     * What a step saw.
     *
     * @param loss at the parameters before the step
     * @param perturbed the loss uphill; NaN at a step that did not look
     */
    public record Step(double loss, double perturbed) {

        /** How much the loss rises within the ball, to first order in where to look: large where the minimum is sharp. */
        public double gap() { return perturbed - loss; }
    }

    private final Optimizer optimizer;
    private final double rho;
    private boolean adaptive;
    private double stabilizer;
    private int every = 1;
    private long evaluations;

    /** @param rho radius of the ball, at least 0; 0.05 is usual, and for {@link #adaptive} ten times as much */
    public Sam(Optimizer optimizer, double rho) {
        this.optimizer = Objects.requireNonNull(optimizer, "optimizer");
        Settings.atLeast("Sam", "rho", rho, 0);
        this.rho = rho;
    }

    /** Measures the ball by the size of each weight: the same function with rescaled layers has the same ball. Returns this. */
    public Sam adaptive() { return adaptive(0.01); }

    /** @param stabilizer what weights near zero count as at least, about; the paper's eta, 0.01 there */
    public Sam adaptive(double stabilizer) {
        Settings.atLeast("Sam", "stabilizer", stabilizer, 0);
        this.stabilizer = stabilizer;
        adaptive = true;
        return this;
    }

    /** Looks uphill at steps 0, k, 2k, ... of the optimiser and lets the optimiser step as it would at the others. Returns this. */
    public Sam every(int k) {
        Settings.atLeast("Sam", "every", k, 1);
        every = k;
        return this;
    }

    public Optimizer optimizer() { return optimizer; }

    /** Gradients computed so far. */
    public long evaluations() { return evaluations; }

    /** One step. @param loss computes the loss of one batch, the same at each call */
    public Step step(Supplier<Tensor> loss) { return step(loss, loss); }

    /**
     * One step with a second pass of its own.
     *
     * @param loss of the batch
     * @param uphill the same loss, computed at the perturbed parameters
     * @throws LyceumException if no parameter has a gradient. Whatever is thrown, the parameters are as they were
     */
    public Step step(Supplier<Tensor> loss, Supplier<Tensor> uphill) {
        double value = evaluate(loss), perturbed = Double.NaN;
        if (optimizer.steps() % every == 0) {
            var parameters = optimizer.parameters();
            var kept = parameters.stream().map(x -> x.detach().copy()).toList();
            try {
                climb(parameters);
                perturbed = evaluate(uphill);
            } finally {
                // Subtracting e again would not give the same bits.
                Autograd.noGrad(() -> { for (int i = 0; i < kept.size(); i++) parameters.get(i).copy_(kept.get(i)); });
            }
        }
        optimizer.step();
        return new Step(value, perturbed);
    }

    /** Leaves the gradient in the parameters. */
    private double evaluate(Supplier<Tensor> loss) {
        optimizer.zeroGrad();
        var value = loss.get();
        value.backward();
        evaluations++;
        return value.item();
    }

    /** To {@code w + e}; stays at a point without slope. */
    private void climb(List<Tensor> parameters) {
        Autograd.noGrad(() -> {
            double squares = 0;
            for (var x : parameters) if (x.grad() != null) squares += scale(x).mul(x.grad().to(DType.F64)).square().sum().item();
            if (squares == 0) return;
            double length = rho / Math.sqrt(squares);
            for (var x : parameters) {
                if (x.grad() == null) continue;
                var e = scale(x).square().mul(x.grad().to(DType.F64)).mul(length);
                x.copy_(x.detach().to(DType.F64).add(e).to(x.dtype()));
            }
        });
    }

    /** T, in F64. */
    private Tensor scale(Tensor x) {
        return adaptive && x.rank() >= 2 ? x.detach().to(DType.F64).abs().add(stabilizer) : Tensor.scalar(1).to(DType.F64);
    }
}
