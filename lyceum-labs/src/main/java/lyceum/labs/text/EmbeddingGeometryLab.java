package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Similarity;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.text.vector.EmbeddingCorrection;
import lyceum.text.vector.EmbeddingGeometry;

/** A cloud in a cone: what a shared offset does to cosines and to the search, which rows are hubs, and what straightens it. */
@Lab(topics = "embedding-geometry", title = "Everything looks alike from far away")
final class EmbeddingGeometryLab implements LabBody {

    @Override public void run(LabContext lab) {
        int n = lab.param("vectors", 400, 50, 1000), d = lab.param("dimension", 64, 8, 256), topics = lab.param("topics", 20, 2, 50);
        double offset = lab.param("length of the offset", 12.0, 0.0, 60.0);
        int k = lab.param("neighbours", 10, 1, 30), top = lab.param("components away", 1, 0, 5);

        var rng = lab.rng(1);
        int[] labels = IntStream.range(0, n).map(i -> i % topics).toArray();
        var centres = Tensor.randn(rng, DType.F64, topics, d).mul(0.5);
        var mean = Similarity.normalise(Tensor.randn(rng, DType.F64, 1, d)).mul(offset);
        // each row leans to the offset in its own measure, as frequent and rare words do
        var lean = Tensor.rand(rng, DType.F64, n, 1).add(0.5);
        var noise = Tensor.randn(rng, DType.F64, n, d);
        var raw = centres.get(Tensor.of(labels)).add(noise).add(mean.mul(lean));
        var straight = EmbeddingCorrection.allButTheTop(raw, Math.min(top, d - 1)).apply(raw);
        var white = EmbeddingCorrection.whitening(raw, 0.1).apply(raw);

        var rows = new ArrayList<List<?>>();
        for (var each : List.of("raw", "less mean and top", "white")) {
            var x = each.equals("raw") ? raw : each.equals("white") ? white : straight;
            rows.add(List.of(each, EmbeddingGeometry.meanCosine(x), EmbeddingGeometry.isoScore(x), EmbeddingGeometry.intrinsicDimension(x),
                    EmbeddingGeometry.hubness(x, Math.min(k, n - 1)), EmbeddingGeometry.neighbourAgreement(x, labels),
                    EmbeddingGeometry.tightness(x, labels)));
        }
        lab.table("The report",
                List.of("vectors", "mean cosine", "IsoScore", "intrinsic dimension", "hubness", "nearest of the same topic", "tightness"),
                rows);
        lab.figure(
                Figure.row("Cosines of pairs", histogram("raw", raw), histogram("less mean and top", straight), histogram("white", white))
                        .describedAs("Raw, all pairs look alike; without what they share, the cosine tells topics apart again."));

        int[] counts = EmbeddingGeometry.occurrences(raw, Math.min(k, n - 1)),
                after = EmbeddingGeometry.occurrences(straight, Math.min(k, n - 1));
        var hubs = IntStream.range(0, n).boxed().sorted(Comparator.comparingInt(i -> -counts[i])).limit(6).toList();
        lab.table("Hubs: rows that are neighbours of many", List.of("row", "raw", "straightened"),
                hubs.stream().map(i -> List.of(i, counts[i], after[i])).toList());

        // pairs that differ by one step, and the arrows between them, before and after
        int pairs = 12;
        var from = raw.slice(0, 0, pairs, 1);
        var step = EmbeddingGeometry.direction(from,
                from.add(Tensor.randn(rng, DType.F64, 1, d)).add(Tensor.randn(rng, DType.F64, pairs, d).mul(0.3)));
        lab.say("Twelve pairs that differ by one direction and some noise: their differences have a mean cosine of %.2f with their mean.",
                step.consistency());
        lab.shows("consistency of a planted direction", step.consistency(), above(0.8));
        lab.shows("size of the mean cosine after the correction", Math.abs(EmbeddingGeometry.meanCosine(straight)), below(0.02));
        if (offset >= 5) {
            lab.shows("mean cosine, raw less straightened", EmbeddingGeometry.meanCosine(raw) - EmbeddingGeometry.meanCosine(straight),
                    above(0.1));
            lab.shows("hubness after the correction less before",
                    EmbeddingGeometry.hubness(straight, Math.min(k, n - 1)) - EmbeddingGeometry.hubness(raw, Math.min(k, n - 1)),
                    atMost(0.5));
        }
    }

    private static Figure histogram(String name, Tensor x) {
        double[][] cosines = Similarity.cosines(x, x).toRows();
        int n = Math.min(120, cosines.length);
        var pairs = new double[n * (n - 1) / 2];
        int at = 0;
        for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) pairs[at++] = cosines[i][j];
        return Figure.histogram(name, pairs, 30).axes("cosine", "pairs").limitX(-1, 1);
    }
}
