package lyceum.train.regime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.data.Dataset;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * Self-paced learning: a model and the weights of its rows, in turn. A round finds the weights that minimise
 * {@code sum_i v_i l_i + f(v_i; lambda) - gamma sum_g ||v_g||} at the present losses l in closed form, then fits the model with them;
 * lambda is a round's {@link Age}.
 *
 * {@snippet :
 * var paced = new SelfPaced(RowRegularizer.LINEAR, Age.share(0.3, 0.1, 0.7), 6);
 * paced.fit(network, trainer, new CrossEntropy().withReduction(Reduction.NONE), data, null, Rng.of(1), Progress.SILENT);            // a
 * network
 * paced.run(start, null, weights -> { model = ridge.fit(x, y, weights); return losses(model); }, Progress.SILENT);    // any fit that
 * takes weights
 * }
 *
 * <p>At a fixed age and with exact fits that objective never rises. At infinity all weights are 1: plain empirical risk. Choose ages by
 * {@link Age#share} unless the unit of the loss is known, and stop short of 1 where labels are wrong.
 *
 * @param regularizer f
 * @param age of each round, from the losses of all rows or, with {@code balanced}, of each group
 * @param rounds of weights and fit, at least 1
 * @param diversity gamma, at least 0, for {@link RowRegularizer#HARD} alone: prefers rows of many groups; the i-th easiest row of a group
 *         enters below
 *        {@code lambda + gamma / (sqrt(i) + sqrt(i - 1))}
 * @param balanced whether each group has an age of its own, so that the easy ones do not fill the pool
 * @see <a href="https://papers.nips.cc/paper/3923-self-paced-learning-for-latent-variable-models">Kumar, Packer and Koller (2010)</a>
 * @see <a href="https://papers.nips.cc/paper/5568-self-paced-learning-with-diversity">Jiang et al. (2014), for diversity</a>
 */
@Withers
public record SelfPaced(RowRegularizer regularizer, Age age, int rounds, double diversity, boolean balanced) implements SelfPacedWithers {

    /**
     * What happened in a round.
     *
     * @param ages of each group, or the one of all
     * @param weights v of the rows, that the fit was given
     * @param losses of the rows after the fit
     * @param before the objective with these weights at the losses before the fit; NaN where an age is infinite
     * @param after and after it, less than {@code before} if the fit is exact
     */
    public record Round(double[] ages, double[] weights, double[] losses, double before, double after) {}

    public SelfPaced {
        Objects.requireNonNull(regularizer, "regularizer");
        Objects.requireNonNull(age, "age");
        if (rounds < 1) throw new IllegalArgumentException("SelfPaced: rounds is " + rounds + "; it is at least 1");
        if (!(diversity >= 0 && diversity < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("SelfPaced: diversity is " + diversity + "; it is at least 0");
        if (diversity > 0 && regularizer.kind() != RowRegularizer.Kind.HARD) throw new IllegalArgumentException(
                "SelfPaced: diversity is " + diversity + " with " + regularizer.kind() + " weights; its closed form is that of HARD ones");
    }

    /** No diversity, one age for all. */
    public SelfPaced(RowRegularizer regularizer, Age age, int rounds) { this(regularizer, age, rounds, 0, false); }

    /**
     * Around any fit that takes weights.
     *
     * @param losses of the rows before the first round, finite
     * @param groups of the rows, from 0: classes or clusters; null for one group
     * @param fit with weights (of its own copy), then the losses of all rows
     */
    public List<Round> run(double[] losses, int[] groups, UnaryOperator<double[]> fit, Progress progress) {
        if (groups == null) groups = new int[losses.length];
        if (groups.length != losses.length || losses.length == 0)
            throw new IllegalArgumentException("SelfPaced: " + losses.length + " losses, " + groups.length + " groups of rows");
        var rows = new int[Arrays.stream(groups).max().orElseThrow() + 1][];
        for (int g = 0; g < rows.length; g++) rows[g] = rowsOf(g, groups);
        var rounds = new ArrayList<Round>();
        var now = checked(losses.clone());
        for (int r = 0; r < this.rounds; r++) {
            var ages = ages(r, now, rows);
            var weights = weights(now, ages, rows);
            double before = objective(weights, now, ages, rows);
            now = checked(fit.apply(weights.clone()).clone());
            if (now.length != weights.length)
                throw new IllegalArgumentException("SelfPaced: the fit gave " + now.length + " losses for " + weights.length + " rows");
            rounds.add(new Round(ages, weights, now, before, objective(weights, now, ages, rows)));
            progress.step("self-paced rounds", r + 1, this.rounds, "admitted", Arrays.stream(weights).sum());
        }
        return List.copyOf(rounds);
    }

    private static int[] rowsOf(int group, int[] groups) {
        return IntStream.range(0, groups.length).filter(i -> groups[i] == group).toArray();
    }

    private static double[] checked(double[] losses) {
        for (int i = 0; i < losses.length; i++)
            if (!Double.isFinite(losses[i])) throw new IllegalArgumentException("SelfPaced: the loss of row " + i + " is " + losses[i]);
        return losses;
    }

    private double[] ages(int round, double[] losses, int[][] rows) {
        var ages = new double[rows.length];
        if (!balanced) Arrays.fill(ages, age.of(round, losses));
        else for (int g = 0; g < ages.length; g++)
            if (rows[g].length > 0) ages[g] = age.of(round, Arrays.stream(rows[g]).mapToDouble(i -> losses[i]).toArray());
        for (double a : ages) if (Double.isNaN(a)) throw new IllegalStateException("SelfPaced: the age is NaN in round " + round);
        return ages;
    }

    private double[] weights(double[] losses, double[] ages, int[][] rows) {
        var weights = new double[losses.length];
        for (int g = 0; g < rows.length; g++) {
            var of = rows[g];
            int[] easiest = diversity == 0 || of.length == 0 ? null
                    : Tensor.of(Arrays.stream(of).mapToDouble(i -> losses[i]).toArray()).argsort(0).toIntArray();
            for (int k = 0; k < of.length; k++) {
                int i = of[easiest == null ? k : easiest[k]];
                double more = diversity == 0 ? 0 : diversity / (Math.sqrt(k + 1) + Math.sqrt(k));
                weights[i] = regularizer.weight(losses[i], ages[g] + more);
            }
        }
        return weights;
    }

    /** The joint objective of weights and losses. */
    private double objective(double[] weights, double[] losses, double[] ages, int[][] rows) {
        double sum = 0;
        for (int g = 0; g < rows.length; g++) {
            if (rows[g].length > 0 && Double.isInfinite(ages[g])) return Double.NaN;
            double square = 0;
            for (int i : rows[g]) {
                sum += weights[i] * losses[i] + regularizer.value(weights[i], ages[g]);
                square += weights[i] * weights[i];
            }
            sum -= diversity * Math.sqrt(square);
        }
        return sum;
    }

    /**
     * Around the network trainer: each round trains on from the present parameters, on rows with weights above 0, with the weighted mean
     * of their losses.
     * Train the network a little before: to a random one the easy rows are those that agree with it by chance.
     *
     * @param loss one number a row, (n): {@code new CrossEntropy().withReduction(Reduction.NONE)}
     * @param groups null for one group
     * @throws lyceum.progress.CancelledException if progress says so, between rounds
     */
    public List<Round> fit(Module model, Trainer trainer, Loss loss, Dataset data, int[] groups, Rng rng, Progress progress) {
        int[] round = {0};
        return run(Difficulty.teacherLoss(model, loss, data), groups, weights -> {
            int[] kept = IntStream.range(0, weights.length).filter(i -> weights[i] > 0).toArray();
            if (kept.length > 0) {
                BatchLoss mean = (rows, pass) -> {
                    var picked = Arrays.stream(rows).map(r -> kept[r]).toArray();
                    var v = Tensor.of(Arrays.stream(picked).mapToDouble(i -> weights[i]).toArray());
                    var outputs = model.forward(data.x().rows(picked), pass);
                    var each = Difficulty.rowLosses(loss, outputs, data.y().rows(picked));
                    return each.mul(v.to(each.dtype())).sum().div(v.sum().item());
                };
                trainer.start(model, kept.length, mean.weighing(rows -> Arrays.stream(rows).mapToDouble(r -> weights[kept[r]]).sum()), null,
                        rng.split(round[0]++)).finish(Progress.SILENT);
            }
            return Difficulty.teacherLoss(model, loss, data);
        }, progress);
    }
}
