package lyceum.labs.core;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.plot.Figure;
import lyceum.tensor.LogSumExp;
import lyceum.tensor.Tensor;

/** Three logits become shares; the formula as it stands in the book overflows, the shifted one does not. */
@Lab(topics = {"softmax", "log-sum-exp"}, title = "Shares that survive large logits")
final class SoftmaxLab implements LabBody {
    @Override public void run(LabContext lab) {
        double a = lab.param("logit of a", 2.0, -10, 10), b = lab.param("logit of b", 1.0, -10, 10),
                c = lab.param("logit of c", -1.0, -10, 10);
        double temperature = lab.param("temperature", 1.0, 0.1, 10);
        var logits = Tensor.of(a, b, c);
        var shares = logits.softmax(0, temperature);
        lab.figure(Figure.bar("Shares of the three logits", new String[] {"a", "b", "c"}, shares).axes("class", "share")
                .describedAs("Exponentials of the logits, divided by their sum."));

        var scales = Tensor.linspace(0, 1000, 101);
        var grown = logits.add(scales.unsqueeze(1));
        Tensor naive = grown.exp().sum(1).log(), stable = grown.logSumExp(1);
        double lost = naive.isFinite().eq(0).to(DType.F64).sum().item();
        lab.figure(Figure.plot("log sum exp as the logits grow").line("shifted by the maximum", scales, stable)
                .line("as written", scales, naive).axes("added to every logit", "log sum exp")
                .describedAs("The formula as written ends where exp overflows, near 709; the shifted one goes on along the diagonal."));
        lab.say("exp overflows a double at 709.8: beyond that the naive formula gives infinity, and softmax by it NaN. Subtracting the largest logit first changes nothing but that.");
        lab.check("log-sum-exp", 5, "points at which the naive formula overflows", lost, above(0));

        var x = Tensor.randn(lab.rng(1), DType.F64, 200, 30).mul(20);
        var p = x.softmax(1);
        lab.shows("softmax", "largest distance of a sum from 1", Worst.gap(p.sum(1), Tensor.scalar(1)), below(1e-6));
        lab.shows("softmax", "largest change by adding 10,000", Worst.gap(x.add(1e4).softmax(1), p), below(1e-12));
        var row = x.get(0).mul(0.1);
        var q = row.softmax(0);
        double gap = Worst.gap(Autograd.jacobian(t -> t.softmax(0), row), Tensor.eye(DType.F64, 30).mul(q).sub(q.outer(q)));
        lab.shows("softmax", "Jacobian against diag(p) - p p'", gap, below(1e-10));
        lab.shows("log-sum-exp", "gradient of log sum exp against softmax", Worst.gap(Autograd.grad(t -> t.logSumExp()).apply(row), q),
                below(1e-12));
        lab.check("softmax", 6, "sum over a fully masked row", x.softmax(1, Tensor.of(false)).abs().sum().item(), exactly(0));
        merging(lab, x.get(0).toDoubleArray());
    }

    /** The same row in random pieces, merged in random order. */
    private static void merging(LabContext lab, double[] row) {
        double expected = Tensor.of(row).logSumExp().item();
        Worst worst = new Worst(), worstShare = new Worst();
        var shares = Tensor.of(row).softmax(0).toDoubleArray();
        var rows = new ArrayList<List<?>>();
        for (int run : lab.progress("partitions", 100)) {
            var rng = lab.rng(100 + run);
            var parts = new ArrayList<LogSumExp>();
            for (int from = 0; from < row.length;) {
                int to = Math.min(row.length, from + 1 + rng.nextInt(10));
                var part = new LogSumExp();
                for (double v : Arrays.copyOfRange(row, from, to)) part.add(v);
                parts.add(part);
                from = to;
            }
            var total = new LogSumExp();
            for (int i : rng.permutation(parts.size())) total.merge(parts.get(i));
            worst.see(Math.abs(total.value() - expected) / Math.abs(expected));
            for (int i = 0; i < row.length; i++) worstShare.see(Math.abs(total.share(row[i]) - shares[i]));
            if (run < 5) rows.add(List.of(run + 1, parts.size(), total.value()));
        }
        lab.table("log sum exp of one row, merged from pieces", List.of("partition", "pieces", "log sum exp"), rows);
        lab.check("log-sum-exp", 3, "largest relative difference over partitions", worst.value(), atMost(1e-13));
        lab.shows("softmax", "largest difference of a merged share", worstShare.value(), below(1e-6));
    }
}
