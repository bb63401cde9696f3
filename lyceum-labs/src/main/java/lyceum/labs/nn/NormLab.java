package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Hooks;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RMSNorm;
import lyceum.nn.Sequential;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** What a norm takes its statistics over decides whom an output depends on: neighbours in the batch, the length of the longest sentence, or itself alone. */
@Lab(topics = {"layer-norm", "rmsnorm", "batch-norm"}, title = "Whose mean is it?")
final class NormLab implements LabBody {

    @Override public void run(LabContext lab) {
        int depth = lab.param("layers", 8, 2, 20), batch = lab.param("batch", 4, 2, 64);
        double shift = lab.param("shift", 5.0, 0.0, 50.0);
        ragged(lab);
        shifted(lab, shift);
        histograms(lab, depth);
        modes(lab, batch);
    }

    /** One sentence of eight tokens beside a longer and longer one, padded with zeros. */
    private static void ragged(LabContext lab) {
        var sentence = Tensor.randn(lab.rng(1), DType.F64, 1, 16, 8).mul(2).add(3).compute(); // (batch, features, time)
        var layer = LayerNorm.plain(1e-5, 16);
        double[] byBatch = new double[30], byLayer = new double[30];
        Tensor first = null, firstLayer = null;
        for (int padding = 0; padding < 30; padding++) {
            var other = Tensor.randn(lab.rng(2), DType.F64, 1, 16, 8 + padding).mul(2).add(3);
            var x = Tensor.concat(0, sentence.pad(2, 0, padding, 0), other);
            var y = new BatchNorm(16, 1e-5, 0.1, DType.F64).forward(x, Pass.training(lab.rng(3))).narrow(0, 0, 1).narrow(2, 0, 8).compute();
            var z = layer.forward(x.transpose(1, 2)).narrow(0, 0, 1).narrow(1, 0, 8).compute();
            if (padding == 0) first = y;
            if (padding == 0) firstLayer = z;
            byBatch[padding] = y.sub(first).square().mean().sqrt().item();
            byLayer[padding] = z.sub(firstLayer).square().mean().sqrt().item();
        }
        lab.figure(Figure.plot("A sentence's output as its neighbour grows").line("batch norm", 0, byBatch).line("layer norm", 0, byLayer)
                .axes("padding, tokens", "root mean square change").describedAs(
                        "With statistics of the batch, padding and the neighbour move the sentence's output; with statistics of each token nothing moves."));
        lab.shows("layer-norm", "change by the neighbour under layer norm", byLayer[29], below(1e-12));
        lab.shows("batch-norm", "change by the neighbour under batch norm", byBatch[29], above(0.1));
    }

    private static void shifted(LabContext lab, double shift) {
        var row = Tensor.randn(lab.rng(4), DType.F64, 1, 32).compute();
        var layer = LayerNorm.plain(1e-5, 32);
        var rms = new RMSNorm(1e-6, RMSNorm.Gain.NONE, 1, DType.F64, 32);
        double[] shifts = new double[21], layerMeans = new double[21], rmsMeans = new double[21], spread = new double[21];
        for (int i = 0; i < 21; i++) {
            shifts[i] = shift * i / 20;
            var x = row.add(shifts[i]);
            layerMeans[i] = layer.forward(x).mean().item();
            rmsMeans[i] = rms.forward(x).mean().item();
            spread[i] = rms.forward(x).std(-1, false).item();
        }
        lab.figure(Figure.plot("A constant added to every feature").line("mean after layer norm", shifts, layerMeans)
                .line("mean after RMS norm", shifts, rmsMeans).line("deviation after RMS norm", shifts, spread)
                .axes("shift of the input", "mean or deviation").describedAs(
                        "Layer norm takes the shift away. RMS norm keeps it: the mean goes to one and the differences between features shrink."));
        if (shift > 0) lab.shows("rmsnorm", "mean after RMS norm at the largest shift", rmsMeans[20], above(rmsMeans[0]));
        lab.shows("layer-norm", "mean after layer norm at the largest shift", Math.abs(layerMeans[20]), below(1e-9));
    }

    private static void histograms(LabContext lab, int depth) {
        var x = Datasets.digits().to(DType.F32).head(200).x().mul(1.0 / 16);
        var panels = new ArrayList<Figure>();
        var last = new double[2];
        for (int with = 0; with < 2; with++) {
            var layers = new ArrayList<lyceum.nn.Layer>();
            for (int i = 0; i < depth; i++) {
                layers.add(new Linear(64, 64, lab.rng(10 + i)));
                if (with == 1) layers.add(new BatchNorm(64));
                layers.add(Activation.SIGMOID);
            }
            var network = new Sequential(layers);
            var hooks = Hooks.of(network);
            var seen = hooks.capture("*");
            network.forward(x, Pass.training(lab.rng(5)).with(hooks));
            int step = with == 1 ? 3 : 2;
            for (int i : new int[] {0, depth / 2, depth - 1}) {
                // What an activation gets differs from row to row, or it does not.
                var before = seen.get(String.valueOf(step * i + step - 2));
                var centred = before.sub(before.mean(0));
                panels.add(Figure.histogram((with == 1 ? "with, layer " : "without, layer ") + (i + 1), centred.toDoubleArray(), 30)
                        .axes("input of the sigmoid less its mean over digits", "count"));
                last[with] = centred.square().mean().sqrt().item();
            }
        }
        lab.figure(Figure.grid("What the sigmoids see of the digits", 3, panels.toArray(Figure[]::new)).describedAs(
                "Without batch norm the differences between digits shrink layer by layer; with it every layer sees them at deviation one."));
        lab.shows("batch-norm", "deviation over digits at the last layer, without", last[0], below(0.1));
        lab.shows("batch-norm", "deviation over digits at the last layer, with", last[1], above(0.9));
    }

    private static void modes(LabContext lab, int batch) {
        var norm = new BatchNorm(8, 1e-5, 0.1, DType.F64);
        var rng = lab.rng(6);
        for (int i = 0; i < 200; i++) norm.forward(Tensor.randn(rng, DType.F64, 64, 8).mul(2).add(1), Pass.training(rng));
        int[] sizes = {2, batch, 8, 32, 128, 512};
        Arrays.sort(sizes);
        double[] xs = new double[sizes.length], gaps = new double[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            var x = Tensor.randn(lab.rng(20 + i), DType.F64, sizes[i], 8).mul(2).add(1).compute();
            gaps[i] = Module.copy(norm).forward(x, Pass.training(rng)).sub(norm.forward(x)).square().mean().sqrt().item();
            xs[i] = sizes[i];
        }
        lab.figure(
                Figure.line("Train mode against eval mode", xs, gaps).logX().logY().axes("rows in the batch", "root mean square difference")
                        .describedAs("On two rows both modes disagree by a large part of the signal; on hundreds they agree."));
        lab.shows("batch-norm", "difference on the smallest batch over that on the largest", gaps[0] / gaps[sizes.length - 1], above(3));
    }
}
