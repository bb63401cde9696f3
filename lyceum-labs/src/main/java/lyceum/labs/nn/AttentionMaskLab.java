package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.AttentionConfig;
import lyceum.nn.AttentionMask;
import lyceum.nn.AttentionWeights;
import lyceum.nn.MultiHeadAttention;
import lyceum.plot.Figure;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** A gallery of masks and the tiles they save; what leaks when a mask comes late or is too weak; and what a causal layer can know. */
@Lab(topics = {"attention-mask", "causal-mask", "masked-attention-score", "causal-self-attention"}, title = "What a query may see")
final class AttentionMaskLab implements LabBody {

    @Override public void run(LabContext lab) {
        int n = lab.param("n", 48, 16, 96), window = lab.param("window", 8, 1, 40), tile = lab.param("tile", 8, 4, 32);
        double weak = lab.param("weak mask", -10.0, -100.0, -1.0);
        gallery(lab, n, window, tile);
        leaks(lab, n, weak);
        causal(lab);
    }

    private static void gallery(LabContext lab, int n, int window, int tile) {
        var masks = new LinkedHashMap<String, AttentionMask>();
        masks.put("causal", AttentionMask.causal());
        masks.put("causal window", AttentionMask.window(window, 0));
        masks.put("prefix, then causal", AttentionMask.prefix(n / 3).or(AttentionMask.causal()));
        masks.put("packed documents, causal", AttentionMask.documents(n / 2, n / 4, n - n / 2 - n / 4).and(AttentionMask.causal()));
        masks.put("padding", AttentionMask.padding(2 * n / 3));
        masks.put("every third", AttentionMask.of((p, j) -> (p - j) % 3 == 0).and(AttentionMask.causal()));
        var figures = new Figure[masks.size()];
        int i = 0, skipped = 0;
        for (var mask : masks.entrySet()) {
            int none = 0, all = 0;
            for (var row : mask.getValue().tiles(0, n, n, tile)) for (var cover : row) {
                all++;
                if (cover == AttentionMask.Cover.NONE) none++;
            }
            if (mask.getKey().equals("causal")) skipped = 100 * none / all;
            figures[i++] = Figure
                    .heatmap(mask.getKey() + ": " + 100 * none / all + "% of the tiles left out", mask.getValue().seen(n, n).to(DType.F64))
                    .axes("key", "query");
        }
        lab.figure(Figure.grid("Six masks over " + n + " positions, in tiles of " + tile, 3, figures).describedAs(
                "Bright where a query sees a key; the title counts the tiles in which nothing is seen, which a kernel never loads."));
        lab.shows("attention-mask", "tiles that a causal mask leaves out, per cent", skipped, above(20));
    }

    private static void leaks(LabContext lab, int n, double weak) {
        var scores = Tensor.randn(lab.rng(1), DType.F64, n, n).mul(3).compute();
        var seen = AttentionMask.causal().seen(n, n);
        Tensor right = AttentionMask.weights(scores, seen), late = seen.where(scores.softmax(-1), Tensor.zeros(DType.F64, 1)),
                leaking = seen.where(scores, scores.add(weak)).softmax(-1);
        double leaked = seen.where(Tensor.zeros(DType.F64, 1), leaking).sum(-1).max().item();
        lab.figure(Figure.row("Three ways to mask", Figure.heatmap("before the softmax", right).axes("key", "query"),
                Figure.heatmap("after it: rows lose weight", late).axes("key", "query"),
                Figure.heatmap("by adding " + weak + ": it leaks", leaking.add(1e-12).log()).axes("key", "query")).describedAs(
                        "Left, the weights of each row sum to 1. In the middle the first rows keep little of theirs. Right (logarithms), the hidden half still glows."));
        lab.say("Added to the scores, %.0f leaves up to %.2g of a row's weight on keys that should be hidden.", weak, leaked);
        lab.shows("attention-mask", "gap of a row's sum from 1, masked after the softmax", new AttentionWeights(late).rowGap(),
                above(1e-3));
        lab.shows("masked-attention-score", "weight on hidden keys", seen.where(Tensor.zeros(DType.F64, 1), right).sum().item(),
                exactly(0));
        lab.shows("masked-attention-score", "weight that leaks through the weak mask", leaked, above(0));
    }

    private static void causal(LabContext lab) {
        var layer = new MultiHeadAttention(new AttentionConfig(8, 2).withDtype(DType.F64).withAttention(new Attention().withCausal(true)),
                lab.rng(2));
        int length = 10;
        var x = Tensor.randn(lab.rng(3), DType.F64, 1, length, 8).compute();
        var jacobian = Autograd.jacobian(layer::forward, x).reshape(length, 8, length, 8).square().sum(new int[] {1, 3}, false).sqrt();
        var edited = Tensor.concat(1, x.narrow(1, 0, 5), x.narrow(1, 5, 1).neg(), x.narrow(1, 6, length - 6));
        var moved = layer.forward(edited).sub(layer.forward(x)).square().sum(-1).sqrt().flatten();
        lab.figure(Figure
                .row("A causal layer",
                        Figure.heatmap("How much output t depends on input s", jacobian).axes("input position", "output position"),
                        Figure.bar("What moved when token 6 was edited", Figure.numbered(1, length), moved).axes("position", "distance"))
                .describedAs(
                        "The derivative is lower triangular. After an edit of the sixth token the first five outputs are where they were, bit for bit."));
        double upper = 0;
        for (int t = 0; t < length; t++) for (int s = t + 1; s < length; s++) upper = Math.max(upper, jacobian.get(t).get(s).item());
        lab.shows("causal-mask", "largest derivative by a later input", upper, exactly(0));
        lab.shows("causal-self-attention", "movement before the edited token", moved.narrow(0, 0, 5).max().item(), atMost(0));
        lab.shows("causal-self-attention", "least movement from it on", -moved.narrow(0, 5, length - 5).min().item(), below(0));
    }
}
