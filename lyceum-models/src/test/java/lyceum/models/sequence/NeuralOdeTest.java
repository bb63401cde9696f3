package lyceum.models.sequence;

import static lyceum.models.sequence.Fitting.distance;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.OdeSolver;
import lyceum.memory.Memory;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Residual;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class NeuralOdeTest {

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    /** exp of a matrix by scaling and its series. */
    private static Tensor exponential(Tensor m) {
        Tensor x = m.mul(1.0 / 1024), term = x, less = x;
        for (int k = 2; k < 20; k++) {
            term = term.matmul(x).div(k);
            less = less.add(term);
        }
        for (int k = 0; k < 10; k++) less = less.matmul(less).add(less.mul(2.0)).compute();
        return less.add(Tensor.eye(DType.F64, m.size(0)));
    }

    private static Module mlp(int inputs, int outputs, long seed) {
        var rng = Rng.of(seed);
        return new Sequential(new Linear(inputs, 8, true, DType.F64, Init.torchLinear(inputs), rng), Activation.TANH,
                new Linear(8, outputs, true, DType.F64, Init.torchLinear(8), rng));
    }

    @Acceptance(topic = "neural-ode", clause = 1)
    @Test void linearEquationsEndAtTheMatrixExponential() {
        double adaptive = 0, classical = 0, euler = 0, dense = 0;
        double lowest = Double.POSITIVE_INFINITY, highest = 0;
        for (int seed = 1; seed <= 10; seed++) {
            Tensor a = normal(seed, 4, 4).mul(0.7).compute(), h = normal(100 + seed, 3, 4), exact = h.matmul(exponential(a).transpose());
            TensorOde.Slope f = (t, x) -> x.matmul(a.transpose());
            adaptive = Math.max(adaptive, distance(TensorOde.adaptive(1e-9).solve(f, h, 0, 1), exact));
            classical = Math.max(classical, distance(TensorOde.rk4(200).solve(f, h, 0, 1), exact));
            euler = Math.max(euler, distance(TensorOde.euler(20).solve(f, h, 0, 1), exact));
            double order = Math
                    .log(distance(TensorOde.rk4(10).solve(f, h, 0, 1), exact) / distance(TensorOde.rk4(20).solve(f, h, 0, 1), exact))
                    / Math.log(2);
            lowest = Math.min(lowest, order);
            highest = Math.max(highest, order);
            double[] times = {0, 0.13, 0.4, 0.41, 0.9, 1};
            var path = TensorOde.adaptive(1e-9).solve(f, h, 0, times);
            for (int i = 0; i < times.length; i++)
                dense = Math.max(dense, distance(path.get(i), h.matmul(exponential(a.mul(times[i])).transpose())));
        }
        Evidence.of("Dormand and Prince, tolerance 1e-9: largest gap of 10 systems", adaptive, below(1e-6));
        Evidence.of("RK4 with 200 steps: largest gap", classical, below(1e-6));
        Evidence.of("Dormand and Prince, read between its steps: largest gap", dense, below(1e-6));
        Evidence.of("Euler with 20 steps, which is no match", euler, above(1e-3));
        Evidence.of("smallest order of RK4's error from 10 to 20 steps", lowest, between(3.8, 4.2));
        Evidence.of("largest order", highest, between(3.8, 4.2));
    }

    @Test void theAdaptiveSolverAgreesWithTheOneForArrays() {
        TensorOde.Slope f = (t, h) -> Tensor.stack(0, h.select(0, 1), h.select(0, 0).sin().neg().add(0.1 * t));
        var ours = TensorOde.adaptive(1e-10).solve(f, Tensor.of(1.0, 0.5), 0.3, -2);
        double[] theirs = new OdeSolver(1e-11, 1e-11, 100_000).solve((t, y, dy) -> {
            dy[0] = y[1];
            dy[1] = -Math.sin(y[0]) + 0.1 * t;
        }, new double[] {1, 0.5}, 0.3, -2);
        assertThat(distance(ours, Tensor.of(theirs))).isLessThan(1e-8);
    }

    private static Tensor[] gradients(NeuralOde.Dynamics f, TensorOde solver, NeuralOde.Gradient how, double to) {
        var x = normal(5, 2, 3).requiresGrad();
        var ode = new NeuralOde(f, solver, how);
        var inputs = new ArrayList<>(List.of(x));
        inputs.addAll(f.parameters().values());
        return Autograd.gradients(ode.solve(x, 0, to, Pass.inference()).sin().sum(), inputs.toArray(Tensor[]::new), false);
    }

    @Acceptance(topic = "neural-ode", clause = 2)
    @Test void adjointGradientsEqualThoseThroughTheSolver() {
        double worst = 0;
        int compared = 0;
        for (int seed = 1; seed <= 5; seed++)
            for (var f : List.of(NeuralOde.steady(mlp(3, 3, seed)), NeuralOde.timed(mlp(4, 3, seed))))
                for (double to : new double[] {1, -0.7}) {
                    var through = gradients(f, TensorOde.adaptive(1e-8), NeuralOde.Gradient.BACKPROP, to);
                    var adjoint = gradients(f, TensorOde.adaptive(1e-8), NeuralOde.Gradient.ADJOINT, to);
                    for (int i = 0; i < through.length; i++) {
                        worst = Math.max(worst, distance(through[i], adjoint[i]) / through[i].abs().max().item());
                        compared++;
                    }
                }
        Evidence.of("gradients of inputs and parameters", compared, exactly(100));
        Evidence.of("largest gap, relative to the gradient's largest number", worst, below(1e-4));
    }

    /** How many slopes the history of a solution holds: those that were computed with a record. */
    /** The most bytes in use at eight moments of the way forward, at its end and at up to a hundred of the way back, less those in use before. */
    private static long held(NeuralOde.Gradient how, int steps) {
        var calls = new AtomicInteger();
        var most = new AtomicLong();
        long[] before = new long[1];
        Runnable look = () -> {
            Memory.release();
            most.accumulateAndGet(Memory.stats().inUse() - before[0], Math::max);
        };
        var f = new NeuralOde.Dynamics() {
            private final Module inner = mlp(3, 3, 1);

            @Override public Tensor at(double t, Tensor h, Pass pass) {
                var y = inner.forward(h, pass).compute();
                if (calls.incrementAndGet() % Math.max(1, steps / 2) == 0) look.run();
                return y;
            }
        };
        var x = normal(1, 2048, 3).requiresGrad();
        Memory.release();
        before[0] = Memory.stats().inUse();
        var y = new NeuralOde(f, TensorOde.rk4(steps), how).solve(x, 0, 1, Pass.inference()).compute();
        look.run();
        int forward = calls.get();
        y.square().sum().backward();
        look.run();
        assertThat(forward).isEqualTo(4 * steps);
        assertThat(calls.get() - forward).isEqualTo(how == NeuralOde.Gradient.ADJOINT ? 4 * steps : 0);
        assertThat(x.grad().abs().max().item()).isPositive();
        return most.get();
    }

    @Acceptance(topic = "neural-ode", clause = 3)
    @Test void theAdjointStoresNoMoreForMoreSteps() {
        held(NeuralOde.Gradient.ADJOINT, 2);
        long few = held(NeuralOde.Gradient.BACKPROP, 10), many = held(NeuralOde.Gradient.BACKPROP, 1000);
        Evidence.of("through the solver: bytes held with 1,000 steps over those with 10", (double) many / few, above(50));
        few = held(NeuralOde.Gradient.ADJOINT, 10);
        many = held(NeuralOde.Gradient.ADJOINT, 1000);
        Evidence.of("adjoint, forward and backward: bytes held with 10 steps", few, above(2048 * 3 * 8));
        Evidence.of("adjoint: bytes held with 1,000 steps over those with 10", (double) many / few, atMost(1.25));
    }

    @Acceptance(topic = "neural-ode", clause = 4)
    @Test void aLinearFlowShiftsTheLogarithmOfDensityByItsTrace() {
        double exact = 0, estimated = 0, density = 0;
        int flows = 0;
        for (int seed = 1; seed <= 10; seed++) {
            Tensor a = normal(seed, 3, 3), x = normal(50 + seed, 6, 3);
            var linear = new Linear(a, null);
            var flow = new ContinuousFlow(NeuralOde.steady(linear), TensorOde.rk4(20));
            double t = 0.3 + 0.1 * seed, trace = a.item(0, 0) + a.item(1, 1) + a.item(2, 2);
            exact = Math.max(exact, distance(flow.move(x, 0, t, null).change(), Tensor.full(DType.F64, -t * trace, 6)));
            var many = new double[100];
            for (int i = 0; i < many.length; i++) many[i] = flow.move(x.narrow(0, 0, 1), 0, t, Rng.of(i)).change().item(0);
            double spread = a.add(a.transpose()).triu(1).square().sum().item();
            estimated = Math.max(estimated,
                    Math.abs(Arrays.stream(many).average().orElseThrow() + t * trace) / (t * Math.sqrt(spread / many.length)));
            // N(0, e^A e^A') has the density that the flow says.
            var map = exponential(a);
            var log = new ContinuousFlow(NeuralOde.steady(linear), TensorOde.adaptive(1e-9)).logDensity(x, null);
            var back = x.matmul(exponential(a.neg()).transpose());
            var expected = back.square().sum(1).mul(-0.5).sub(1.5 * Math.log(2 * Math.PI) + trace);
            density = Math.max(density, log.sub(expected).abs().div(expected.abs()).max().item());
            flows++;
        }
        Evidence.of("flows", flows, exactly(10));
        Evidence.of("exact trace: largest gap from -t tr(A)", exact, below(1e-8));
        Evidence.of("Hutchinson's trace: largest gap of the mean of 100, in its own deviations", estimated, below(4));
        Evidence.of("log-density of a transformed normal: largest relative gap", density, below(1e-6));
    }

    @Acceptance(topic = "neural-ode", clause = 5)
    @Test void eulerWithStepOneIsAResidualNetwork() {
        long different = 0, compared = 0;
        for (int seed = 1; seed <= 10; seed++) {
            var blocks = IntStream.range(0, 5)
                    .mapToObj(i -> new Sequential(new Linear(3, 7, Rng.of(i)), Activation.TANH, new Linear(7, 3, Rng.of(10 + i)))).toList();
            var x = Tensor.randn(Rng.of(seed), 4, 3).compute();
            var ode = new NeuralOde(new Staged(blocks), TensorOde.euler(5), NeuralOde.Gradient.BACKPROP);
            var end = ode.solve(x, 0, 5, Pass.inference());
            Layer network = new Sequential(blocks.stream().map(Residual::new).toArray(Layer[]::new));
            var expected = network.forward(x);
            different += end.ne(expected).countNonZero().itemLong();
            compared += end.count();
            assertThat(distance(expected, x)).isGreaterThan(0.1);
        }
        Evidence.of("numbers compared", compared, exactly(120));
        Evidence.of("numbers with other bits", different, exactly(0));
    }

    /** Block number {@code floor(t)}. */
    private static final class Staged extends NeuralOde.Dynamics {
        private final List<Sequential> blocks;

        Staged(List<Sequential> blocks) { this.blocks = blocks; }

        @Override public Tensor at(double t, Tensor h, Pass pass) { return blocks.get((int) t).forward(h, pass); }
    }

    @Test void pathsAreTrainedAndSaved() {
        var ode = new NeuralOde(NeuralOde.steady(mlp(2, 2, 1)), TensorOde.rk4(4), NeuralOde.Gradient.ADJOINT);
        var target = normal(3, 1, 2);
        var x = normal(4, 1, 2);
        double before = distance(ode.path(x, Pass.inference(), 0.5, 1).getLast(), target);
        Fitting.train(ode, new Adam(0.05), null, 60, i -> ode.path(x, Pass.inference(), 0.5, 1).getLast().sub(target).square().sum());
        assertThat(distance(ode.path(x, Pass.inference(), 0.5, 1).getLast(), target)).isLessThan(0.2 * before);
    }

    @Test void whatCannotBeSolvedIsNamed() {
        assertThatThrownBy(() -> TensorOde.rk4(0)).hasMessageContaining("0 steps");
        assertThatThrownBy(() -> TensorOde.rk4(2).solve((t, h) -> h, Tensor.of(1.0), 0, 1, 0.5)).hasMessageContaining("0.5 after 1.0");
        assertThatThrownBy(() -> TensorOde.adaptive(1e-6).solve((t, h) -> h.square(), Tensor.of(1.0), 0, 2))
                .isInstanceOf(ArithmeticException.class).hasMessageContaining("TensorOde");
        assertThatThrownBy(() -> new ContinuousFlow(NeuralOde.steady(Activation.TANH), TensorOde.rk4(2)).logDensity(Tensor.ones(3), null))
                .hasMessageContaining("(3,)");
    }

    @Test void aStateOfZeroNeedsNoAbsoluteTolerance() {
        var solver = TensorOde.adaptive(1e-6).withAbsolute(0);
        var still = Tensor.zeros(DType.F64, 2);
        assertThat(solver.solve((t, h) -> h.neg(), still, 0, 1).toDoubleArray()).containsExactly(0, 0);
        var half = Tensor.of(new double[] {0, 1});
        double[] end = solver.solve((t, h) -> h.neg(), half, 0, 1).toDoubleArray();
        assertThat(end[0]).isZero();
        assertThat(end[1]).isCloseTo(Math.exp(-1), offset(1e-5));
        double[] leaving = solver.solve((t, h) -> h.onesLike(), still, 0, 1).toDoubleArray();
        assertThat(leaving[0]).isCloseTo(1, offset(1e-9));
    }
}
