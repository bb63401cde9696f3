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
        int rounds = lab.param("rounds", 8, 1, 20);
        boolean balanced = lab.flag("each class apart", true);
        var regularizer = switch (kind) {
            case "hard" -> RowRegularizer.HARD;
            case "linear" -> RowRegularizer.LINEAR;
            case "logarithmic" -> RowRegularizer.logarithmic(0.3);
            default -> RowRegularizer.mixture(0.5);
        };
        var rng = lab.rng(1);
        var plane = Tensor.randn(rng, DType.F64, 10, 1);
        Tensor x = rows(300, rng), test = rows(2000, rng);
        long[] clean = sides(x, plane), labels = clean.clone();
        for (int i : rng.sample(300, (int) Math.round(300 * flipped))) labels[i] = 1 - labels[i];
        var y = Tensor.of(labels);

        var plain = fit(x, y, null);
        Mlp[] model = {plain};
        var age = Age.share(Math.min(0.3, limit), limit > 0.3 ? (limit - 0.3) / Math.max(1, rounds - 2) : 0, limit);
        var seen = new SelfPaced(regularizer, age, rounds).withBalanced(balanced).run(EACH.of(plain.forward(x), y).toDoubleArray(),
                Arrays.stream(labels).mapToInt(l -> (int) l).toArray(), weights -> {
                    model[0] = fit(x, y, weights);
                    return EACH.of(model[0].forward(x), y).toDoubleArray();
                }, lab.progress());

        var number = IntStream.rangeClosed(1, rounds).asDoubleStream().toArray();
        double[] right = new double[rounds], wrong = new double[rounds];
        long wrongs = Math.max(1, IntStream.range(0, 300).filter(i -> labels[i] != clean[i]).count());
        for (int r = 0; r < rounds; r++)
            for (int i = 0; i < 300; i++)
                if (labels[i] == clean[i]) right[r] += seen.get(r).weights()[i] / (300 - wrongs);
                else wrong[r] += seen.get(r).weights()[i] / wrongs;
        lab.figure(Figure.line("Who is let in", number, right).named("rows with clean labels").line("rows with flipped labels", number, wrong)
                .axes("round", "mean weight")
                .describedAs("Mean weight of rows in each round: clean rows enter first, while most flipped ones wait outside to the end."));
        double[] losses = seen.getLast().losses(), place = new double[300];
        int[] order = Tensor.of(losses).argsort(0).toIntArray();
        for (int k = 0; k < 300; k++) place[order[k]] = k + 1;
        int[] state = IntStream.range(0, 300).map(i -> labels[i] == clean[i] ? 0 : 1).toArray();
        lab.figure(Figure.plot("Losses in the end").points(place, losses, state, "clean", "flipped").axes("place among all rows", "loss in nats")
                .describedAs("Every row's loss after the last round, from the least to the greatest: the steep end of the curve is nearly all flipped."));
        double before = accuracy(plain, test, plane), after = accuracy(model[0], test, plane), top = 0;
        for (int k = 270; k < 300; k++) top += state[order[k]] / 30.0;
        lab.say("On clean labels plain logistic regression is right in %.1f%% of cases, the self-paced one in %.1f%%.", 100 * before, 100 * after);
        lab.shows("points gained", 100 * (after - before), atLeast(2));
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
