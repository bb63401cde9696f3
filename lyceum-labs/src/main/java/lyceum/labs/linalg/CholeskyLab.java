package lyceum.labs.linalg;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Norms;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** The factor of a covariance fills column by column, then colours white noise. */
@Lab(topics = "cholesky", title = "A square root that colours noise")
final class CholeskyLab implements LabBody {
    private static final int SHOWN = 600, DRAWS = 100_000;

    @Override public void run(LabContext lab) {
        int n = lab.param("size", 8, 2, 16);
        double length = lab.param("length", 2.5, 0.2, 6.0);
        var distance = Tensor.arange(n).unsqueeze(1).sub(Tensor.arange(n).unsqueeze(0));
        var covariance = distance.div(length).abs().neg().exp();
        var factor = Cholesky.of(covariance);
        var l = factor.lower();

        var steps = new ArrayList<Figure>();
        for (int k = 1; k <= n; k++) {
            double[][] shown = l.toRows();
            for (int i = 0; i < n; i++) Arrays.fill(shown[i], Math.min(k, i + 1), n, Double.NaN);
            steps.add(Figure.heatmap("Factor after " + k + " columns", shown).axes("column", "row").measuring("entry of L"));
        }
        lab.figure(Figure.frames("The factor fills in", "column", steps)
                .describedAs("Column after column of the lower triangular factor appears; each needs only the columns to its left."));

        var z = Tensor.randn(lab.rng(1), DType.F64, n, DRAWS);
        var x = factor.times(z);
        lab.figure(Figure.row("White noise, and the same noise times L", scatter("independent", z), scatter("correlated", x))
                .describedAs("A round cloud of independent normal draws becomes a slanted ellipse with the wanted covariance."));

        var seen = x.matmul(x.transpose()).div(DRAWS);
        var variance = covariance.diagonal();
        var error = variance.outer(variance).add(covariance.square()).div(DRAWS).sqrt();
        double worst = seen.sub(covariance).div(error).abs().max().item();
        lab.say("Of %d entries of the sample covariance the worst is %.2f standard errors off; log det is %.4f.", n * n, worst,
                factor.logDet());
        lab.shows("|LL' - A| / |A|", Norms.frobenius(l.matmul(l.transpose()).sub(covariance)) / Norms.frobenius(covariance), atMost(1e-13));
        lab.check(6, "worst entry of the covariance, in standard errors", worst, below(4));
        var v = Tensor.randn(lab.rng(2), DType.F64, n);
        var updated = factor.update(v).lower().sub(Cholesky.of(covariance.add(v.outer(v))).lower());
        lab.shows("rank-one update against refactoring", Norms.frobenius(updated), below(1e-9));
        lab.shows("planted failures reported elsewhere", misplacedFailures(l), exactly(0));
    }

    /** Makes each pivot negative in turn, as {@code L D L^T} with one minus sign in D. */
    private static int misplacedFailures(Tensor l) {
        int wrong = 0;
        for (int k = 0; k < l.size(0); k++) {
            var d = new double[(int) l.size(0)];
            Arrays.fill(d, 1);
            d[k] = -1;
            try {
                Cholesky.of(l.mul(Tensor.of(d).unsqueeze(0)).matmul(l.transpose()));
                wrong++;
            } catch (NotPositiveDefiniteException e) {
                if (e.pivotIndex() != k) wrong++;
            }
        }
        return wrong;
    }

    private static Figure scatter(String title, Tensor draws) {
        var shown = draws.narrow(1, 0, SHOWN);
        return Figure.scatter(title, shown.select(0, 0), shown.select(0, 1)).axes("first coordinate", "second coordinate").limitX(-4, 4)
                .limitY(-4, 4).equalScales();
    }
}
