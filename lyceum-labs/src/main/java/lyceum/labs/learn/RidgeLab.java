package lyceum.labs.learn;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.learn.linear.Lasso;
import lyceum.learn.linear.Ridge;
import lyceum.learn.linear.RidgePath;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Correlated features under two penalties: ridge spreads a share to each and keeps all, the lasso picks; both against the freedom that ridge has left. */
@Lab(topics = "ridge", title = "Strong directions stay, weak ones fade")
final class RidgeLab implements LabBody {
    private static final int FEATURES = 6;

    @Override public void run(LabContext lab) {
        int n = lab.param("rows", 60, 20, 300);
        double shared = lab.param("correlation", 0.95, 0, 0.99);
        int points = 50;
        var rng = lab.rng(0);
        var x = correlated(rng, n, shared);
        var y = x.select(1, 0).mul(2).add(x.select(1, 1)).sub(x.select(1, 4)).add(Tensor.randn(rng, DType.F64, n));

        var path = new Ridge(1).path(x, y, null);
        double[] alphas = Tensor.logspace(-3, 5, points).toDoubleArray(), df = new double[points];
        var slopes = new Tensor[points];
        var dual = new Worst();
        boolean shrinks = true, zero = false;
        double last = Double.POSITIVE_INFINITY;
        for (int i : lab.progress("strengths", points)) {
            df[i] = path.degreesOfFreedom(alphas[i]);
            slopes[i] = path.model(alphas[i]).coefficients();
            double norm = slopes[i].square().sum().item();
            zero |= slopes[i].abs().min().item() == 0;
            shrinks &= norm < last;
            last = norm;
            var primal = new Ridge(alphas[i]).withSolver(Ridge.Solver.CHOLESKY).fit(x, y).coefficients();
            dual.see(new Ridge(alphas[i]).withSolver(Ridge.Solver.DUAL).fit(x, y).coefficients(), primal);
        }
        lab.figure(Figure
                .row("Correlated features under two penalties",
                        paths("Ridge", Tensor.of(df), Tensor.stack(0, slopes)).axes("degrees of freedom", "coefficient"), lasso(x, y))
                .describedAs(
                        "Left: as degrees of freedom fall to 0 the ridge coefficients of correlated features draw together and shrink, none reaching 0 before the end. Right: the lasso sets them to 0 one after another."));
        table(lab, path);
        lab.shows("largest difference between primal and dual", dual.value(), below(1e-9));
        lab.shows("|b| shrinks at every step and no coefficient is 0", shrinks && !zero);
    }

    /** The first three features share a part, the others are alone. */
    private static Tensor correlated(Rng rng, int n, double shared) {
        var own = Tensor.randn(rng, DType.F64, n, FEATURES);
        var common = Tensor.randn(rng, DType.F64, n, 1);
        var part = Tensor.of(1, 1, 1, 0, 0, 0).mul(shared);
        return common.mul(part.sqrt()).add(own.mul(part.neg().add(1).sqrt()));
    }

    private static Plot paths(String title, Tensor at, Tensor slopes) {
        var plot = Figure.plot(title);
        for (int j = 0; j < FEATURES; j++) plot = plot.line("x" + j + (j < 3 ? " (shared)" : ""), at, slopes.select(1, j));
        return plot;
    }

    private static Plot lasso(Tensor x, Tensor y) {
        var path = new Lasso(1).path(x, y, null, 50, 1e-3);
        return paths("Lasso", path.coefficients().abs().sum(1), path.coefficients()).axes("sum of |coefficients|", "coefficient");
    }

    private static void table(LabContext lab, RidgePath path) {
        var rows = new ArrayList<List<Object>>();
        for (double alpha : new double[] {0.01, 1, 10, 100, 1000})
            rows.add(List.of(alpha, path.degreesOfFreedom(alpha), path.leaveOneOutScore(alpha), path.gcv(alpha)));
        lab.table("One decomposition, every strength", List.of("alpha", "degrees of freedom", "leave-one-out error", "GCV"), rows);
    }
}
