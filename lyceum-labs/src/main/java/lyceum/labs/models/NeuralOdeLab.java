package lyceum.labs.models;

import static lyceum.labs.Bounds.below;

import java.util.concurrent.atomic.AtomicInteger;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.models.sequence.NeuralOde;
import lyceum.models.sequence.TensorOde;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A spiral is learned as the field that drives it, and what both kinds of gradients store. */
@Lab(topics = "neural-ode", title = "The field behind a spiral")
final class NeuralOdeLab implements LabBody {

    @Override public void run(LabContext lab) {
        int updates = lab.param("updates", 60, 20, 2000), steps = lab.param("solver steps between observations", 2, 1, 10);
        var gradient = lab.flag("adjoint", false) ? NeuralOde.Gradient.ADJOINT : NeuralOde.Gradient.BACKPROP;
        var times = new double[12];
        for (int i = 0; i < times.length; i++) times[i] = 0.25 * (i + 1);
        var start = Tensor.of(new float[] {2, 0}, 1, 2);
        // h' = A h with A = ((-0.3, -2), (2, -0.3)).
        var spiral = TensorOde.rk4(20).solve((t, h) -> turned(h), start, 0, times);
        var truth = Tensor.concat(0, spiral.toArray(Tensor[]::new)).compute();
        var rng = lab.rng(1);
        Module field = new Sequential(new Linear(2, 24, rng), Activation.TANH, new Linear(24, 2, rng));
        var ode = new NeuralOde(NeuralOde.steady(field), TensorOde.rk4(steps), gradient);
        var optimizer = new Adam(0.03).over(ode.parameters());
        var losses = new double[updates];
        for (int i : lab.progress("updates", updates)) {
            try (var scope = Scope.open("update")) {
                optimizer.zeroGrad();
                var loss = path(ode, start, times).sub(truth).square().mean();
                loss.backward();
                optimizer.step();
                losses[i] = loss.item();
            }
        }
        var learned = path(ode, start, times);
        int side = 9;
        double[] x = new double[side * side], y = x.clone(), tox = x.clone(), toy = x.clone();
        for (int i = 0; i < x.length; i++) {
            x[i] = -2 + 4.0 * (i % side) / (side - 1);
            y[i] = -2 + 4.0 * (i / side) / (side - 1);
            double[] slope = field.forward(Tensor.of(new float[] {(float) x[i], (float) y[i]}, 1, 2)).toDoubleArray();
            tox[i] = x[i] + 0.08 * slope[0];
            toy[i] = y[i] + 0.08 * slope[1];
        }
        lab.figure(Figure.plot("The learned field and its path").arrows("field", x, y, tox, toy).points("observed", truth)
                .line("path", learned.select(1, 0), learned.select(1, 1)).axes("h1", "h2")
                .describedAs("Arrows show where the learned field carries a point; the path follows the observations inwards."));
        lab.figure(Figure.line("Loss", 1, losses).logY().axes("update", "mean squared gap")
                .describedAs("Of twelve observations along the path."));
        var counts = new int[] {10, 20, 50, 100};
        Plot stored = Figure.plot("Slopes that wait for the way back");
        for (var how : NeuralOde.Gradient.values()) {
            var held = new double[counts.length];
            for (int i = 0; i < counts.length; i++) held[i] = recorded(how, counts[i], start);
            stored = stored.line(how == NeuralOde.Gradient.ADJOINT ? "adjoint" : "through the solver", new double[] {10, 20, 50, 100},
                    held);
        }
        lab.figure(stored.axes("steps of the solver", "recorded slopes")
                .describedAs("Back through the solver every slope is kept; the adjoint keeps the end alone and computes the way again."));
        lab.shows("last loss over the first", losses[updates - 1] / losses[0], below(1));
    }

    private static Tensor turned(Tensor h) {
        Tensor a = h.select(1, 0), b = h.select(1, 1);
        return Tensor.stack(1, a.mul(-0.3).sub(b.mul(2.0)), a.mul(2.0).sub(b.mul(0.3)));
    }

    private static Tensor path(NeuralOde ode, Tensor start, double... times) {
        return Tensor.concat(0, ode.path(start, Pass.inference(), times).toArray(Tensor[]::new));
    }

    private static int recorded(NeuralOde.Gradient how, int steps, Tensor start) {
        var count = new AtomicInteger();
        var layer = Tensor.eye(2).requiresGrad();
        new NeuralOde(NeuralOde.steady((h, pass) -> {
            var y = h.matmul(layer).tanh();
            if (y.isTracked()) count.incrementAndGet();
            return y;
        }), TensorOde.rk4(steps), how).solve(start.copy().requiresGrad(), 0, 1, Pass.inference());
        return count.get();
    }
}
