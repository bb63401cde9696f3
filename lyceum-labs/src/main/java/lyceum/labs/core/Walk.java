package lyceum.labs.core;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import lyceum.optim.Optimizer;
import lyceum.optim.UpdateRule;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** An optimiser's way over a function of the plane: coordinates and values before each step and after the last. */
record Walk(String name, double[] x, double[] y, double[] loss) {

    static Walk of(String name, UpdateRule rule, UnaryOperator<Tensor> f, double[] start, int steps) {
        return of(name, rule::over, f, start, steps);
    }

    /** @param over makes the optimiser of the point */
    static Walk of(String name, Function<Tensor, Optimizer> over, UnaryOperator<Tensor> f, double[] start, int steps) {
        var w = Tensor.of(start).requiresGrad();
        var optimizer = over.apply(w);
        double[] x = new double[steps + 1], y = new double[steps + 1], loss = new double[steps + 1];
        for (int t = 0; t <= steps; t++) {
            optimizer.zeroGrad();
            var value = f.apply(w);
            x[t] = w.item(0);
            y[t] = w.item(1);
            loss[t] = value.item();
            value.backward();
            if (t < steps) optimizer.step();
        }
        return new Walk(name, x, y, loss);
    }

    Plot onto(Plot plot) { return plot.line(name, x, y); }

    Plot lossOnto(Plot plot) { return plot.line(name, 0, loss); }
}
