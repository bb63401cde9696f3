package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
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
import lyceum.plot.Plot;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.train.LossLandscape;
import lyceum.train.ParameterSpace;

/** The loss around deep networks with and without skip connections, in filter-normalised planes and along the optimiser's own path. */
@Lab(topics = "loss-landscape-viz", title = "Mountains and bowls")
final class LossLandscapeLab implements LabBody {
    @Override public void run(LabContext lab) {
        int depth = lab.param("hidden layers", 19, 2, 30);
        int steps = lab.param("steps", 80, 20, 500);
        int side = lab.param("points a side, halved", 4, 2, 15);
        var data = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1)).head(96);
        Plot[] planes = new Plot[2], paths = new Plot[2];
        double[] share = new double[2], gap = new double[2];
        String[] names = {"plain", "residual"};
        for (int kind : lab.progress("networks", 2)) {
            var path = new ArrayList<Tensor>();
            var network = train(lab, kind == 1, depth, steps, data, path);
            var landscape = new LossLandscape<>(network, m -> Loss.crossEntropy(m.forward(data.x()), data.y()).item());
            double[] ticks = LossLandscape.ticks(1, 2 * side + 1);
            var random = landscape.surface(landscape.filterNormalised(lab.rng(4)), landscape.filterNormalised(lab.rng(5)), ticks, ticks,
                    Progress.SILENT);
            gap[kind] = random.values()[side][side] - Loss.crossEntropy(network.forward(data.x()), data.y()).item();
            planes[kind] = random.figure(names[kind] + ", random plane");
            var plane = landscape.plane(path);
            share[kind] = plane.share();
            double reach = 1.3 * Math.max(plane.path().abs().max().item(), 1e-6);
            var own = LossLandscape.ticks(reach, 2 * side + 1);
            paths[kind] = landscape.surface(plane.first(), plane.second(), own, own, Progress.SILENT)
                    .figure(names[kind] + ", plane of the path", plane.path());
        }
        lab.figure(Figure.grid("Loss around the solution", 2, planes[0], planes[1], paths[0], paths[1]).describedAs(
                "Above: random planes, each filter's step measured by the filter's size. Below: the plane that holds most of the optimiser's path, with the path in it."));
        lab.say("Two directions hold %.0f%% of the plain network's path and %.0f%% of the residual one's.", 100 * share[0], 100 * share[1]);
        lab.shows("centre of the grid minus the loss, plain", gap[0], exactly(0));
        lab.shows("centre of the grid minus the loss, residual", gap[1], exactly(0));
        lab.shows("share of the path in its plane, residual", share[1], atLeast(0.6));
    }

    private static Mlp train(LabContext lab, boolean residual, int depth, int steps, Dataset data, ArrayList<Tensor> path) {
        int[] widths = new int[depth];
        Arrays.fill(widths, 12);
        var network = new Mlp(MlpConfig.classifier(64, 10, widths).withResidual(residual).withNorm(MlpConfig.Norm.LAYER), lab.rng(2));
        var space = ParameterSpace.of(network);
        var optimizer = new Adam(1e-3).over(network.parameters());
        for (int i = 0; i < steps; i++) {
            if (i % 4 == 0) path.add(space.values(network));
            optimizer.zeroGrad();
            Loss.crossEntropy(network.forward(data.x()), data.y()).backward();
            optimizer.step();
        }
        return network;
    }
}
