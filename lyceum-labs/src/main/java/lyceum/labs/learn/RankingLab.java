package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.metrics.RankedQuery;
import lyceum.learn.metrics.Ranking;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.loss.ListwiseLoss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.ListwiseFit;

/** A list of five results, graded by hand and put in order swap by swap: which measure notices what. Then a scorer learned from whole lists. */
@Lab(topics = "ranking", title = "Five results, put in order")
final class RankingLab implements LabBody {
    private static final String[] MEASURES = {"NDCG", "NDCG, 2^r - 1", "average precision", "reciprocal rank", "precision at 3",
            "Kendall tau-b"};

    @Override public void run(LabContext lab) {
        double[] grades = {lab.param("first", 3, 0, 3), lab.param("second", 0, 0, 3), lab.param("third", 2, 0, 3),
                lab.param("fourth", 0, 0, 3), lab.param("fifth", 1, 0, 3)};
        int queries = lab.param("queries", 60, 10, 300);
        var frames = new ArrayList<Figure>();
        var rows = new ArrayList<List<Object>>();
        var labels = new ArrayList<String>();
        double[] list = grades.clone();
        double worst = 1, last = 0;
        for (boolean moved = true; moved;) {
            double[] now = measures(list);
            String text = Arrays.stream(list).mapToObj(g -> String.format(Locale.ROOT, "%.0f", g)).collect(Collectors.joining(" "));
            rows.add(Stream.concat(Stream.of(text), Arrays.stream(now).mapToObj(m -> (Object) (Double.isNaN(m) ? "-" : m))).toList());
            labels.add(text);
            frames.add(Figure
                    .bars("Grades from the top: " + text, MEASURES,
                            Series.of("this list", Arrays.stream(now).map(v -> Double.isNaN(v) ? 0 : v).toArray()))
                    .axes("measure", "value").limitY(-1, 1).describedAs("Six measures of the list " + text + "; 1 is best."));
            if (frames.size() > 1 && !Double.isNaN(now[0])) worst = Math.min(worst, now[0] - last);
            last = now[0];
            moved = swapFirst(list);
        }
        lab.figure(Figure.frames("Misordered neighbours swapped one by one", "list", frames).labelled(labels.toArray(String[]::new))
                .startingAt(0).describedAs(
                        "Each swap lifts both NDCGs; reciprocal rank moves only when the first hit does, precision at 3 only when a hit crosses the third place."));
        lab.table("The lists and their measures", Stream.concat(Stream.of("list"), Arrays.stream(MEASURES)).toList(), rows);

        var rng = lab.rng(1);
        Shifted train = Shifted.draw(rng, queries), test = Shifted.draw(rng, 100);
        var scorer = new Linear(2, 1, true, DType.F64, Init.torchLinear(2), rng);
        new ListwiseFit(ListwiseLoss.MLE).withRule(new Adam(0.05)).withEpochs(12).fit(scorer, train.x, train.y, train.rows, rng);
        var regression = new LinearRegression().fit(train.x, train.y);
        double listwise = test.ndcg(scorer.forward(test.x).reshape(-1)), pointwise = test.ndcg(regression.predict(test.x));
        lab.figure(Figure
                .bars("NDCG@5 on new queries whose grades are shifted", new String[] {"ListMLE", "regression on single items"},
                        Series.of("NDCG@5", new double[] {listwise, pointwise}))
                .axes("fit", "NDCG@5").limitY(0, 1)
                .describedAs("Regression spends its second feature on the shift of the query; the list loss does not see shifts."));
        lab.say("In order, the list of %d steps earns NDCG %.3f. Learned from whole lists a linear scorer reaches NDCG@5 %.3f on new queries, from single items %.3f.",
                frames.size() - 1, last, listwise, pointwise);
        lab.shows("least change of NDCG by a swap", frames.size() > 1 ? worst : 0, atLeast(0));
        lab.shows("NDCG@5 of ListMLE less that of regression", listwise - pointwise, above(0));
    }

    /** Swaps the first two neighbours that are misordered; false if there are none. */
    private static boolean swapFirst(double[] list) {
        int i = 1;
        while (i < list.length && list[i] <= list[i - 1]) i++;
        if (i == list.length) return false;
        double kept = list[i];
        list[i] = list[i - 1];
        list[i - 1] = kept;
        return true;
    }

    private static double[] measures(double[] grades) {
        var q = new RankedQuery(grades, new double[] {5, 4, 3, 2, 1});
        return new double[] {q.ndcg(), q.ndcg(5, RankedQuery.Gain.EXPONENTIAL), q.averagePrecision(), q.reciprocalRank(), q.precisionAt(3),
                q.kendall()};
    }

    /** Items with a signal, queries with a shift; the second feature tells the shift and runs against the signal. */
    private record Shifted(Tensor x, Tensor y, double[] grades, int[] query, int[][] rows) {
        static Shifted draw(Rng rng, int queries) {
            int items = 10, n = queries * items;
            double[][] x = new double[n][2];
            double[] y = new double[n], grades = new double[n];
            int[] query = new int[n];
            int[][] rows = new int[queries][items];
            for (int row = 0, q = 0; q < queries; q++) {
                double shift = 4 * rng.nextGaussian();
                for (int i = 0; i < items; i++, row++) {
                    double u = rng.nextGaussian();
                    x[row] = new double[] {u + rng.nextGaussian(), shift - u / 2 + 0.3 * rng.nextGaussian()};
                    y[row] = u + shift;
                    grades[row] = Math.clamp(Math.round(u + 1), 0, 3);
                    query[row] = q;
                    rows[q][i] = row;
                }
            }
            return new Shifted(Tensor.of(x), Tensor.of(y), grades, query, rows);
        }

        double ndcg(Tensor scores) { return Ranking.of(Tensor.of(grades), scores, query).ndcg(5); }
    }
}
