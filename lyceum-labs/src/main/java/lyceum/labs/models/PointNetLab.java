package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.data.scenes.PointShapes;
import lyceum.data.scenes.PointShapes.Shape;
import lyceum.data.scenes.PointShapes.Spin;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.points.PointNet;
import lyceum.models.points.PointNetConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.plot.Cloud;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Five bodies as clouds of points: which points decide, and how many may be lost. */
@Lab(topics = "pointnet", title = "A skeleton of critical points")
final class PointNetLab implements LabBody {

    @Override public void run(LabContext lab) {
        int points = lab.param("points", 128, 32, 512);
        int steps = lab.param("steps", 80, 20, 500);
        int width = lab.param("global features", 48, 8, 256);
        var spin = Spin.valueOf(lab.choice("spin", "UPRIGHT", "UPRIGHT", "VERTICAL", "FREE"));
        var shapes = new PointShapes(points, 0, spin);
        var net = PointNet.create(
                PointNetConfig.small(5).withTransforms(false).withLocal(List.of(16)).withTrunk(List.of(32, width)).withHead(List.of(32)),
                lab.rng(1));
        new Trainer(new Adam(5e-3), steps).withSchedule(new Schedule.Cosine(steps)).start(net, 1, (rows, pass) -> {
            var batch = shapes.batch(24, pass.rng().split(1));
            return Loss.crossEntropy(net.forward(batch.clouds(), pass), Tensor.of(batch.labels()));
        }, null, lab.rng(2)).finish(lab.progress());
        var skeletons = new ArrayList<Figure>();
        var turned = new ArrayList<Cloud>();
        double moved = 0, kept = 0;
        for (var shape : Shape.values()) {
            var cloud = shapes.sample(shape, lab.rng(10 + shape.ordinal()));
            var critical = net.critical(cloud);
            int[] winners = IntStream.range(0, points).filter(i -> critical[i]).toArray();
            turned.add(Figure.cloud("To turn: " + shape.name().toLowerCase(Locale.ROOT), cloud.narrow(1, 0, 3),
                    IntStream.range(0, points).map(i -> critical[i] ? 1 : 0).toArray(), "all", "critical"));
            var side = cloud.narrow(1, 0, 3).indexSelect(1, Tensor.of(0, 2)); // seen from the side
            skeletons.add(Figure.plot(shape.name().toLowerCase(Locale.ROOT)).points("all", side).points("critical", side.rows(winners))
                    .axes("x", "z").equalScales());
            moved = Math.max(moved,
                    net.globalFeature(cloud.rows(winners).unsqueeze(0)).sub(net.globalFeature(cloud.unsqueeze(0))).abs().max().item());
            kept += winners.length / (5.0 * points);
        }
        lab.figure(Figure.grid("Points that win a maximum", 3, skeletons.toArray(Figure[]::new)).describedAs(
                "Five clouds from the side. The critical points, in another colour, trace the outline; the others could be deleted without a change."));
        for (var cloud : turned.subList(0, 2))
            lab.figure(cloud.describedAs("One body in space: turn it to see that the critical points lie on its outline from every side."));
        var batch = shapes.batch(150, lab.rng(20));
        double[] shares = {1, 0.75, 0.5, 0.25, 0.1}, accuracy = new double[shares.length];
        for (int i = 0; i < shares.length; i++) {
            int[] some = lab.rng(30 + i).sample(points, Math.max(1, (int) (shares[i] * points)));
            int[] found = net.forward(batch.clouds().indexSelect(1, Tensor.of(some))).argmax(1).toIntArray();
            for (int k = 0; k < found.length; k++) if (found[k] == batch.labels()[k]) accuracy[i] += 1.0 / found.length;
        }
        lab.figure(Figure.line("Accuracy as points are dropped", shares, accuracy).axes("share of points that is left", "accuracy")
                .limitY(0, 1.05)
                .describedAs("Accuracy stays nearly the same when half of the points are gone, and falls when a tenth is left."));
        lab.say("%.0f%% of the points are critical. With all points %.0f%% of the clouds are named, with half %.0f%%, with a tenth %.0f%%.",
                100 * kept, 100 * accuracy[0], 100 * accuracy[2], 100 * accuracy[4]);
        lab.shows("change of the global feature without the points that win nothing", moved, exactly(0));
        lab.shows("accuracy with half of the points", accuracy[2], above(0.6));
    }
}
