package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.autograd.Taylor;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A curve and its polynomials of growing order: how far one point sees, and where more terms make it worse. */
@Lab(topics = "taylor-series", title = "How far one point sees")
final class TaylorLab implements LabBody {
    /** A function, the same for tensors, and the interval that is drawn. */
    private record Curve(DoubleUnaryOperator f, UnaryOperator<Tensor> tensor, double left, double right) {}

    private static Curve curve(String name) {
        return switch (name) {
            case "sin x" -> new Curve(Math::sin, Tensor::sin, -7, 7);
            case "exp x" -> new Curve(Math::exp, Tensor::exp, -3, 3);
            case "tanh x" -> new Curve(Math::tanh, Tensor::tanh, -3, 3);
            case "1/(1+x^2)" -> new Curve(x -> 1 / (1 + x * x), t -> t.square().add(1).reciprocal(), -2, 2);
            default -> new Curve(Math::log1p, Tensor::log1p, -0.95, 2);
        };
    }

    @Override public void run(LabContext lab) {
        var name = lab.choice("function", "ln(1+x)", "ln(1+x)", "sin x", "exp x", "tanh x", "1/(1+x^2)");
        double at = lab.param("at", 0, -0.5, 1.5);
        int most = lab.param("largest order", 12, 1, 25);
        var curve = curve(name);
        double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
        for (double x = curve.left; x <= curve.right; x += 0.05) {
            low = Math.min(low, curve.f.applyAsDouble(x));
            high = Math.max(high, curve.f.applyAsDouble(x));
        }
        double bottom = low - 0.4 * (high - low), top = high + 0.4 * (high - low);
        var frames = new ArrayList<Plot>();
        var all = IntStream.rangeClosed(0, most).mapToObj(k -> Taylor.polynomial(curve.tensor, at, k)).toList();
        for (int k = 0; k <= most; k++) {
            var polynomial = all.get(k);
            frames.add(Figure.plot("Order " + k).line(name, curve.left, curve.right, curve.f)
                    .line("polynomial", curve.left, curve.right, x -> Math.clamp(polynomial.apply(x), bottom, top))
                    .points("the point", new double[] {at}, new double[] {curve.f.applyAsDouble(at)}).limitY(bottom, top)
                    .axes("x", "value"));
        }
        lab.figure(Figure.frames(name + " and its polynomials", "order", frames).describedAs(
                "Each order touches the curve once more closely at the point. Inside the radius of convergence the polynomials close in; outside they fly off faster the higher the order."));
        DoubleBinaryOperator error = (k, x) -> Math.max(1e-17, Math.abs(all.get((int) k).apply(x) - curve.f.applyAsDouble(x)));
        var errors = Figure.plot("Error by order");
        for (double reach : new double[] {0.25, 0.5, 0.9, 1.1, 1.5})
            errors = errors.line("distance " + reach, 0,
                    IntStream.rangeClosed(0, most).mapToDouble(k -> error.applyAsDouble(k, at + reach)).toArray());
        lab.figure(errors.axes("order", "error").logY().describedAs(
                "On this scale a geometric series is a straight line: downward inside the radius of convergence, upward beyond it."));
        var rows = new ArrayList<List<?>>();
        for (int k = 0; k <= most; k++) rows.add(List.of(k, all.get(most).coefficients()[k], error.applyAsDouble(k, at + 0.5)));
        lab.table("Coefficients", List.of("order", "coefficient", "error half a unit to the right"), rows);
        lab.say("Half a unit from the point, order %d misses by %.2g; a unit and a half away it misses by %.2g.", most,
                error.applyAsDouble(most, at + 0.5), error.applyAsDouble(most, at + 1.5));

        var cubic = Taylor.polynomial(Tensor::exp, 0, 3);
        lab.shows("cubic of exp at 0.5, error over Lagrange's bound",
                Math.abs(cubic.apply(0.5) - Math.exp(0.5)) / cubic.remainder(0.5, Math.exp(0.5)), atMost(1));
        UnaryOperator<Tensor> f = x -> x.get(0).exp().mul(x.get(1).sin());
        var model = Taylor.quadratic(f, Tensor.of(0.3, 0.7));
        double[] miss = {0.02, 0.01};
        for (int i = 0; i < 2; i++)
            miss[i] = Math
                    .abs(model.apply(Tensor.of(0.3 + miss[i], 0.7 - miss[i])) - f.apply(Tensor.of(0.3 + miss[i], 0.7 - miss[i])).item());
        lab.shows("quadratic model: error after halving the step, times 8, over the one before", 8 * miss[1] / miss[0], equalTo(1, 0.05));
    }
}
