package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.memory.Scope;
import lyceum.nn.AttentionConfig;
import lyceum.nn.KvCache;
import lyceum.nn.Linear;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Two heads take an offset each; a soft dictionary sharpens; key heads are shared; and a reversal is read off a cross-attention. */
@Lab(topics = {"multi-head-attention", "gqa", "cross-attention", "qkv", "projection-matrix"}, title = "Heads, keys and what they cost")
final class MultiHeadLab implements LabBody {
    private static final int LENGTH = 8, SYMBOLS = 6, WIDTH = SYMBOLS + 2 * LENGTH;

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 150, 50, 2000), heads = lab.param("heads", 2, 1, 2);
        double sharpness = lab.param("sharpness", 8.0, 0.0, 60.0);
        dictionary(lab, sharpness);
        trained(lab, steps, heads);
        sharing(lab);
    }

    private static void dictionary(LabContext lab, double sharpness) {
        Tensor keys = Qr.of(Tensor.randn(lab.rng(1), DType.F64, 6, 6)).q(), values = Tensor.arange(1, 7, 1).to(DType.F64).reshape(6, 1);
        var found = new double[61];
        for (int s = 0; s <= 60; s++) found[s] = new Attention().withScale(s == 0 ? 1e-9 : s).of(keys.narrow(0, 4, 1), keys, values).item();
        lab.figure(Figure.plot("Looking 5 up in a dictionary of 1 to 6").line("value found", 0, found).axes("sharpness", "value")
                .horizontalLine(5, "what it holds").describedAs(
                        "A flat score returns the mean of all values, 3.5; a sharp one the value under the key, as a dictionary does, but with a gradient."));
        lab.say("At sharpness %.1f the look-up gives %.3f.", sharpness,
                new Attention().withScale(Math.max(1e-9, sharpness)).of(keys.narrow(0, 4, 1), keys, values).item());
        lab.shows("qkv", "distance from the value at sharpness 60", Math.abs(found[60] - 5), below(1e-6));
    }

    /** Tokens and places one-hot; the memory of a reversal is the sequence, its queries are places. */
    private static void trained(LabContext lab, int steps, int heads) {
        var layer = new MultiHeadAttention(new AttentionConfig(heads * 32, heads).withKeyWidth(WIDTH).withValueWidth(WIDTH), lab.rng(2));
        Linear ask = new Linear(LENGTH, heads * 32L, lab.rng(3)), say = new Linear(heads * 32L, SYMBOLS, lab.rng(4));
        var all = new LinkedHashMap<String, Tensor>(layer.parameters());
        ask.parameters().forEach((name, p) -> all.put("ask." + name, p));
        say.parameters().forEach((name, p) -> all.put("say." + name, p));
        var optimizer = new Adam(1e-2).over(all);
        var rng = lab.rng(5);
        for (int i : lab.progress("steps", steps)) {
            try (var scope = Scope.open("step")) {
                var ids = Tensor.randint(rng, 0, SYMBOLS, 32, LENGTH);
                optimizer.zeroGrad();
                var logits = say.forward(layer.forward(places(ask, 32), memory(ids), Pass.inference()));
                Loss.crossEntropy(logits.reshape(-1, SYMBOLS), reversed(ids).flatten()).backward();
                optimizer.step();
            }
        }
        var ids = Tensor.randint(lab.rng(6), 0, SYMBOLS, 64, LENGTH);
        var said = say.forward(layer.forward(places(ask, 64), memory(ids), Pass.inference())).argmax(-1);
        double right = said.eq(reversed(ids)).to(DType.F64).mean().item();
        var look = layer.weights(places(ask, 64), memory(ids)).values().get(0);
        var panels = new ArrayList<Figure>();
        for (int h = 0; h < heads; h++)
            panels.add(Figure.heatmap("head " + (h + 1), look.get(h)).axes("memory position", "output position"));
        double[] qk = Svd.of(layer.head(0).qk().to(DType.F64)).s().toDoubleArray();
        panels.add(Figure.plot("Spectrum of head 1's QK matrix").line("singular value", 1, qk).axes("number", "size"));
        lab.figure(Figure.row("A reversal, learned by cross-attention", panels.toArray(Figure[]::new)).describedAs(
                "The alignment of what is said with what is read is the anti-diagonal. The query-key matrix has no more directions than places, and none beyond the head's width."));
        lab.say("After %d steps %.1f%% of the reversed symbols are right.", steps, 100 * right);
        lab.shows("cross-attention", "share of reversed symbols that are right", right, atLeast(0.9));
        lab.shows("multi-head-attention", "gap of a row's sum from 1", layer.weights(places(ask, 64), memory(ids)).rowGap(), below(1e-5));
        lab.shows("projection-matrix", "QK's last singular value over the first", qk[qk.length - 1] / qk[0], below(0.05));
    }

    private static Tensor places(Linear ask, int batch) {
        return ask.forward(Tensor.eye(DType.F32, LENGTH)).unsqueeze(0).expand(batch, -1, -1);
    }

    private static Tensor memory(Tensor ids) {
        var places = Tensor.eye(DType.F32, LENGTH).unsqueeze(0).expand(ids.size(0), -1, -1);
        return Tensor.concat(2, ids.oneHot(DType.F32, SYMBOLS), places, Tensor.zeros(ids.size(0), LENGTH, LENGTH));
    }

    private static Tensor reversed(Tensor ids) { return ids.flip(1); }

    private static void sharing(LabContext lab) {
        var rows = new ArrayList<List<?>>();
        var full = new MultiHeadAttention(new AttentionConfig(128, 8), lab.rng(7));
        var x = Tensor.randn(lab.rng(8), 1, 100, 128).compute();
        double all = 0;
        for (int keyHeads : new int[] {8, 4, 2, 1}) {
            var layer = keyHeads == 8 ? full : full.grouped(keyHeads);
            var cache = KvCache.contiguous();
            Autograd.noGrad(() -> layer.forward(x, cache, Pass.inference()));
            if (keyHeads == 8) all = cache.bytes();
            rows.add(List.of(keyHeads, cache.bytes(), cache.bytes() / 100, layer.parameterCount()));
            lab.shows("gqa", "bytes of the cache over " + keyHeads + " eighths of the full one", 8 * cache.bytes() / (all * keyHeads),
                    exactly(1));
        }
        lab.table("Eight query heads, 100 tokens, F32", List.of("key heads", "cache (bytes)", "per token (bytes)", "parameters"), rows);
    }
}
