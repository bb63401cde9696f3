package lyceum.labs.nn;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;
import static lyceum.labs.Bounds.exactly;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.AttentionConfig;
import lyceum.nn.LinearAttention;
import lyceum.nn.LinearAttentionConfig;
import lyceum.nn.MixerConfig;
import lyceum.nn.Pass;
import lyceum.nn.PositiveFeatures;
import lyceum.nn.RetentionConfig;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Sums over keys that are taken once: one answer in three ways, memory that stands still, time that doubles with the length, and what random features cost. */
@Lab(topics = {"linear-attention", "retnet"}, title = "Attention with the brackets moved")
final class LinearAttentionLab implements LabBody {
    private static final int WIDTH = 32, HEADS = 4;

    @Override public void run(LabContext lab) {
        int longest = lab.param("longest", 1024, 256, 8192), draws = lab.param("draws", 12, 4, 100);
        double size = lab.param("size of queries and keys", 0.25, 0.05, 1.5);
        forms(lab);
        costs(lab, longest);
        features(lab, draws, size);
    }

    private static void forms(LabContext lab) {
        var x = Tensor.randn(lab.rng(1), 1, 150, WIDTH).compute();
        for (boolean retained : new boolean[] {true, false}) {
            Tensor first = null;
            double gap = 0;
            for (int chunk : new int[] {LinearAttentionConfig.PARALLEL, 32, 1}) {
                MixerConfig config = retained ? new RetentionConfig(WIDTH, HEADS).withChunk(chunk)
                        : new LinearAttentionConfig(WIDTH, HEADS).withChunk(chunk);
                var y = config.build(lab.rng(2)).forward(x);
                if (first == null) first = y;
                gap = Math.max(gap, y.sub(first).abs().max().item());
            }
            lab.shows(retained ? "retnet" : "linear-attention", "parallel, in chunks, step by step: largest gap", gap, below(1e-4));
        }
        var config = new RetentionConfig(64, 8);
        Plot spans = Figure.plot("What is left of a position");
        for (int head = 0; head < 8; head += 2) {
            double g = config.decay(head);
            spans = spans.line("head " + head, 0, 500, n -> Math.pow(g, n));
        }
        lab.figure(
                spans.axes("positions ago", "weight").describedAs("Each head of a retention forgets at its own pace, whatever was said."));
    }

    private static void costs(LabContext lab, int longest) {
        var names = List.of("softmax attention", "linear attention", "retention");
        var configs = List.<MixerConfig>of(new AttentionConfig(WIDTH, HEADS).withAttention(new Attention().withCausal(true)),
                new LinearAttentionConfig(WIDTH, HEADS), new RetentionConfig(WIDTH, HEADS));
        int points = 0;
        for (int n = 128; n <= longest; n *= 2) points++;
        double[] lengths = new double[points], times = new double[points], bytes = new double[points];
        Plot time = Figure.plot("Time of a sequence"), memory = Figure.plot("Memory of decoding");
        for (int c = 0; c < configs.size(); c++) {
            var mixer = configs.get(c).build(lab.rng(3));
            var state = mixer.start();
            for (int i = 0, n = 128; i < points; i++, n *= 2) {
                var x = Tensor.randn(lab.rng(4), 1, n, WIDTH).compute();
                times[i] = Double.POSITIVE_INFINITY;
                for (int round = 0; round < 3; round++) {
                    long start = System.nanoTime();
                    Autograd.noGrad(() -> mixer.forward(x).compute());
                    times[i] = Math.min(times[i], (System.nanoTime() - start) * 1e-6);
                }
                long more = n - state.length();
                Autograd.noGrad(() -> mixer.forward(x.narrow(1, 0, more), state, Pass.inference()).compute());
                bytes[i] = state.bytes() / 1024.0;
                lengths[i] = n;
            }
            time = time.line(names.get(c), lengths.clone(), times.clone());
            memory = memory.line(names.get(c), lengths.clone(), bytes.clone());
            if (c == 2) lab.shows("retnet", "memory after the longest over that after 128", bytes[points - 1] / bytes[0], exactly(1));
        }
        lab.figure(Figure
                .row("Length", time.axes("positions", "milliseconds").logX().logY(), memory.axes("positions", "kilobytes").logX().logY())
                .describedAs(
                        "Softmax attention compares all pairs and keeps all keys; the other two pass on a state of one size. On short sequences a good kernel hides the difference."));
    }

    private static void features(LabContext lab, int draws, double size) {
        Tensor q = Tensor.randn(lab.rng(5), DType.F64, 1, 1, 40, 8).mul(size),
                k = Tensor.randn(lab.rng(6), DType.F64, 1, 1, 40, 8).mul(size), v = Tensor.randn(lab.rng(7), DType.F64, 1, 1, 40, 8);
        var exact = new Attention().withScale(1).of(q, k, v);
        double[] counts = new double[6], errors = new double[6];
        for (int i = 0; i < 6; i++) {
            counts[i] = 16 << i;
            for (int d = 0; d < draws; d++) {
                var map = PositiveFeatures.draw(16 << i, 8, true, DType.F64, lab.rng(100L * i + d + 1000));
                errors[i] += LinearAttention.of(map, q, k, v, false, 1).sub(exact).square().mean().item() / draws;
            }
            errors[i] = Math.sqrt(errors[i]);
        }
        lab.figure(Figure.plot("Error of attention by random features").line("root mean square", counts, errors).axes("features", "error")
                .logX().logY().describedAs("Four times the features halve the error; longer queries and keys raise it steeply."));
        lab.shows("linear-attention", "slope between the fewest and the most", Math.log(errors[5] / errors[0]) / Math.log(32),
                between(-0.75, -0.25));
    }
}
