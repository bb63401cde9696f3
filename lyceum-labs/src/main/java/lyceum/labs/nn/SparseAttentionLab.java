package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.AttentionConfig;
import lyceum.nn.AttentionMask;
import lyceum.nn.SlidingWindowAttention;
import lyceum.nn.SparseAttention;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerDecoder;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** How far a window sees through layers, what a few global positions do to distances, and what either costs. */
@Lab(topics = {"sliding-window-attention", "longformer-bigbird"}, title = "Windows, and the shortcuts through them")
final class SparseAttentionLab implements LabBody {
    @Override public void run(LabContext lab) {
        int window = lab.param("window", 6, 2, 16), layers = lab.param("layers", 3, 1, 6),
                longest = lab.param("longest", 2048, 512, 16_384);
        reach(lab, window, layers);
        patterns(lab, window);
        costs(lab, longest);
    }

    /** Size of the gradient of the last output by each input. */
    private static void reach(LabContext lab, int window, int layers) {
        int n = 64;
        var band = new SlidingWindowAttention(window);
        Plot figure = Figure.plot("How much of the last output comes from where");
        for (int depth = 1; depth <= layers; depth++) {
            var config = TransformerConfig.original(16, 2, 32).withAttention(new AttentionConfig(16, 2).withPattern(band));
            var x = Tensor.randn(lab.rng(1), 1, n, 16).requiresGrad();
            new TransformerDecoder(config, depth, lab.rng(2)).forward(x).get(0, n - 1).mul(Tensor.randn(lab.rng(3), 16)).sum().backward();
            double[] size = x.grad().abs().sum(-1).flatten().toDoubleArray();
            int back = 0;
            for (int i = 0; i < n; i++) if (size[i] != 0) back = Math.max(back, n - 1 - i);
            figure = figure.line(depth + (depth == 1 ? " layer" : " layers"), 0, size);
            lab.shows("sliding-window-attention", "furthest input that " + depth + " layers see", back,
                    exactly(Math.min(n - 1, band.reach(depth))));
        }
        lab.figure(figure.axes("position of the input", "size of the gradient").describedAs(
                "Each layer adds a window less one to the reach, and not a position more; what comes from the far end is little."));
    }

    private static void patterns(LabContext lab, int window) {
        int n = 64;
        var patterns = new LinkedHashMap<String, SparseAttention>();
        patterns.put("window", SparseAttention.longformer(window));
        patterns.put("dilated window", SparseAttention.dilatedLongformer(window, 3));
        patterns.put("Longformer", SparseAttention.longformer(window, 0));
        patterns.put("BigBird", SparseAttention.bigBird(n, 4, 3, 2, 2, lab.rng(4)));
        var panels = patterns.entrySet().stream()
                .map(p -> Figure.heatmap(p.getKey(), p.getValue().seen(n, n).to(DType.F32)).axes("key", "query")).toArray(Figure[]::new);
        lab.figure(Figure.grid("Who sees whom", 2, panels)
                .describedAs("A band; a band with gaps; a band with one position that sees and is seen by all; "
                        + "blocks: a band of three, the first and the last, and two drawn at random in each row."));
        Plot hops = Figure.plot("Layers until the last position knows of another");
        for (var p : patterns.entrySet()) {
            int[] distance = p.getValue().hops(n - 1, n);
            var ys = new double[n];
            double far = 0;
            for (int i = 0; i < n; i++) far = Math.max(far, ys[i] = distance[i]);
            hops = hops.line(p.getKey(), 0, ys);
            if (p.getKey().equals("Longformer") || p.getKey().equals("BigBird"))
                lab.shows("longformer-bigbird", p.getKey() + ": layers between any position and the last", far, atMost(2));
        }
        lab.figure(hops.axes("position", "layers")
                .describedAs("Through windows alone distance costs layers; through a global position it costs two."));
    }

    private static void costs(LabContext lab, int longest) {
        var patterns = Map.of("every pair", AttentionMask.window(longest, longest), "window of 129", AttentionMask.window(64, 64),
                "the same with a global position", AttentionMask.window(64, 64).or(AttentionMask.globals(0)));
        Plot figure = Figure.plot("Time of one head");
        double gap = 0;
        for (var name : patterns.keySet().stream().sorted().toList()) {
            var sparse = new SparseAttention(patterns.get(name));
            int points = 0;
            for (int n = 256; n <= longest; n *= 2) points++;
            double[] lengths = new double[points], times = new double[points];
            for (int i = 0; i < points; i++) {
                int n = 256 << i;
                var x = Tensor.randn(lab.rng(5), 1, 1, n, 32).compute();
                lengths[i] = n;
                times[i] = Double.POSITIVE_INFINITY;
                for (int round = 0; round < 3; round++) {
                    long start = System.nanoTime();
                    sparse.of(x, x, x).compute();
                    times[i] = Math.min(times[i], (System.nanoTime() - start) * 1e-6);
                }
                if (n == 256) gap = Math.max(gap, sparse.of(x, x, x)
                        .sub(new Attention().withBias(sparse.seen(n, n).reshape(1, 1, n, n)).of(x, x, x)).abs().max().item());
            }
            figure = figure.line(name, lengths, times);
            lab.say("%s: %d of %d tiles at %d positions.", name, sparse.tiles(longest, longest), (long) (longest / 64) * (longest / 64),
                    longest);
        }
        lab.figure(figure.axes("positions", "milliseconds").logX().logY().describedAs(
                "Doubling the length doubles the time of a window and quadruples that of full attention; a global position costs one full row and column."));
        lab.shows("longformer-bigbird", "largest gap from full attention under the same mask", gap, below(1e-5));
    }
}
