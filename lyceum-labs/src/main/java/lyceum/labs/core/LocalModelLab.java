package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.autograd.Mode;
import lyceum.autograd.Taylor;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Eigen;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A surface, and what gradient and Hessian at one point know of it: a plane and a paraboloid that leave it further away. */
@Lab(topics = "jacobian-hessian", title = "A plane and a bowl that fit at one point")
final class LocalModelLab implements LabBody {
    @Override public void run(LabContext lab) {
        var name = lab.choice("surface", "Rosenbrock", "Rosenbrock", "waves", "saddle", "sum of ReLUs");
        double px = lab.param("x", -0.6, -2, 2), py = lab.param("y", 0.9, -1, 3), angle = lab.param("direction", 20, 0, 180);
        UnaryOperator<Tensor> f = surface(name);
        var p = Tensor.of(px, py);
        var model = Taylor.quadratic(f, p);
        var shape = Figure.row(name + ": the function, its plane, its paraboloid", drawn("function", p, q -> f.apply(q).item()),
                drawn("linear model", p, model::linear), drawn("quadratic model", p, model::apply));
        lab.figure(shape.describedAs(
                "Eight even levels in each panel, of its own range: at the cross the plane has the function's slope, and straight contours, and the paraboloid bends with it as well; away from the cross both go their own ways."));

        var along = Tensor.of(Math.cos(Math.toRadians(angle)), Math.sin(Math.toRadians(angle)));
        lab.figure(
                Figure.plot("Along " + Math.round(angle) + " degrees").line("function", -1.5, 1.5, t -> f.apply(p.add(along.mul(t))).item())
                        .line("linear", -1.5, 1.5, t -> model.linear(p.add(along.mul(t))))
                        .line("quadratic", -1.5, 1.5, t -> model.apply(p.add(along.mul(t))))
                        .points("the point", new double[] {0}, new double[] {model.value()}).axes("distance from the point", "value")
                        .describedAs("One cut through the surface: the line touches it, the parabola hugs it longer."));

        var h = model.hessian();
        var curvatures = Eigen.symmetric(h).values().toDoubleArray();
        lab.table("What the point knows", List.of("quantity", "x", "y"),
                List.of(List.of("gradient", model.gradient().item(0), model.gradient().item(1)),
                        List.of("Hessian, row 1", h.item(0, 0), h.item(0, 1)), List.of("Hessian, row 2", h.item(1, 0), h.item(1, 1)),
                        List.of("curvatures (eigenvalues)", curvatures[0], curvatures[1])));
        double most = Math.max(Math.abs(curvatures[0]), Math.abs(curvatures[1])),
                least = Math.min(Math.abs(curvatures[0]), Math.abs(curvatures[1]));
        lab.say("%s%s",
                most == 0 ? "Both curvatures are 0: if the function bends, it does so at kinks, which no second derivative sees."
                        : curvatures[0] > 0 ? "Both curvatures are positive: the model is a bowl, and Newton's step goes to its floor."
                                : curvatures[1] < 0 ? "Both curvatures are negative: the model is a hill."
                                        : "One curvature is not positive: the model has no floor to step to.",
                least == 0 ? "" : String.format(Locale.ROOT, " Their sizes differ by a factor of %.1f.", most / least));
        lab.shows("entries of forward over reverse and of reverse over reverse differ by",
                h.sub(Autograd.hessian(f, p, Mode.REVERSE)).abs().max().item() / (1 + h.abs().max().item()), below(1e-12));
        lab.shows("H v without H, against H times v", Autograd.hvp(f, p, along).sub(h.matmul(along)).abs().max().item(), atMost(1e-10));
    }

    private static UnaryOperator<Tensor> surface(String name) {
        return switch (name) {
            case "waves" -> q -> q.get(0).mul(2).sin().add(q.get(1).mul(1.5).cos()).add(q.get(0).mul(q.get(1)).mul(0.3));
            case "saddle" -> q -> q.get(0).square().sub(q.get(1).sub(1).square()).add(q.get(0).pow(3).mul(0.3));
            case "sum of ReLUs" ->
                    q -> Tensor.of(new double[][] {{1, 0.5}, {-0.8, 1}, {0.3, -1}}).matmul(q).add(Tensor.of(0.5, -1, 1)).relu().sum();
            default -> q -> q.get(1).sub(q.get(0).square()).square().mul(10).add(q.get(0).rsub(1).square());
        };
    }

    private interface Height {
        double at(Tensor point);
    }

    private static Plot drawn(String title, Tensor p, Height height) {
        double x = p.item(0), y = p.item(1);
        return Landscape.of(title, x - 1.2, x + 1.2, y - 1.2, y + 1.2, "value", (a, b) -> height.at(Tensor.of(a, b)))
                .points("the point", new double[] {x}, new double[] {y}).axes("x", "y")
                .describedAs("Value of the " + title + " around the point.");
    }
}
