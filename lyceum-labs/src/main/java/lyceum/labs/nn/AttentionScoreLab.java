package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.AttentionScore;
import lyceum.nn.ScoreReport;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** One query asks ten keys, under every rule of compatibility; then the width grows, with and without the root. */
@Lab(topics = {"attention-score", "scaled-attention-score"}, title = "Who fits whom, and why the root")
final class AttentionScoreLab implements LabBody {

    @Override public void run(LabContext lab) {
        int d = lab.param("d", 8, 2, 256), keys = lab.param("keys", 10, 3, 64);
        double raise = lab.param("raise", 1.0, 0.1, 5.0);
        var rng = lab.rng(1);
        Tensor q = Tensor.randn(rng, DType.F64, 1, d).compute(), k = Tensor.randn(rng, DType.F64, keys, d).compute();
        rules(lab, q, k, d, keys);
        raised(lab, AttentionScore.scaledDot().of(q, k).flatten(), raise, keys);
        widths(lab);
    }

    private static void rules(LabContext lab, Tensor q, Tensor k, int d, int keys) {
        Map<String, AttentionScore> rules = new LinkedHashMap<>();
        rules.put("dot", AttentionScore.dot());
        rules.put("scaled dot", AttentionScore.scaledDot());
        rules.put("cosine x 5", new AttentionScore.Cosine(5, DType.F64));
        rules.put("-distance² / 2", AttentionScore.negativeSquaredDistance(0.5));
        rules.put("additive", new AttentionScore.Additive(d, d, 16, DType.F64, lab.rng(2)));
        var scores = new Series[rules.size()];
        var weights = new Series[rules.size()];
        int i = 0;
        for (var rule : rules.entrySet()) {
            var s = rule.getValue().of(q, k).flatten().detach();
            scores[i] = Series.of(rule.getKey(), s);
            weights[i++] = Series.of(rule.getKey(), s.softmax(-1));
        }
        String[] names = Figure.numbered(1, keys);
        lab.figure(Figure.row("One query, " + keys + " keys, five rules", Figure.bars("Scores", names, scores).axes("key", "score"),
                Figure.bars("After the softmax", names, weights).axes("key", "weight")).describedAs(
                        "The rules rank the keys differently: the dot product favours long keys, the cosine does not see their length, the distance prefers near ones."));
        var stretched = k.mul(Tensor.arange(1, keys + 1, 1).to(DType.F64).reshape(keys, 1));
        lab.shows("attention-score", "cosine scores move when keys are stretched",
                gap(rules.get("cosine x 5").of(q, k), rules.get("cosine x 5").of(q, stretched)), below(1e-9));
        lab.shows("attention-score", "dot scores move when keys are stretched",
                gap(AttentionScore.dot().of(q, k), AttentionScore.dot().of(q, stretched)), above(1e-3));
    }

    private static double gap(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    private static void raised(LabContext lab, Tensor scores, double raise, int keys) {
        double[] before = scores.softmax(-1).toDoubleArray(), raised = scores.toDoubleArray();
        raised[0] += raise;
        double[] after = Tensor.of(raised).softmax(-1).toDoubleArray();
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 1; i < keys; i++) most = Math.max(most, after[i] - before[i]);
        lab.say("Raising the first score by %.1f takes its weight from %.3f to %.3f; every other key pays.", raise, before[0], after[0]);
        lab.shows("attention-score", "largest gain of another key", most, below(0));
    }

    private static void widths(LabContext lab) {
        int n = 9;
        var reports = new ScoreReport[2][n];
        var widths = new double[n];
        for (int i = 0; i < n; i++) {
            int d = 4 << i;
            widths[i] = d;
            Tensor q = Tensor.randn(lab.rng(10 + i), DType.F64, 100, d), k = Tensor.randn(lab.rng(30 + i), DType.F64, 64, d);
            reports[0][i] = ScoreReport.of(AttentionScore.dot(), q, k);
            reports[1][i] = ScoreReport.of(AttentionScore.scaledDot(), q, k);
        }
        String[] names = {"q·k", "q·k / √d"};
        var top = Figure.plot("Mean weight of the best of 64 keys").axes("d", "weight").logX();
        var jacobian = Figure.plot("Size of the softmax's Jacobian").axes("d", "median Frobenius norm").logX();
        for (int r = 0; r < 2; r++) {
            double[] tops = new double[n], sizes = new double[n];
            for (int i = 0; i < n; i++) {
                tops[i] = reports[r][i].topWeight();
                sizes[i] = reports[r][i].jacobian();
            }
            top = top.line(names[r], widths, tops);
            jacobian = jacobian.line(names[r], widths, sizes);
        }
        lab.figure(Figure.row("As the width grows", top, jacobian).describedAs(
                "Without the root the softmax saturates: one key takes all, and almost no gradient passes. With it nothing depends on the width."));
        lab.shows("scaled-attention-score", "Jacobian at d = 1024, unscaled over scaled",
                reports[0][n - 1].jacobian() / reports[1][n - 1].jacobian(), below(0.05));
        lab.shows("scaled-attention-score", "scaled top weight at d = 1024", reports[1][n - 1].topWeight(), atMost(0.25));
    }
}
