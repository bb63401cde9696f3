package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.VisionEncoder;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/**
 * A ViT and a ResNet learn digits; then what each of them sees in one: patches the class token draws on, maps, tokens, and how positions
 * relate.
 */
@Lab(topics = {"vit", "vision-encoder"}, title = "Two ways to look at a digit")
final class VisionEncoderLab implements LabBody {
    @Override public void run(LabContext lab) {
        int patch = lab.param("patch", 2, 1, 4), width = lab.param("width", 32, 16, 64), depth = lab.param("depth", 2, 1, 6),
                epochs = lab.param("epochs", 5, 1, 50), digit = lab.param("digit", 3, 0, 9);
        if (8 % patch != 0) throw new IllegalArgumentException("patches of 3 do not fill a picture of 8 pixels; take 1, 2 or 4");
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        var data = digits.withX(digits.x().reshape(digits.size(), 1, 8, 8).compute());
        var train = data.head(1000);
        var test = data.range(1000, 1797);
        int side = 8 / patch;
        var vit = new VisionTransformer(new VisionTransformerConfig(8, patch, 1, width, depth, 4).withHidden(2 * width).withClasses(10),
                lab.rng(2));
        var cnn = new ResNet(ResNetConfig.cifar(8).withChannels(1).withWidth(8).withBlocks(List.of(1, 1)), lab.rng(3));
        var trainer = new Trainer(new AdamW(3e-3), epochs).withBatchSize(50);
        for (Module net : List.of(vit, cnn)) trainer.fit(net, Loss::crossEntropy, train, test, lab.rng(4), lab.progress());

        int row = 0;
        while (test.labels()[row] != digit) row++;
        var one = test.x().narrow(0, row, 1);
        var rollout = vit.rollout(one).get(0);
        lab.figure(Figure
                .row("One digit, and where the class token looks", Figure.images("The picture", 1, Image.gray("pixels", one.get(0, 0))),
                        Figure.heatmap("Attention rollout", rollout).axes("column of patches", "row of patches"))
                .describedAs("A digit of 8 by 8 pixels, and the share of each patch in the class token through all blocks."));

        var positions = vit.gridPositions(side, side).get(0).detach();
        var unit = positions.div(positions.square().sum(1, true).sqrt());
        var similar = new ArrayList<Image>();
        for (int i = 0; i < side * side; i++)
            similar.add(Image.gray(i / side + ", " + i % side, unit.matmul(unit.get(i)).reshape(side, side)));
        lab.figure(Figure.images("How alike a position is to all others", side, similar).pixels(-1, 1).describedAs(
                "One small picture a position: the cosine of its learned vector with that of every other position, white for alike."));

        var rows = new ArrayList<List<?>>();
        var maps = new ArrayList<Image>();
        for (var encoder : List.<VisionEncoder>of(vit, cnn)) {
            var seen = encoder.encode(one, Pass.inference());
            var name = encoder == vit ? "ViT" : "ResNet";
            rows.add(List.of(name, encoder.module().parameterCount(), seen.map().shape().toString(), seen.tokens().shape().toString(),
                    seen.pooled().shape().toString(), accuracy(encoder.module(), test.x(), test.y())));
            for (int c = 0; c < 4; c++) maps.add(Image.gray(name + " channel " + c, scaled(seen.map().get(0, c).detach())));
        }
        lab.table("What the two give", List.of("encoder", "parameters", "map", "tokens", "vector", "test accuracy"), rows);
        lab.figure(Figure.images("Four channels of each map", 4, maps).pixels(0, 1)
                .describedAs("Four maps of the ViT and four of the ResNet for the same digit; bright where a channel responds."));
        double score = (double) rows.getFirst().getLast();
        lab.shows("vit", "test accuracy of the ViT", score, atLeast(epochs < 8 || width < 32 ? 0.05 : 0.6));
        lab.shows("vision-encoder", "test accuracy of the ResNet", (double) rows.getLast().getLast(),
                atLeast(epochs < 8 || width < 32 ? 0.05 : 0.6));
        lab.shows("vit", "share of all patches in the class token", rollout.sum().item(), below(1));
    }

    private static double accuracy(Module net, Tensor x, Tensor y) {
        return net.forward(x).argmax(1).eq(y).countNonZero().item() / y.size(0);
    }

    private static Tensor scaled(Tensor map) {
        double low = map.min().item(), high = map.max().item();
        return map.sub(low).div(Math.max(1e-9, high - low));
    }
}
