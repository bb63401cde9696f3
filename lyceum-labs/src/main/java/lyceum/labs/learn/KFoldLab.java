package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.between;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.Ridge;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.GroupKFold;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.learn.selection.TimeSeriesSplit;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/** On pure noise, columns chosen before cross-validation look like a discovery; chosen inside of it they look like what they are. */
@Lab(topics = "k-fold", title = "A discovery in pure noise")
final class KFoldLab implements LabBody {
    private static final Scorer SIGNS = Scorer.ofNumbers("accuracy", true, (truth, predicted, weights) -> {
        double right = 0;
        for (int i = 0; i < truth.length; i++) if (truth[i] > 0 == predicted[i] > 0) right++;
        return right / truth.length;
    });

    /** Keeps the columns that correlate best with the answers of the rows it is fitted to. */
    private record BestColumns(int keep) implements Transformer {
        @Override public Kept fit(Tensor x, Tensor y, Tensor weights) {
            var centred = x.sub(x.mean(0));
            var score = centred.mul(y.sub(y.mean()).unsqueeze(1)).sum(0).square().div(centred.square().sum(0));
            return new Kept(score.argsort(0, true).narrow(0, 0, keep), (int) x.size(1));
        }
    }

    private record Kept(Tensor columns, int nFeatures) implements FittedTransformer {
        @Override public int nOutputs() { return (int) columns.count(); }

        @Override public Tensor transform(Tensor x) { return x.indexSelect(1, columns); }
    }

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 50, 20, 200), features = lab.param("features", 1000, 50, 3000),
                keep = lab.param("kept features", 20, 1, 50);
        int k = lab.param("k", 5, 2, 10), seeds = lab.param("seeds", 20, 5, 100);
        maps(lab, k);

        double[] leaky = new double[seeds], honest = new double[seeds];
        var sets = Tensor.arange(0.0, seeds, 1);
        var cv = new CrossValidation(new KFold(k));
        var model = new Ridge(1.0);
        for (int s : lab.progress("noise", seeds)) {
            var x = Tensor.randn(lab.rng(2 * s), DType.F64, rows, features);
            var coins = Tensor.randint(lab.rng(2 * s + 1), 0, 2, rows).to(DType.F64).mul(2).sub(1);
            leaky[s] = cv.score(model, new BestColumns(keep).fit(x, coins, null).transform(x), coins, SIGNS).mean();
            honest[s] = cv.score(Pipeline.of(new BestColumns(keep)).then(model), x, coins, SIGNS).mean();
        }
        double outside = Arrays.stream(leaky).average().orElseThrow(), inside = Arrays.stream(honest).average().orElseThrow();
        lab.figure(Figure.scatter("Accuracy on labels that are coins", sets, Tensor.of(leaky)).named("columns chosen beforehand")
                .points("chosen in each fold", sets, Tensor.of(honest)).horizontalLine(0.5, "truth")
                .axes("data set", "cross-validated accuracy").limitY(0, 1).describedAs(
                        "Where the columns were chosen on all rows every data set looks predictable; where each fold chooses for itself the scores lie around one half."));
        lab.say("The labels are coins. Choosing the best %d of %d columns on all rows first gives a mean accuracy of %.2f; with the choice inside the pipeline it is %.2f.",
                keep, features, outside, inside);
        lab.check(3, "mean accuracy with columns chosen beforehand", outside, atLeast(0.75));
        lab.check(3, "mean accuracy with columns chosen in each fold", inside, between(0.44, 0.56));
    }

    /** Which rows test in which fold, scheme by scheme, for rows in three classes and eight groups. */
    private static void maps(LabContext lab, int k) {
        int n = 40;
        var rng = lab.rng(-1);
        var labels = IntStream.range(0, n).mapToLong(i -> i < 20 ? 0 : i < 32 ? 1 : 2).toArray();
        int[] groups = IntStream.range(0, n).map(i -> i < 12 ? i : rng.nextInt(12)).toArray();
        String[] names = {"KFold", "KFold, shuffled", "StratifiedKFold", "GroupKFold", "TimeSeriesSplit"};
        FoldScheme[] schemes = {new KFold(k), new KFold(k).shuffled(lab.seed()), new StratifiedKFold(k), new GroupKFold(k),
                new TimeSeriesSplit(k)};
        var maps = new ArrayList<Plot>();
        int wrong = 0;
        for (int s = 0; s < schemes.length; s++) {
            var folds = schemes[s].folds(new FoldScheme.Rows(n, labels, groups));
            var cells = new double[folds.size()][n];
            var times = new int[n];
            for (int f = 0; f < cells.length; f++) {
                for (int row : folds.get(f).train()) cells[f][row] = 0.35;
                for (int row : folds.get(f).test()) cells[f][row] = 1;
                for (int row : folds.get(f).test()) times[row]++;
            }
            if (s < 4) wrong += Arrays.stream(times).filter(t -> t != 1).count();
            maps.add(Figure.heatmap(names[s], cells).axes("row", "fold").measuring("1 tests, 0.35 trains, 0 unused"));
        }
        lab.figure(Figure.frames("Who tests when", "scheme", maps).labelled(names).describedAs(
                "Dark rows test and light ones train: in order, at random, in equal shares of three classes, whole groups at once, and forward in time."));
        lab.shows("rows that are not tested exactly once (time series aside)", wrong, exactly(0));
    }
}
