package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.manifold.Trustworthiness;
import lyceum.learn.manifold.Tsne;
import lyceum.learn.manifold.Tsne.Method;
import lyceum.learn.manifold.Tsne.Start;
import lyceum.plot.Figure;
import lyceum.stats.Correlation;
import lyceum.tensor.Tensor;

/** Islands of digits at any perplexity, and what becomes of distances on the way. */
@Lab(topics = "t-sne", title = "Islands, and the sea between them")
final class TsneLab implements LabBody {
    private static final String[] DIGITS = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 500, 100, 1797), iterations = lab.param("iterations", 400, 50, 2000);
        double perplexity = lab.param("perplexity", 30.0, 2.0, 90.0), exaggeration = lab.param("exaggeration", 12.0, 1.0, 40.0);
        var start = lab.choice("start", "pca", "pca", "random").equals("pca") ? Start.PCA : Start.RANDOM;
        var digits = Datasets.digits();
        Tensor x = digits.x().narrow(0, 0, rows).contiguous();
        int[] labels = Arrays.copyOf(digits.labels(), rows);
        var tsne = new Tsne(perplexity).withMethod(Method.BARNES_HUT).withIterations(iterations).withExaggeration(exaggeration)
                .withStart(start).withSeed(lab.rng(1).nextInt(1000));
        var model = tsne.fit(x);
        Tensor map = model.embedding();
        lab.figure(Figure.scatter("Digits at perplexity " + perplexity, map, labels, DIGITS).axes("first", "second").equalScales()
                .describedAs("Each island is a digit, nearly; sizes of islands and the gaps between them mean nothing."));
        double[] far = distances(x), flat = distances(map);
        double trust = Trustworthiness.of(x, map, 12), overall = Correlation.spearman(far, flat).estimate();
        lab.say("Neighbours can be believed: trustworthiness(12) is %.3f, the divergence %.3f nats.", trust, model.divergence());
        lab.say("Distances cannot: over all pairs, their ranks on the map and in the data correlate %.2f only.", overall);
        lab.shows("trustworthiness(12)", trust, atLeast(0.9));
        lab.shows("rank correlation of all distances", overall, below(0.95));

        double[] perplexities = {3, 8, 20, 50}, kept = new double[4], ranks = new double[4];
        Tensor some = x.narrow(0, 0, Math.min(rows, 300)).contiguous();
        for (int i : lab.progress("perplexities", 4)) {
            Tensor y = new Tsne(perplexities[i]).withMethod(Method.BARNES_HUT).withIterations(250).fit(some).embedding();
            kept[i] = Trustworthiness.of(some, y, 12);
            ranks[i] = Correlation.spearman(distances(some), distances(y)).estimate();
        }
        lab.figure(Figure.line("What the perplexity trades", perplexities, kept).named("trustworthiness(12)")
                .line("rank correlation of all distances", perplexities, ranks).logX().axes("perplexity", "score")
                .describedAs("Few neighbours break the map into crumbs whose places are chance; more keep some of the coarse layout."));
        double sum = tsne.affinities(x).values().sum().item();
        lab.shows("sum of all joint affinities, less 1", Math.abs(sum - 1), below(1e-12));
        lab.shows("worst trustworthiness of four perplexities", Arrays.stream(kept).min().orElseThrow(), above(0.8));
    }

    private static double[] distances(Tensor y) {
        double[][] rows = y.narrow(0, 0, Math.min(300, y.size(0))).to(DType.F64).toRows();
        var out = new double[rows.length * (rows.length - 1) / 2];
        for (int i = 0, at = 0; i < rows.length; i++) {
            for (int j = 0; j < i; j++, at++) {
                for (int c = 0; c < rows[i].length; c++) out[at] += Math.pow(rows[i][c] - rows[j][c], 2);
            }
        }
        return out;
    }
}
