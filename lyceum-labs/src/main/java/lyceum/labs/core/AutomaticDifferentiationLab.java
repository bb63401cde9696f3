package lyceum.labs.core;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Shrink the step of a difference quotient and its error falls, then rises again. The derivative of the program has no step. */
@Lab(topics = "automatic-differentiation", title = "The V and the flat line")
final class AutomaticDifferentiationLab implements LabBody {
    private static final double FLOOR = 1e-17; // below this the axis would have to show a zero error

    private record Known(String name, UnaryOperator<Tensor> f, DoubleUnaryOperator slope) {}
    private static final List<Known> FUNCTIONS = List.of(
            new Known("exp(x) sin(x)", x -> x.exp().mul(x.sin()), x -> Math.exp(x) * (Math.sin(x) + Math.cos(x))),
            new Known("log(1 + x^2)", x -> x.square().add(1).log(), x -> 2 * x / (1 + x * x)),
            new Known("x^7 by a loop", x -> Collections.nCopies(6, x).stream().reduce(x, Tensor::mul), x -> 7 * Math.pow(x, 6)));

    @Override public void run(LabContext lab) {
        var name = lab.choice("function", "exp(x) sin(x)", FUNCTIONS.stream().map(Known::name).toArray(String[]::new));
        double at = lab.param("x", 0.9, 0.2, 2);
        int variables = lab.param("variables", 200, 10, 1000);
        var known = FUNCTIONS.stream().filter(k -> k.name.equals(name)).findFirst().orElseThrow();

        int n = 60;
        double[] step = Tensor.logspace(-15, -0.5, n).toDoubleArray(), central = new double[n], oneSided = new double[n],
                flat = new double[n];
        for (int i = 0; i < n; i++) {
            central[i] = Math.max(FLOOR, error(known, at, (value(known, at + step[i]) - value(known, at - step[i])) / (2 * step[i])));
            oneSided[i] = Math.max(FLOOR, error(known, at, (value(known, at + step[i]) - value(known, at)) / step[i]));
            flat[i] = Math.max(FLOOR, error(known, at, gradient(known, at)));
        }
        double best = Arrays.stream(central).min().orElseThrow();
        lab.figure(Figure.plot("Error of the slope of " + name).line("forward difference", step, oneSided)
                .line("central difference", step, central).line("automatic", step, flat).axes("step h", "relative error").logX().logY()
                .describedAs(
                        "Both differences form a V: truncation on the right, cancellation on the left. The automatic derivative is a flat line at rounding."));
        lab.say("The luckiest of %d steps leaves a relative error of %.1e; the automatic derivative's is %.1e.", n, best,
                error(known, at, gradient(known, at)));

        lab.shows("error of the gradient", error(known, at, gradient(known, at)), below(1e-14));
        lab.shows("best error of a central difference", best, atLeast(1e-13));
        prices(lab, variables);
        series(lab);
    }

    private static double value(Known known, double x) { return known.f.apply(Tensor.of(x)).item(); }

    private static double gradient(Known known, double x) { return Autograd.grad(t -> known.f.apply(t).sum()).apply(Tensor.of(x)).item(); }

    private static double error(Known known, double x, double slope) {
        double expected = known.slope.applyAsDouble(x);
        return Math.abs(slope - expected) / Math.max(1, Math.abs(expected));
    }

    /** A gradient in many variables by both ways, with the clock running. */
    private static void prices(LabContext lab, int variables) {
        var a = Tensor.randn(lab.rng(1), DType.F64, variables, variables).div(variables).compute();
        UnaryOperator<Tensor> f = x -> a.matmul(x).tanh().square().sum();
        var x = Tensor.randn(lab.rng(2), DType.F64, variables).compute();
        Autograd.grad(f).apply(x).compute();
        long start = System.nanoTime();
        var gradient = Autograd.grad(f).apply(x).compute();
        long automatic = System.nanoTime() - start;
        var differences = new double[variables];
        start = System.nanoTime();
        for (int i : lab.progress("differences", variables)) {
            var nudge = Tensor.arange(variables).eq(i).to(DType.F64).mul(1e-5);
            differences[i] = (f.apply(x.add(nudge)).item() - f.apply(x.sub(nudge)).item()) / 2e-5;
        }
        long numeric = System.nanoTime() - start;
        lab.table("A gradient in " + variables + " variables", List.of("way", "evaluations of f", "milliseconds"),
                List.of(List.of("central differences", 2 * variables, numeric / 1e6), List.of("automatic, reverse", 1, automatic / 1e6)));
        lab.shows("both ways agree", Worst.gap(gradient, Tensor.of(differences)), below(1e-6));
    }

    /** Six derivatives at once. */
    private static void series(LabContext lab) {
        var known = new double[] {1, 1, 1 / 2.0, 0, -1 / 8.0, -1 / 15.0, -1 / 240.0};
        var found = Autograd.taylor(t -> t.sin().exp(), Tensor.of(0.0), Tensor.of(1.0), 6);
        var rows = new ArrayList<List<?>>();
        var worst = new Worst();
        for (int k = 0; k <= 6; k++) {
            rows.add(List.of(k, found[k].item(), known[k]));
            worst.see(Math.abs(found[k].item() - known[k]));
        }
        lab.table("Taylor coefficients of exp(sin t) at 0", List.of("order", "by Taylor mode", "from the tables"), rows);
        lab.shows("largest error of a coefficient", worst.value(), below(1e-12));
    }
}
