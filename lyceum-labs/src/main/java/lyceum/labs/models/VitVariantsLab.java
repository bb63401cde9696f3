package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.equalTo;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.vision.SwinTransformer;
import lyceum.models.vision.SwinTransformerConfig;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.models.vision.VitVariants;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.train.Trainer;

/** What the variants cost on pictures of growing size, where moved windows cut, and how two tiny ones learn digits. */
@Lab(topics = "vit-variants", title = "Three bills, paid")
final class VitVariantsLab implements LabBody {
    @Override public void run(LabContext lab) {
        int images = lab.param("images", 600, 100, 1400), epochs = lab.param("epochs", 6, 1, 40), window = lab.param("window", 4, 2, 8),
                shift = lab.param("shift", 2, 0, 7);
        var table = new ArrayList<List<?>>();
        for (var cost : VitVariants.compare(224))
            table.add(List.of(cost.model(), cost.parameters(), cost.flops() / 2e9, cost.attention() / 1e9));
        lab.table("At 224 x 224", List.of("model", "parameters", "billion multiply-adds", "of them attention's products"), table);

        double[] sides = {224, 448, 672, 896};
        var plot = Figure.plot("Attention's two products").axes("pixels", "multiply-adds").logX().logY();
        for (var name : List.of("ViT-B/16", "Swin-T")) {
            var model = VitVariants.published().get(name).get();
            double[] pixels = new double[4], counts = new double[4];
            for (int i = 0; i < 4; i++) {
                pixels[i] = sides[i] * sides[i];
                counts[i] = VitVariants.cost(name, model, (int) sides[i]).attention();
            }
            plot = plot.line(name, pixels, counts);
            lab.shows("exponent of " + name + " from 224 to 896 pixels", Math.log(counts[3] / counts[0]) / Math.log(16),
                    equalTo(name.equals("Swin-T") ? 1 : 2, 0.05));
        }
        lab.figure(plot.describedAs(
                "Multiply-adds of the attention products against pixels, both on logarithmic axes: Swin's line rises by one, ViT's by two."));

        int grid = 2 * window, moved = shift % window;
        var still = new double[grid][grid];
        var shifted = new double[grid][grid];
        for (int r = 0; r < grid; r++) for (int c = 0; c < grid; c++) {
            still[r][c] = r / window * 3 + c / window;
            shifted[r][c] = Math.floorDiv(r - moved, window) * 3 + Math.floorDiv(c - moved, window) + (moved > 0 ? 4 : 0);
        }
        lab.figure(Figure.row("Which positions see each other", Figure.heatmap("Windows", still).axes("column", "row"),
                Figure.heatmap("Windows moved by " + moved, shifted).axes("column", "row")).describedAs(
                        "Two grids of positions coloured by window: four equal windows, and nine smaller pieces after the windows have moved."));

        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        var data = digits.withX(digits.x().reshape(digits.size(), 1, 8, 8).compute());
        var test = data.range(1400, 1797);
        var nets = new LinkedHashMap<String, Module>();
        nets.put("ViT", new VisionTransformer(new VisionTransformerConfig(8, 2, 1, 32, 2, 4).withHidden(64).withClasses(10), lab.rng(2)));
        nets.put("Swin", new SwinTransformer(
                new SwinTransformerConfig(1, 2, 24, List.of(2, 1), List.of(2, 4), 2, true, 2, 0, 10, DType.F32), lab.rng(2)));
        var scores = new ArrayList<List<?>>();
        double best = 0;
        for (var net : nets.entrySet()) {
            new Trainer(new AdamW(4e-3), epochs).withBatchSize(50).fit(net.getValue(), Loss::crossEntropy, data.head(images), null,
                    lab.rng(3), lab.progress());
            double right = net.getValue().forward(test.x()).argmax(1).eq(test.y()).countNonZero().item() / test.size();
            scores.add(List.of(net.getKey(), net.getValue().parameterCount(), right));
            best = Math.max(best, right);
        }
        lab.table("Tiny ones on " + images + " digits", List.of("model", "parameters", "test accuracy"), scores);
        lab.shows("better test accuracy of the two", best, atLeast(epochs < 6 || images < 600 ? 0.05 : 0.6));
        int[] published = {86_567_656, 5_717_416, 28_288_354};
        int[] rows = {0, 1, 3};
        for (int i = 0; i < 3; i++)
            lab.check(1, "parameters of " + table.get(rows[i]).get(0), (long) table.get(rows[i]).get(1), exactly(published[i]));
    }
}
