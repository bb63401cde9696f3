package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.nn.Skeleton;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.train.History;
import lyceum.train.Trainer;

/** Networks of growing depth with shortcuts and without them, on digits: the plain ones get worse as they get deeper. */
@Lab(topics = "resnet", title = "Deeper, and worse without shortcuts")
final class ResNetLab implements LabBody {
    @Override public void run(LabContext lab) {
        int blocks = lab.param("most blocks a stage", 5, 1, 12), width = lab.param("width", 4, 2, 16),
                epochs = lab.param("epochs", 5, 1, 40), images = lab.param("images", 300, 100, 1700);
        double rate = lab.param("learning rate", 0.05, 0.001, 0.5);
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1)).head(images);
        var data = digits.withX(digits.x().reshape(images, 1, 8, 8).compute());
        var trainer = new Trainer(new Sgd(rate).withMomentum(0.9), epochs).withBatchSize(50);
        var plot = Figure.plot("Training loss by depth").axes("epoch", "cross-entropy");
        var rows = new ArrayList<List<?>>();
        double gap = 0;
        for (int n : blocks == 1 ? new int[] {1} : new int[] {1, blocks}) {
            int depth = 4 * n + 2;
            var losses = new double[2];
            for (boolean residual : new boolean[] {true, false}) {
                var config = ResNetConfig.cifar(8).withChannels(1).withWidth(width).withBlocks(List.of(n, n)).withResidual(residual);
                var net = new ResNet(config, lab.rng(2));
                double[] curve = trainer.fit(net, Loss::crossEntropy, data, null, lab.rng(3), lab.progress()).epochs().stream()
                        .mapToDouble(History.Epoch::loss).toArray();
                losses[residual ? 0 : 1] = curve[curve.length - 1];
                plot = plot.line(depth + (residual ? " layers, residual" : " layers, plain"), 1, curve);
            }
            gap = losses[1] / losses[0];
            rows.add(List.of(depth, losses[0], losses[1], gap));
        }
        lab.figure(plot.describedAs(
                "Loss by epoch for a shallow and a deep network, each with shortcuts and without: the deep plain one lies highest."));
        lab.table("Loss of the last epoch", List.of("layers", "residual", "plain", "plain over residual"), rows);
        var presets = new ArrayList<List<?>>();
        for (var preset : List.of(ResNetConfig.resnet18(), ResNetConfig.resnet34(), ResNetConfig.resnet50(), ResNetConfig.resnet101()))
            presets.add(List.of(preset.blocks().toString(), preset.bottleneck() ? "bottleneck" : "basic",
                    Skeleton.of(() -> new ResNet(preset, Rng.of(1))).parameterCount()));
        lab.table("Standard sizes", List.of("blocks a stage", "kind", "parameters"), presets);
        lab.shows("plain loss over residual loss at the largest depth", gap, above(blocks < 5 || epochs < 5 ? 0 : 1.1));
        lab.check(1, "parameters of ResNet-18", (long) presets.get(0).get(2), exactly(11_689_512));
        lab.check(1, "parameters of ResNet-50", (long) presets.get(2).get(2), exactly(25_557_032));
    }
}
