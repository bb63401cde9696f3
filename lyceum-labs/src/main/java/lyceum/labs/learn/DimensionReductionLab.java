package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.manifold.DimensionReduction;
import lyceum.learn.manifold.DimensionReduction.Scored;
import lyceum.learn.manifold.Isomap;
import lyceum.learn.manifold.LocallyLinearEmbedding;
import lyceum.learn.manifold.LocallyLinearEmbedding.Method;
import lyceum.learn.manifold.RandomProjection;
import lyceum.learn.manifold.Tsne;
import lyceum.learn.manifold.Umap;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/** A Swiss roll and the digits under seven reducers, each map with its score card. */
@Lab(topics = "dimensionality-reduction", title = "Seven maps, one card")
final class DimensionReductionLab implements LabBody {
    private static final String[] PARTS = {"innermost", "inner", "middle", "outer", "outermost"};
    private static final String[] DIGITS = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 700, 100, 1500), near = lab.param("neighbors of the graphs", 8, 3, 30);
        int k = lab.param("neighbours that count", 10, 3, 40);
        int points = lab.param("points to project", 200, 20, 1000);
        double distortion = lab.param("distortion", 0.3, 0.1, 0.9);
        var reducers = new LinkedHashMap<>(DimensionReduction.to(2).only("PCA", "random projection", "classical MDS").reducers());
        reducers.put("Isomap", new Isomap(near, 2));
        reducers.put("LLE", new LocallyLinearEmbedding(near, 2).withMethod(Method.MODIFIED));
        reducers.put("t-SNE", new Tsne().withMethod(Tsne.Method.BARNES_HUT).withIterations(400));
        reducers.put("UMAP", new Umap(near + 4).withEpochs(150));
        var seven = new DimensionReduction(reducers);
        var roll = Datasets.swissRoll(lab.rng(1), rows, 0);
        int[] part = Arrays.stream(roll.y().toDoubleArray()).mapToInt(t -> Math.min(4, (int) ((t / Math.PI - 1.5) / 3 * 5))).toArray();
        var digits = Datasets.digits();

        var ofRoll = seven.compare(roll.x(), Tensor.of(part), k, Progress.SILENT);
        int some = rows / 2;
        var ofDigits = seven.compare(digits.x().narrow(0, 0, some).contiguous(), digits.y().narrow(0, 0, some), k, Progress.SILENT);
        show(lab, "The roll", ofRoll, part, PARTS, "Linear maps keep the roll folded; Isomap unrolls it, t-SNE and UMAP do so in pieces.");
        show(lab, "The digits", ofDigits, Arrays.copyOf(digits.labels(), some), DIGITS,
                "On real data with many directions the maps made for neighbours part the digits, and the others keep distances.");
        lab.shows("trustworthiness of the roll: Isomap less PCA",
                ofRoll.get("Isomap").scores().trustworthiness() - ofRoll.get("PCA").scores().trustworthiness(), above(0.02));
        lab.shows("distance correlation of the digits: PCA less t-SNE",
                ofDigits.get("PCA").scores().distanceCorrelation() - ofDigits.get("t-SNE").scores().distanceCorrelation(), above(0));

        double[] eps = {0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9}, needed = new double[eps.length];
        for (int i = 0; i < eps.length; i++) needed[i] = RandomProjection.dimensions(points, eps[i]);
        lab.figure(Figure.line("What Johnson and Lindenstrauss ask for", eps, needed).logY()
                .axes("distortion of squared distances", "dimensions that will do for " + points + " points")
                .describedAs("The dimension that the points come from does not occur, and so a few hundred will do for any."));
        Tensor x = Tensor.randn(lab.rng(2), DType.F64, points, 1000);
        Tensor y = RandomProjection.ofDistortion(distortion).withSeed(1).fit(x).transform(x);
        double worst = squares(y).div(squares(x)).sub(1).abs().max().item();
        lab.say("%d dimensions change no squared distance among %d points by more than %.0f%%.", y.size(1), points, 100 * worst);
        lab.shows("dimensions for 200 points and distortion 0.3", RandomProjection.dimensions(200, 0.3), exactly(588));
        lab.shows("largest change of a squared distance over the distortion", worst / distortion, atMost(1.2));
        lab.shows("1-NN accuracy on t-SNE's map of the digits", ofDigits.get("t-SNE").scores().accuracy(), atLeast(0.8));
    }

    private static void show(LabContext lab, String name, SequencedMap<String, Scored> maps, int[] classes, String[] names, String text) {
        var plots = new ArrayList<Plot>();
        var card = new ArrayList<List<?>>();
        maps.forEach((reducer, map) -> {
            plots.add(Figure.scatter(reducer, map.places(), classes, names).axes("first", "second"));
            var s = map.scores();
            card.add(List.of(reducer, s.trustworthiness(), s.continuity(), s.stress(), s.distanceCorrelation(), s.neighborRecall(),
                    s.accuracy()));
        });
        lab.figure(Figure.row(name, plots.toArray(Plot[]::new)).describedAs(text));
        lab.table(name + ": score card",
                List.of("reducer", "trustworthiness", "continuity", "stress", "distance correlation", "neighbour recall", "1-NN accuracy"),
                card);
    }

    /** Squared distances of each row to the one before it, and of every second. */
    private static Tensor squares(Tensor x) {
        long n = x.size(0);
        return Tensor.concat(0, x.narrow(0, 1, n - 1).sub(x.narrow(0, 0, n - 1)).square().sum(1),
                x.narrow(0, 2, n - 2).sub(x.narrow(0, 0, n - 2)).square().sum(1));
    }
}
