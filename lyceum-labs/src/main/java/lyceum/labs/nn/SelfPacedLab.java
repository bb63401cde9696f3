package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Reduction;
import lyceum.optim.Lbfgs;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.MlpFit;
import lyceum.train.regime.Age;
import lyceum.train.regime.RowRegularizer;
import lyceum.train.regime.SelfPaced;

/** Logistic regression that chooses its own rows, easy ones first: those with flipped labels come last, or never. */
@Lab(topics = "self-paced-learning", title = "Who is let in, and when")
final class SelfPacedLab implements LabBody {
    private static final CrossEntropy EACH = new CrossEntropy().withReduction(Reduction.NONE);

    @Override public void run(LabContext lab) {
        var kind = lab.choice("weights", "hard", "hard", "linear", "logarithmic", "mixture");
        double flipped = lab.param("share of labels flipped", 0.3, 0.0, 0.45);
        double limit = lab.param("admitted in the end", 0.7, 0.2, 1.0);
        int rounds = lab.param("rounds", 8, 1, 20), sets = lab.param("data sets", 6, 1, 30);
        boolean balanced = lab.flag("each class apart", true);
        var regularizer = switch (kind) {
            case "hard" -> RowRegularizer.HARD;
            case "linear" -> RowRegularizer.LINEAR;
            case "logarithmic" -> RowRegularizer.logarithmic(0.3);
            default -> RowRegularizer.mixture(0.5);
        };
        var age = Age.share(Math.min(0.3, limit), limit > 0.3 ? (limit - 0.3) / Math.max(1, rounds - 2) : 0, limit);
        var paced = new SelfPaced(regularizer, age, rounds).withBalanced(balanced);
        double plain = 0, after = 0, top = 0;
        double[] right = new double[rounds], wrong = new double[rounds], losses = null, place = new double[300];
        var state = new int[300];
        for (int set : lab.progress("data sets", sets)) {
            var rng = lab.rng(set + 1);
            var plane = Tensor.randn(rng, DType.F64, 10, 1);
            Tensor x = rows(300, rng), test = rows(2000, rng);
            long[] clean = sides(x, plane), labels = clean.clone();
            for (int i : rng.sample(300, (int) Math.round(300 * flipped))) labels[i] = 1 - labels[i];
            var y = Tensor.of(labels);
            Mlp[] model = {fit(x, y, null)};
            plain += accuracy(model[0], test, plane) / sets;
            var seen = paced.run(EACH.of(model[0].forward(x), y).toDoubleArray(), Arrays.stream(labels).mapToInt(l -> (int) l).toArray(),
                    weights -> {
                        model[0] = fit(x, y, weights);
                        return EACH.of(model[0].forward(x), y).toDoubleArray();
                    }, Progress.SILENT);
            after += accuracy(model[0], test, plane) / sets;
            state = IntStream.range(0, 300).map(i -> (int) Math.abs(labels[i] - clean[i])).toArray();
            int wrongs = Math.max(1, Arrays.stream(state).sum());
            for (int r = 0; r < rounds; r++)
                for (int i = 0; i < 300; i++) if (state[i] == 0) right[r] += seen.get(r).weights()[i] / (300 - wrongs) / sets;
                else wrong[r] += seen.get(r).weights()[i] / wrongs / sets;
            losses = seen.getLast().losses();
            int[] order = Tensor.of(losses).argsort(0).toIntArray();
            for (int k = 0; k < 300; k++) place[order[k]] = k + 1;
            for (int k = 270; k < 300; k++) top += state[order[k]] / 30.0 / sets;
        }
        lab.figure(Figure.line("Who is let in", 1, right).named("clean labels").line("flipped labels", 1, wrong)
                .axes("round", "mean weight").describedAs(
                        "Mean weight of rows in each round: clean rows enter first, while most flipped ones wait outside to the end."));
        lab.figure(Figure.plot("Losses in the end").points(place, losses, state, "clean", "flipped")
                .axes("place among all rows", "loss in nats").describedAs(
                        "Each row's loss after the last round of the last data set, ascending: the steep end of the curve is nearly all flipped."));
        lab.say("On clean labels plain logistic regression is right in %.1f%% of cases, the self-paced one in %.1f%%: means of %d data sets.",
                100 * plain, 100 * after, sets);
        lab.shows("points gained", 100 * (after - plain), atLeast(2));
        lab.shows("share of the highest-loss decile that is flipped", top, atLeast(0.8));
    }

    /** Gaussian features, a fifth of the rows five times as long. */
    private static Tensor rows(int n, Rng rng) {
        var scale = Tensor.of(IntStream.range(0, n).mapToDouble(i -> rng.nextDouble() < 0.2 ? 5 : 1).toArray(), n, 1);
        return Tensor.randn(rng, DType.F64, n, 10).mul(scale).compute();
    }

    private static long[] sides(Tensor x, Tensor plane) { return x.matmul(plane).flatten().gt(0).to(DType.I64).toLongArray(); }

    private static double accuracy(Mlp model, Tensor x, Tensor plane) {
        return model.classes(x).eq(Tensor.of(sides(x, plane))).to(DType.F64).mean().item();
    }

    private static Mlp fit(Tensor x, Tensor y, double[] weights) {
        var model = new Mlp(MlpConfig.classifier(10, 2).withDtype(DType.F64), Rng.of(0));
        new MlpFit().withPenalty(1e-3).minimize(model, x, y, weights == null ? null : Tensor.of(weights),
                new Lbfgs().withGradientTolerance(1e-6), Progress.SILENT);
        return model;
    }
}
