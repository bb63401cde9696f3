package lyceum.labs.data;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.Augment;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Mix;
import lyceum.data.augment.RandAugment;
import lyceum.data.augment.Raster;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Handwritten digits under changes that keep their meaning and changes that do not. */
@Lab(topics = "data-augmentation", title = "A six on its head")
final class AugmentationLab implements LabBody {
    @Override public void run(LabContext lab) {
        int labelled = lab.param("labelled digits", 150, 30, 600), copies = lab.param("copies", 8, 1, 20),
                pixels = lab.param("shift of test digits", 1, 0, 2);
        double alpha = lab.param("alpha of mixes", 1.0, 0.05, 5.0);
        var digits = Datasets.digits().shuffled(lab.rng(0));
        digits = digits.withX(digits.x().div(16).reshape(digits.size(), 8, 8).to(DType.F32).compute());
        Dataset train = digits.range(0, labelled), rest = digits.range(labelled, Math.min(digits.size(), labelled + 800));
        var test = rest
                .withX(ImageAugment.batch(rest, IntStream.range(0, rest.size()).toArray(), 0, ImageAugment.shift(pixels), lab.rng(1)));

        Map<String, Augment<Raster>> changes = new LinkedHashMap<>();
        changes.put("nothing", Augment.none());
        changes.put("shift", ImageAugment.shift(1));
        changes.put("affine", ImageAugment.affine(10, 0.1, 0.1, 5));
        changes.put("noise", ImageAugment.noise(0.1));
        changes.put("erase", ImageAugment.erase(0.05, 0.15));
        changes.put("RandAugment", new RandAugment(1, 6));
        changes.put("flip", ImageAugment.flip());
        changes.put("half turn", Augment.sometimes(0.5, (p, rng) -> p.turned(2)));

        var shown = new ArrayList<Image>();
        for (var entry : changes.entrySet())
            for (int i = 0; i < 6; i++)
                shown.add(picture(entry.getValue().apply(Raster.of(train.x().get(0)).resized(24, 24), lab.rng(10 + i)), entry.getKey()));
        lab.figure(Figure.images("One digit, six draws of each change", 6, shown)
                .describedAs("Rows are changes: small moves keep the digit readable, flips and half turns make another sign of it."));

        var rows = new ArrayList<List<Object>>();
        var accuracy = new LinkedHashMap<String, Double>();
        for (var entry : changes.entrySet()) {
            accuracy.put(entry.getKey(), 100 * accuracy(train, test, copies, entry.getValue(), lab.rng(2)));
            rows.add(List.of(entry.getKey(), accuracy.get(entry.getKey()), accuracy.get(entry.getKey()) - accuracy.get("nothing")));
        }
        lab.table("Nearest neighbours of digits that were moved", List.of("copies by", "accuracy in %", "gain in points"), rows);
        lab.figure(Figure
                .bar("Accuracy on shifted digits", accuracy.keySet().toArray(String[]::new),
                        accuracy.values().stream().mapToDouble(Double::doubleValue).toArray())
                .axes("copies by", "accuracy in %")
                .describedAs("Copies that were moved as the test digits are help most; half turns take away what the labels say."));
        if (pixels > 0) lab.shows("points gained by shifts", accuracy.get("shift") - accuracy.get("nothing"), above(0));
        lab.shows("points gained by half turns, over those by shifts", accuracy.get("half turn") - accuracy.get("shift"), below(0));

        var pair = Tensor
                .stack(0, Raster.of(train.x().get(0)).resized(24, 24).tensor(), Raster.of(train.x().get(1)).resized(24, 24).tensor())
                .compute();
        var mixes = new ArrayList<Image>();
        double off = 0;
        for (var mix : List.of(Mix.mixup(alpha), Mix.cutMix(alpha))) for (int i = 0; i < 6; i++) {
            var mixed = mix.apply(pair, Tensor.of(new long[] {0, 1}), 2, lab.rng(20 + i));
            mixes.add(picture(Raster.of(mixed.x().get(0)), String.format(Locale.ROOT, "%.0f%% its own", 100 * mixed.lambda()[0])));
            off = Math.max(off, Math.abs(mixed.targets().sum(1).sub(1).abs().max().item()));
        }
        lab.figure(Figure.images("Mixtures of two digits", 6, mixes)
                .describedAs("Mixup blends, CutMix pastes a box; the label is shared by the percentages above."));
        lab.shows("largest distance of a target from summing to 1", off, atMost(1e-6));
    }

    private static Image picture(Raster p, String name) { return Image.gray(name, p.tensor().get(0)); }

    private static double accuracy(Dataset train, Dataset test, int copies, Augment<Raster> change, Rng rng) {
        var all = IntStream.range(0, train.size()).toArray();
        var x = new Tensor[copies];
        var y = new Tensor[copies];
        for (int c = 0; c < copies; c++) {
            x[c] = ImageAugment.batch(train, all, c, change, rng).reshape(train.size(), 64);
            y[c] = train.y();
        }
        return new KNeighborsClassifier(1).fit(Tensor.concat(0, x).compute(), Tensor.concat(0, y).compute())
                .score(test.x().reshape(test.size(), 64), test.y());
    }
}
