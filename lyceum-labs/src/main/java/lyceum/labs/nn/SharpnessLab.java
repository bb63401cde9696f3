package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.LossLandscape;
import lyceum.train.SharpnessAnalyzer;

/** Three solutions of one problem: their slices along the sharpest direction, their spectra, and the same network rescaled. */
@Lab(topics = "sharpness", title = "One function, any sharpness you like")
final class SharpnessLab implements LabBody {
    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 150, 20, 1000);
        double rate = lab.param("rate", 0.5, 0.05, 1.0);
        double scale = lab.param("scale", 10.0, 2.0, 30.0);
        var data = Datasets.digits().to(DType.F64).scaled(1.0 / 16).shuffled(lab.rng(1)).head(200);
        var full = train(lab, data, data.size(), rate, steps);
        var small = train(lab, data, 8, rate / 5, steps);
        var rescaled = Mlp.of(full.config(), full.state());
        Autograd.noGrad(() -> {
            rescaled.layers().get(0).weight().mul_(scale);
            rescaled.layers().get(0).bias().mul_(scale);
            rescaled.layers().get(1).weight().div_(scale);
        });
        String[] names = {"full batch", "batches of 8", "full batch, rescaled"};
        var networks = List.of(full, small, rescaled);
        var ts = LossLandscape.ticks(0.5, 31);
        var slices = Figure.plot("Along the sharpest direction");
        var spectra = Figure.plot("Spectral density, by Lanczos");
        var rows = new ArrayList<List<Object>>();
        double[] tops = new double[3], adaptive = new double[3];
        for (int i : lab.progress("solutions", 3)) {
            var sharpness = new SharpnessAnalyzer<>(networks.get(i), m -> Loss.crossEntropy(m.forward(data.x()), data.y()));
            var top = sharpness.top(1, lab.rng(4));
            tops[i] = top.values().item(0);
            adaptive[i] = sharpness.adaptiveTop(lab.rng(5));
            double[] losses = sharpness.slice(top.vectors().select(1, 0), ts);
            slices = slices.line(names[i], ts, losses);
            if (i < 2) {
                var density = sharpness.density(1, 20, lab.rng(6));
                double[] at = Tensor.linspace(-1, 12, 120).toDoubleArray();
                spectra = spectra.line(names[i], at, Arrays.stream(at).map(x -> Math.max(1e-6, density.at(x, 0.15))).toArray());
            }
            rows.add(List.of(names[i], sharpness.loss(), tops[i], sharpness.trace(5, 10, lab.rng(7)).value(),
                    sharpness.worst(0.1, 3).rise(), adaptive[i]));
        }
        lab.figure(Figure
                .row("Three solutions", slices.axes("step along the top eigenvector", "loss"), spectra.axes("eigenvalue", "density").logY())
                .describedAs(
                        "Left: the rescaled network, which computes the same, has by far the narrowest valley. Right: most eigenvalues lie at zero, a few stand far out."));
        lab.table("Measures", List.of("solution", "loss", "top eigenvalue", "trace", "worst rise within 0.1", "adaptive"), rows);
        lab.say("Multiplying one layer by %.0f and dividing the next by it leaves every output alone and multiplies the top eigenvalue by %.1f; its scale-free relative stays at %.3f.",
                scale, tops[2] / tops[0], adaptive[0]);
        lab.shows("top eigenvalue rescaled, over before", tops[2] / tops[0], atLeast(2));
        lab.shows("adaptive sharpness rescaled, relative move", Math.abs(adaptive[2] / adaptive[0] - 1), atMost(0.01));
    }

    private static Mlp train(LabContext lab, Dataset data, int batch, double rate, int steps) {
        var network = new Mlp(MlpConfig.classifier(64, 10, 16).withDtype(DType.F64), lab.rng(2));
        var optimizer = new Sgd(rate).over(network.parameters());
        var rng = lab.rng(3);
        for (int i = 0; i < steps; i++) {
            var part = batch >= data.size() ? data : data.rows(rng.sample(data.size(), batch));
            optimizer.zeroGrad();
            Loss.crossEntropy(network.forward(part.x()), part.y()).backward();
            optimizer.step();
        }
        return network;
    }
}
