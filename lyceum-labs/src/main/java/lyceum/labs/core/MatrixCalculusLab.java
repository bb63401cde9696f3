package lyceum.labs.core;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.autograd.MatrixCalculus;
import lyceum.autograd.MatrixCalculus.Identity;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** An identity, a mistake if you like, and three ways to find out. */
@Lab(topics = "matrix-calculus", title = "Trust, but perturb")
final class MatrixCalculusLab implements LabBody {
    @Override public void run(LabContext lab) {
        var names = MatrixCalculus.catalogue().stream().map(Identity::loss).toArray(String[]::new);
        var name = lab.choice("loss", "|Y - XW|^2 by W", names);
        var mistake = lab.choice("mistake", "none", "none", "transposed", "wrong sign", "factor 2");
        int rows = lab.param("rows", 4, 2, 8), columns = lab.param("columns", 4, 2, 8);
        var identity = MatrixCalculus.catalogue().stream().filter(i -> i.loss().equals(name)).findFirst().orElseThrow();
        var instance = identity.draw(lab.rng(1), rows, columns);
        var right = instance.gradient().apply(instance.x()).compute();
        var claimed = switch (mistake) {
            case "transposed" -> right.rank() == 2 ? right.transpose() : right;
            case "wrong sign" -> right.neg();
            case "factor 2" -> right.mul(2);
            default -> right;
        };
        var numeric = MatrixCalculus.differences(instance.loss(), instance.x());
        lab.figure(Figure
                .row("d " + name, drawn("claimed: " + identity.gradient(), claimed),
                        drawn("autodiff", Autograd.grad(instance.loss()).apply(instance.x())), drawn("central differences", numeric))
                .describedAs(
                        "The gradient by the formula, by reverse mode and by perturbing one entry after the other: the same picture, unless a mistake was planted."));
        if (!claimed.shape().equals(instance.x().shape())) lab.say(
                "The claimed gradient has shape %s and X has %s: this mistake shows without any check. Make the matrix square to hide it.",
                claimed.shape(), instance.x().shape());
        else {
            var check = MatrixCalculus.check(instance.loss(), claimed, instance.x(), lab.rng(2));
            lab.table("The check", List.of("against", "gap", "allowed"),
                    List.of(List.of("autodiff", check.autodiff(), 1e-9), List.of("central differences", check.differences(), 1e-5),
                            List.of("the loss along a random direction", check.direction(), 1e-8)));
            lab.say("d %s = tr(G' dX) with G = %s%s is %s.", name, identity.gradient(), mistake.equals("none") ? "" : ", " + mistake + ",",
                    check.holds() ? "right" : "wrong");
        }

        var table = new ArrayList<List<?>>();
        int held = 0, caught = 0, square = 0;
        for (var each : MatrixCalculus.catalogue()) {
            var here = each.draw(lab.rng(3), 3, 3);
            var g = here.gradient().apply(here.x());
            boolean holds = MatrixCalculus.check(here.loss(), g, here.x(), lab.rng(4)).holds();
            boolean rejected = !each.isSymmetric() && !MatrixCalculus.check(here.loss(), g.transpose(), here.x(), lab.rng(4)).holds();
            if (holds) held++;
            if (!each.isSymmetric()) square++;
            if (rejected) caught++;
            table.add(List.of(each.loss(), each.gradient(), holds ? "yes" : "no",
                    each.isSymmetric() ? "same" : rejected ? "rejected" : "accepted"));
        }
        lab.table("The catalogue, on 3 x 3 matrices", List.of("L", "G", "holds", "transposed"), table);
        lab.shows("all identities hold", held == table.size());
        lab.shows("all transposed ones are rejected", caught == square);
    }

    private static Plot drawn(String title, Tensor g) {
        var matrix = g.rank() == 2 ? g : g.unsqueeze(1);
        return Figure.heatmap(title, matrix, Figure.numbered(1, (int) matrix.size(0)), Figure.numbered(1, (int) matrix.size(1)))
                .axes("column", "row").describedAs("Entries of the gradient, " + title + ".");
    }
}
