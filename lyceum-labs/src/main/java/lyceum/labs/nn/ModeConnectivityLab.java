package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.train.HiddenUnits;
import lyceum.train.LossLandscape;
import lyceum.train.ModeConnectivity;
import lyceum.train.Trainer;

/** Two networks trained apart: a wall on the straight way between them, a valley round it, and a lower wall once their units are in like order. */
@Lab(topics = "mode-connectivity", title = "A wall, and the valley round it")
final class ModeConnectivityLab implements LabBody {
    @Override public void run(LabContext lab) {
        int width = lab.param("width", 16, 4, 64);
        int steps = lab.param("steps of the curve", 400, 50, 3000);
        var data = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1)).head(800);
        Mlp first = train(lab, width, data, 2), second = train(lab, width, data, 3);
        var straight = ModeConnectivity.linear(first, second);
        var curve = new ModeConnectivity(steps).fit(first, second, Loss::crossEntropy, data, lab.rng(4), lab.progress());
        var aligned = ModeConnectivity.linear(first, HiddenUnits.matchWeights(first, second, lab.rng(5)).apply(second));
        double[] t = Tensor.linspace(0, 1, 21).toDoubleArray(), line = straight.values(21, m -> loss(m, data)),
                bent = curve.values(21, m -> loss(m, data)), like = aligned.values(21, m -> loss(m, data));
        // The plane through both ends and the bend, with an orthonormal pair of directions.
        Tensor start = curve.points().get(0), across = curve.points().get(2).sub(start), length = across.norm();
        var u = across.div(length).compute();
        var up = curve.points().get(1).sub(start);
        var v = up.sub(u.mul(up.dot(u)));
        var side = v.div(v.norm()).compute();
        double wide = length.item(), high = up.dot(side).item();
        double[] as = Tensor.linspace(-0.2 * wide, 1.2 * wide, 15).toDoubleArray(),
                bs = Tensor.linspace(-0.3 * high, 1.1 * high, 13).toDoubleArray();
        var surface = new LossLandscape<>(first, m -> Math.min(3, loss(m, data))).surface(u, side, as, bs, Progress.SILENT);
        double[] xs = new double[21], ys = new double[21];
        for (int i = 0; i < 21; i++) {
            var offset = curve.at(t[i]).sub(start);
            xs[i] = offset.dot(u).item();
            ys[i] = offset.dot(side).item();
        }
        lab.figure(Figure
                .row("Between two solutions",
                        surface.figure("Loss in the plane of ends and bend").line("curve", xs, ys).points("ends", new double[] {0, wide},
                                new double[] {0, 0}),
                        Figure.line("Loss on the way", t, line).named("straight").line("curve", t, bent)
                                .line("straight, units in like order", t, like).axes("t", "training loss"))
                .describedAs(
                        "Left: a wall stands between the two ends, and the trained curve goes round it. Right: the loss along the three ways."));
        double wall = ModeConnectivity.barrier(line), bend = ModeConnectivity.barrier(bent), lower = ModeConnectivity.barrier(like);
        lab.say("The straight line rises by %.2f, the curve by %.3f, the line to the renumbered network by %.2f.", wall, bend, lower);
        lab.shows("wall on the straight line", wall, atLeast(0.2));
        lab.shows("rise on the curve", bend, below(0.1));
        lab.shows("wall after renumbering, over before", lower / wall, below(1));
    }

    private static Mlp train(LabContext lab, int width, Dataset data, int stream) {
        var network = new Mlp(MlpConfig.classifier(64, 10, width), lab.rng(stream));
        new Trainer(new Adam(5e-3), 20).withBatchSize(64).fit(network, Loss::crossEntropy, data, lab.rng(stream + 10));
        return network;
    }

    private static double loss(Mlp network, Dataset data) { return Loss.crossEntropy(network.forward(data.x()), data.y()).item(); }
}
