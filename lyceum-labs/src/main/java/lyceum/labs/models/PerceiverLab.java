package lyceum.labs.models;

import static lyceum.labs.Bounds.above;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.models.sequence.Perceiver;
import lyceum.models.sequence.PerceiverConfig;
import lyceum.models.sequence.PerceiverInputs;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** One model reads pictures, sound and points, whatever is put in its rows; and what it costs beside a transformer. */
@Lab(topics = "perceiver", title = "One reader for pictures, sound and points")
final class PerceiverLab implements LabBody {
    private static final int CHANNELS = 32;

    private interface Draw {
        Tensor[] of(Rng rng, int n);
    }

    @Override public void run(LabContext lab) {
        int updates = lab.param("updates", 60, 20, 2000), latents = lab.param("latents", 8, 2, 64), width = lab.param("width", 16, 8, 64);
        var config = new PerceiverConfig(CHANNELS, latents, width - width % 4, 3).withLayers(1);
        Plot curves = Figure.plot("One configuration, three kinds of input");
        var names = new String[] {"pictures", "sound", "points"};
        var draws = new Draw[] {PerceiverLab::pictures, PerceiverLab::sound, PerceiverLab::points};
        double least = 1;
        for (int k = 0; k < 3; k++) {
            var model = new Perceiver(config, lab.rng(1));
            var optimizer = new Adam(0.01).over(model.parameters()).clippedBy(Clip.norm(1));
            var rng = lab.rng(2);
            var losses = new double[updates];
            for (int i : lab.progress(names[k], updates)) {
                try (var scope = Scope.open("update")) {
                    var batch = draws[k].of(rng, 16);
                    optimizer.zeroGrad();
                    var loss = Loss.crossEntropy(model.forward(batch[0]), batch[1]);
                    loss.backward();
                    optimizer.step();
                    losses[i] = loss.item();
                }
            }
            var fresh = draws[k].of(lab.rng(3), 150);
            double right = Autograd.noGrad(() -> model.forward(fresh[0]).argmax(1).eq(fresh[1]).to(DType.F64).mean().item());
            lab.say("Of three classes of %s, %.0f%% are right.", names[k], 100 * right);
            curves = curves.line(names[k], 1, losses);
            least = Math.min(least, right);
        }
        lab.figure(
                curves.axes("update", "loss").describedAs("The same rows of 32 channels, whatever they mean; only the adapter differs."));
        double[] lengths = {64, 256, 1024, 4096}, ours = new double[4], theirs = new double[4];
        for (int i = 0; i < 4; i++) {
            int n = (int) lengths[i];
            ours[i] = FlopCounter.ofShapes(() -> new Perceiver(config, Rng.of(1)).forward(Tensor.ones(1, n, CHANNELS))).products();
            theirs[i] = FlopCounter
                    .ofShapes(() -> new TransformerEncoder(TransformerConfig.original(CHANNELS, 4, 4 * CHANNELS), 2, Rng.of(1))
                            .forward(Tensor.ones(1, n, CHANNELS)))
                    .products();
        }
        lab.figure(Figure.plot("What a forward pass costs").line("perceiver", lengths, ours)
                .line("transformer of two layers", lengths, theirs).logX().logY().axes("elements", "products")
                .describedAs("Latents read every element once; a transformer lets every element read every other in each layer."));
        lab.shows("smallest share right of the three", least, above(1 / 3.0));
    }

    private static Tensor[] pictures(Rng rng, int n) {
        var all = Datasets.digits();
        long[] y = all.y().toLongArray();
        var rows = new int[n];
        for (int i = 0; i < n; i++) do rows[i] = rng.nextInt(y.length); while (y[rows[i]] > 2);
        return new Tensor[] {PerceiverInputs.grid(all.x().rows(rows).to(DType.F32).div(16.0).reshape(n, 1, 8, 8), 2, 4, CHANNELS),
                all.y().rows(rows).to(DType.I64)};
    }

    private static Tensor[] sound(Rng rng, int n) {
        var x = new float[n * 64];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            y[i] = rng.nextInt(3);
            double phase = 2 * Math.PI * rng.nextDouble();
            for (int t = 0; t < 64; t++) x[i * 64 + t] = (float) Math.sin(phase + 2 * Math.PI * (2 + 4 * y[i]) * t / 64);
        }
        return new Tensor[] {PerceiverInputs.sound(Tensor.of(x, n, 64), 8, 4, CHANNELS), Tensor.of(y)};
    }

    /** A disc, a ring and a square's edge. */
    private static Tensor[] points(Rng rng, int n) {
        var x = new float[n * 48 * 2];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            y[i] = rng.nextInt(3);
            for (int p = 0; p < 48; p++) {
                double u = 2 * Math.PI * rng.nextDouble(), r = y[i] == 0 ? Math.sqrt(rng.nextDouble())
                        : y[i] == 1 ? 1 : 1 / Math.max(Math.abs(Math.cos(u)), Math.abs(Math.sin(u)));
                x[(i * 48 + p) * 2] = (float) (0.7 * r * Math.cos(u));
                x[(i * 48 + p) * 2 + 1] = (float) (0.7 * r * Math.sin(u));
            }
        }
        return new Tensor[] {PerceiverInputs.points(Tensor.of(x, n, 48, 2), 4, 4, CHANNELS), Tensor.of(y)};
    }
}
