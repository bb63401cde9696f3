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
import lyceum.models.generative.PixelCnn;
import lyceum.models.generative.PixelCnnConfig;
import lyceum.models.generative.PixelCnnConfig.Architecture;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** What a pixel can see with one stack of masks and with two, and the lower halves of garments drawn pixel by pixel. */
@Lab(topics = "pixelcnn", title = "The blind spot, and half a garment")
final class PixelCnnLab implements LabBody {
    @Override public void run(LabContext lab) {
        int reach = lab.param("layers of the maps", 4, 2, 7), rows = lab.param("training pictures", 600, 100, 20_000),
                epochs = lab.param("epochs", 2, 1, 20), filters = lab.param("filters", 8, 4, 64), kept = lab.param("rows kept", 7, 0, 13);
        int side = 2 * reach + 3, middle = reach + 1;
        var maps = new ArrayList<Plot>();
        var seen = new int[2];
        var config = new PixelCnnConfig(1, side, side, 2).withFilters(12).withLayers(reach).withFirstKernel(3).withDtype(DType.F64);
        for (var architecture : new Architecture[] {Architecture.SINGLE, Architecture.GATED}) {
            var model = new PixelCnn(config.withArchitecture(architecture), lab.rng(1));
            double[][] field = model.receptiveField(Tensor.zeros(1, side, side), middle, middle).toRows();
            for (double[] line : field) for (int j = 0; j < side; j++) {
                if (line[j] != 0) seen[maps.size()]++;
                line[j] = line[j] == 0 ? 0 : 1;
            }
            field[middle][middle] = 0.5;
            maps.add(Figure.heatmap(architecture == Architecture.SINGLE ? "one stack" : "two stacks", field).axes("column", "row"));
        }
        lab.figure(Figure.row("What the pixel in the middle sees", maps.toArray(Plot[]::new)).describedAs(
                "Found by gradients. With one stack a triangle to the upper right is hidden; with two the whole past in range is seen."));
        int blind = seen[1] - seen[0];
        lab.say("%d layers reach %d earlier pixels; one stack is blind to %d of them.", reach, seen[1], blind);
        lab.shows("pixels in the blind spot, N (N - 1) / 2", blind, exactly(reach * (reach - 1) / 2.0));

        Tensor train = halved(Datasets.fashionMnist().train().head(rows).x()), test = halved(Datasets.fashionMnist().test().head(200).x());
        var model = new PixelCnn(new PixelCnnConfig(1, 14, 14, 2).withFilters(filters).withLayers(3).withFirstKernel(5), lab.rng(2));
        new Trainer(new Adam(1e-2), epochs).withBatchSize(25).start(model, rows, model.over(train), null, lab.rng(3))
                .finish(lab.progress());
        var rates = train.mean(0).mul((double) rows).add(1).div(rows + 2.0);
        double plain = -test.mul(rates.log()).add(test.rsub(1).mul(rates.rsub(1).log())).mean().item() / Math.log(2);
        double bits = model.bitsPerDimension(test);
        lab.table("Bits a pixel of new pictures", List.of("model", "bits"),
                List.of(List.of("a coin flip", 1.0), List.of("independent pixels", plain), List.of("PixelCNN", bits)));

        var some = test.narrow(0, 0, 8).compute();
        var images = new ArrayList<Image>();
        var first = model.complete(some, kept, lab.rng(4), lab.progress());
        var second = model.complete(some, kept, lab.rng(5), lab.progress());
        for (var group : List.of(some, first, second)) for (int i = 0; i < 8; i++) images.add(Image.gray("", group.get(i, 0)));
        lab.figure(Figure.images("Completions", 8, images)
                .describedAs("Above the true garments; below, twice, the same upper rows with lower ones drawn by the model."));
        lab.shows("share of the independent pixels' bits that is saved", 1 - bits / plain, above(0.25));
    }

    /** Black and white, 14 x 14: 1 where four pixels together are brighter than half. */
    private static Tensor halved(Tensor x) {
        return x.to(DType.F32).div(255).reshape(x.size(0), 1, 14, 2, 14, 2).mean(new int[] {3, 5}, false).gt(0.5).to(DType.F32).compute();
    }
}
