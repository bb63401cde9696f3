package lyceum.optim;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.DoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.linalg.Qr;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Evidence;

/**
 * Half the mean squared error of {@code X W'} to {@code X W*'}, W 20 x 20 from zero: the second moment of the 40 inputs has eigenvalues log-spaced from 1
 * to 1e-4 in random directions.
 */
record MatrixRegression(Tensor inputs, Tensor target) {
    static final long[] SEEDS = {1, 2, 3};
    static final int SIZE = 20, EXAMPLES = 40;
    private static final int MOST = 100_000;

    static MatrixRegression of(long seed) {
        var rng = Rng.of(seed);
        Tensor basis = Qr.of(Tensor.randn(rng, DType.F64, SIZE, SIZE)).q(),
                spread = Qr.of(Tensor.randn(rng, DType.F64, EXAMPLES, SIZE)).q();
        var roots = Tensor.linspace(0, Math.log(1e-4) / 2, SIZE).exp();
        return new MatrixRegression(spread.mul(roots).matmul(basis.transpose()).mul(Math.sqrt(EXAMPLES)).compute(),
                Tensor.randn(rng, DType.F64, SIZE, SIZE).compute());
    }

    Tensor residuals(Tensor w) { return inputs.matmul(w.sub(target).transpose()); }

    double loss(Tensor w) { return residuals(w).square().sum().item() / (2 * EXAMPLES); }

    Tensor gradient(Tensor w) { return residuals(w).transpose().matmul(inputs).div(EXAMPLES); }

    /** Steps until the loss is 1e-4 of its start, at most {@code most}. @param direction from the parameter's value */
    int steps(Optimizer optimizer, Tensor w, UnaryOperator<Tensor> direction, int most) {
        double goal = 1e-4 * loss(w.detach());
        int step = 0;
        while (step < most && !(loss(w.detach()) <= goal)) {
            optimizer.step(direction.apply(w.detach()));
            step++;
        }
        return step;
    }

    static Tensor start() { return Tensor.zeros(DType.F64, SIZE, SIZE).copy().requiresGrad(); }

    /** At the best of the rates, of which it is neither the first nor the last: a better one is not left out. A rate is given up when it is behind. */
    int best(DoubleFunction<UpdateRule> rule, double... rates) {
        int best = MOST, at = 0;
        for (int i = 0; i < rates.length; i++) {
            var w = start();
            int steps = steps(rule.apply(rates[i]).over(w), w, this::gradient, best);
            if (steps >= best) continue;
            best = steps;
            at = i;
        }
        double[] sorted = Arrays.stream(rates).sorted().toArray();
        assertThat(rates[at]).isStrictlyBetween(sorted[0], sorted[sorted.length - 1]);
        return best;
    }

    /** The clause: at most a fifth of SGD's steps and fewer than Adam's, each at its best of five rates. SGD diverges beyond 2. */
    static void compare(String name, int steps, MatrixRegression problem) {
        int sgd = problem.best(Sgd::new, 1.9, 1.5, 1, 0.5, 2.1), adam = problem.best(Adam::new, 1, 3, 0.3, 10, 0.1);
        Evidence.of(name + ": steps " + steps + " over SGD's " + sgd, (double) steps / sgd, atMost(0.2));
        Evidence.of(name + ": steps " + steps + " over Adam's " + adam, (double) steps / adam, below(1));
    }
}
