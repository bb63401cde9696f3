package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.scenes.ThinCurves;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.vision.UNet;
import lyceum.models.vision.UNetConfig;
import lyceum.nn.Skeleton;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.random.Rng;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** Lines one pixel wide, found by a U-Net and by the same network with its skips cut. */
@Lab(topics = "u-net", title = "What pooling forgets")
final class UNetLab implements LabBody {
    @Override public void run(LabContext lab) {
        int side = lab.param("side", 32, 16, 96), images = lab.param("images", 52, 20, 1000), epochs = lab.param("epochs", 5, 1, 40),
                width = lab.param("width", 8, 4, 32);
        double noise = lab.param("noise", 0.3, 0, 1);
        var curves = new ThinCurves(side / 4 * 4).withNoise(noise);
        var train = curves.draw(images, lab.rng(1));
        var test = curves.draw(20, lab.rng(2));
        var pictures = new ArrayList<Image>();
        for (int i = 0; i < 3; i++) pictures.add(Image.gray("picture", test.x().get(i, 0).clamp(0, 1)));
        for (int i = 0; i < 3; i++) pictures.add(Image.gray("mask", test.y().get(i, 0)));
        var ious = new double[2];
        for (boolean skips : new boolean[] {true, false}) {
            var net = new UNet(UNetConfig.padded(1, 1, width, 2 * width, 4 * width).withSkips(skips), lab.rng(3));
            BatchLoss loss = (rows, pass) -> Loss.bce().of(net.forward(train.x().rows(rows), pass), train.y().rows(rows));
            new Trainer(new AdamW(4e-3), epochs).withBatchSize(8).start(net, images, loss, null, lab.rng(4)).finish(lab.progress());
            var logits = net.forward(test.x()).detach();
            var found = logits.gt(0);
            var real = test.y().gt(0.5);
            ious[skips ? 0 : 1] = found.and(real).countNonZero().item() / found.or(real).countNonZero().item();
            for (int i = 0; i < 3; i++) pictures.add(Image.gray(skips ? "with skips" : "skips cut", logits.get(i, 0).sigmoid()));
        }
        lab.figure(Figure.images("Three pictures, their lines, and what the two networks find", 3, pictures).pixels(0, 1).describedAs(
                "Rows: noisy pictures of a wave and a circle, the true lines, the lines found with skips, and blurred ones found without."));
        lab.say("Overlap with the true lines: %.2f with skips, %.2f without.", ious[0], ious[1]);
        lab.shows("IoU with skips less IoU without", ious[0] - ious[1], above(epochs < 5 || images < 52 || width < 8 ? -1 : 0.1));
        var original = Skeleton.of(() -> new UNet(UNetConfig.original(1, 2), Rng.of(1)));
        var seen = original.outputShape(DType.F32, 1, 1, 572, 572);
        lab.table("The network of 2015", List.of("parameters", "input", "output"),
                List.of(List.of(original.parameterCount(), "572 x 572", seen.toString())));
        lab.check(1, "parameters of the 2015 network", original.parameterCount(), exactly(31_030_658));
        lab.check(1, "572 x 572 become 388 x 388", Arrays.equals(seen.toArray(), new long[] {1, 2, 388, 388}));
    }
}
