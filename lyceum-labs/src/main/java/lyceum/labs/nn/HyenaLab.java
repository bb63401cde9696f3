package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.HyenaConfig;
import lyceum.nn.HyenaOperator;
import lyceum.nn.Linear;
import lyceum.nn.LongConvolution;
import lyceum.nn.Pass;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Filters as long as the text, the gates between them, and a look-up that wants both. */
@Lab(topics = "hyena", title = "Long filters and the gates between them")
final class HyenaLab implements LabBody {
    private static final int KEYS = 4, WIDTH = 16;

    @Override public void run(LabContext lab) {
        int length = lab.param("length", 32, 8, 64), steps = lab.param("steps", 150, 50, 3000);
        boolean gated = lab.flag("gated", true);
        var x = Tensor.randn(lab.rng(1), 1, 4, 600).compute();
        var h = Tensor.randn(lab.rng(2), 4, 600).compute();
        lab.shows("transforms and products: largest gap of a convolution", LongConvolution.of(x, h, LongConvolution.Method.FFT)
                .sub(LongConvolution.of(x, h, LongConvolution.Method.DIRECT)).abs().max().item(), below(1e-4));
        var config = new HyenaConfig(WIDTH, 2, length).withGated(gated);
        var trained = recall(lab, config, length, steps, "order 2" + (gated ? "" : ", without gates"));
        var single = recall(lab, new HyenaConfig(WIDTH, 1, length).withGated(false), length, steps, "one long convolution");
        lab.figure(Figure.plot("Learning to recall").line("order 2", 1, trained.curve).line("one long convolution", 1, single.curve)
                .axes("step", "share right, smoothed")
                .describedAs("A key came before, with a value behind it; which value follows now? A filter cannot ask; a gate can."));
        var filters = ((HyenaOperator) trained.decoder.layers().getFirst().mixer()).filters(length);
        Plot figure = Figure.plot("Learnt filters of the first block");
        for (int c = 0; c < 4; c++) figure = figure.line("channel " + c * 5, 0, filters.get(0, c * 5).toDoubleArray());
        lab.figure(figure.axes("lag (positions)", "tap")
                .describedAs("A network of sines says each tap from its place, and a window lets the channel fade."));
        lab.say("Of the values to recall, order 2 finds %.0f%%, one long convolution %.0f%%; guessing finds %.0f%%.", 100 * trained.right,
                100 * single.right, 100.0 / KEYS);
        lab.shows("order 2, share right over that of one convolution", trained.right / single.right, atLeast(gated ? 1.1 : 0));
    }

    private record Learnt(TransformerDecoder decoder, double[] curve, double right) {}

    private static Learnt recall(LabContext lab, HyenaConfig config, int length, int steps, String name) {
        var symbols = new Embedding(Tensor.randn(lab.rng(3), 2 * KEYS, WIDTH).mul(0.5));
        var decoder = new TransformerDecoder(
                TransformerConfig.original(WIDTH, 1, 2 * WIDTH).withPlacement(TransformerConfig.Placement.PRE).withMixer(config),
                config.order(), lab.rng(4));
        var head = new Linear(WIDTH, KEYS, lab.rng(5));
        var all = new LinkedHashMap<String, Tensor>(decoder.parameters());
        symbols.parameters().forEach((n, p) -> all.put("symbols." + n, p));
        head.parameters().forEach((n, p) -> all.put("head." + n, p));
        var optimizer = new Adam(1e-2).over(all);
        var rng = lab.rng(6);
        var curve = new double[steps];
        double right = 1.0 / KEYS;
        for (int i : lab.progress(name, steps)) {
            try (var scope = Scope.open("step")) {
                var batch = sequences(rng, 32, length);
                optimizer.zeroGrad();
                var logits = head.forward(decoder.forward(symbols.forward(batch[0]), Pass.inference()));
                logits.logSoftmax(-1).gather(2, batch[1].unsqueeze(2)).squeeze(2).mul(batch[2]).sum().div(batch[2].sum()).neg().backward();
                double now = logits.argmax(-1).eq(batch[1]).to(DType.F32).mul(batch[2]).sum().div(batch[2].sum()).item();
                optimizer.step();
                curve[i] = right += (now - right) * 0.05;
            }
        }
        return new Learnt(decoder, curve, right);
    }

    /** Pairs of a key and the value that it has in this sequence; the values; 1 where a key has come before. */
    private static Tensor[] sequences(Rng rng, int size, int length) {
        long[] x = new long[size * length], value = new long[size * length];
        var counts = new float[size * length];
        for (int b = 0; b < size; b++) {
            long[] map = new long[KEYS];
            for (int k = 0; k < KEYS; k++) map[k] = rng.nextInt(KEYS);
            var known = new boolean[KEYS];
            for (int t = 0; t + 1 < length; t += 2) {
                int key = rng.nextInt(KEYS), at = b * length + t;
                x[at] = key;
                x[at + 1] = KEYS + map[key];
                value[at] = map[key];
                counts[at] = known[key] ? 1 : 0;
                known[key] = true;
            }
        }
        return new Tensor[] {Tensor.of(x, size, length), Tensor.of(value, size, length), Tensor.of(counts, size, length)};
    }
}
