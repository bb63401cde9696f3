package lyceum.labs.linalg;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.linalg.LeastSquares;
import lyceum.linalg.Norms;
import lyceum.linalg.Qr;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Longley's regression: Householder reflections keep the digits that the normal equations lose. */
@Lab(topics = "qr", title = "Where the digits go")
final class QrLab implements LabBody {
    @Override public void run(LabContext lab) {
        int matrices = lab.param("matrices", 100, 10, 300);
        Tensor x = Longley.design(), y = Longley.employed();
        var qr = Qr.of(x);
        double[] byQr = Longley.digits(qr.solve(y));
        var normal = new LeastSquares(LeastSquares.Method.NORMAL).fit(x, y);
        double[] byNormal = Longley.digits(normal.coefficients());
        lab.say("The seven columns rise together: their condition number is %.1e. Forming X'X squares it.", normal.condition());
        lab.figure(Figure.bars("Correct digits of Longley's coefficients", Longley.NAMES).add("QR", byQr).add("normal equations", byNormal)
                .axes("coefficient", "correct significant digits")
                .describedAs("For every coefficient QR keeps several digits more than the normal equations."));
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < byQr.length; i++) rows.add(List.of(Longley.NAMES[i], Longley.CERTIFIED[i], byQr[i], byNormal[i]));
        lab.table("Coefficients", List.of("column", "certified", "digits by QR", "digits by normal equations"), rows);
        lab.check(2, "fewest digits by QR", Arrays.stream(byQr).min().orElseThrow(), atLeast(8));
        lab.shows("digits that QR is ahead, at worst",
                Arrays.stream(byQr).min().orElseThrow() - Arrays.stream(byNormal).min().orElseThrow(), above(2));

        Worst orthonormal = new Worst(), rebuilt = new Worst(), updated = new Worst();
        int found = 0;
        for (int i : lab.progress("random matrices", matrices)) {
            var rng = lab.rng(i);
            int m = 2 + rng.nextInt(40), n = 1 + rng.nextInt(30), rank = 1 + rng.nextInt(Math.min(m, n));
            var a = Tensor.randn(rng, DType.F64, m, rank).matmul(Tensor.randn(rng, DType.F64, rank, n));
            if (Qr.pivoted(a).rank(1e-11) == rank) found++;
            var b = Tensor.randn(rng, DType.F64, m, n);
            var f = Qr.of(b);
            orthonormal.see(Norms.frobenius(f.q().transpose().matmul(f.q()).sub(Tensor.eye(DType.F64, f.q().size(1)))));
            rebuilt.see(Norms.frobenius(f.q().matmul(f.r()).sub(b)) / Norms.frobenius(b));
            var row = Tensor.randn(rng, DType.F64, n);
            var fresh = Qr.of(Tensor.concat(0, b, row.unsqueeze(0))).signNormalised();
            updated.see(Norms.frobenius(f.insertRow(m, row).signNormalised().r().sub(fresh.r())));
        }
        lab.shows("|Q'Q - I|", orthonormal.value(), atMost(1e-13));
        lab.shows("|QR - A| / |A|", rebuilt.value(), atMost(1e-13));
        lab.check(4, "planted ranks missed by pivoting", matrices - found, exactly(0));
        lab.shows("row update against refactoring", updated.value(), below(1e-10));
    }
}
