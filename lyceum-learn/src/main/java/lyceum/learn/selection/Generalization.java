package lyceum.learn.selection;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntFunction;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.data.Dataset;
import lyceum.random.Rng;
import lyceum.stats.Interval;
import lyceum.stats.ProportionInterval;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;
import lyceum.theory.Concentration;

/**
 * How much better a learner does on the rows that it saw: the gap over sample size, capacity and label noise, intervals for the risk on rows that no
 * decision has touched, and the run with shuffled labels that tells fitting from generalising.
 *
 * {@snippet :
 * var digits = Population.rows(Datasets.digits());
 * var curve = Generalization.overSize(new KNeighborsClassifier(1), digits, 20, 500, Rng.of(1), 50, 100, 200, 400);
 * Generalization.gaps(curve);                                      // test error less train error
 * Generalization.heldOut(0.95, model, test.x(), test.y());         // risk with Hoeffding's and the exact interval
 * Generalization.randomLabels(new MlpClassifier(512), train, test, Rng.of(1));
 * }
 *
 * @see <a href="https://arxiv.org/abs/1611.03530">Zhang, Bengio, Hardt, Recht and Vinyals (2017), Understanding Deep Learning Requires Rethinking
 *      Generalization</a>
 */
public final class Generalization {
    private Generalization() {}

    /** Over the number of rows. @param test rows of each repeat's test set @param sizes ascending */
    public static FitCurve overSize(Learner learner, Population population, int repeats, int test, Rng rng, int... sizes) {
        var learners = new Learner[sizes.length];
        Arrays.fill(learners, learner);
        return curve(Arrays.stream(sizes).asDoubleStream().toArray(), learners, k -> population, sizes, repeats, test, rng);
    }

    /** Over learners of growing capacity, on {@code train} rows. */
    public static FitCurve overCapacity(IntFunction<? extends Learner> learner, Population population, int train, int repeats, int test,
            Rng rng, int... capacities) {
        return curve(Arrays.stream(capacities).asDoubleStream().toArray(),
                Arrays.stream(capacities).mapToObj(learner).toArray(Learner[]::new), k -> population, same(train, capacities.length),
                repeats, test, rng);
    }

    /** Over the share of labels that are replaced, in both sets. @param classes labels are 0 .. classes - 1 @param shares each in [0, 1] */
    public static FitCurve overNoise(Classifier learner, Population population, int classes, int train, int repeats, int test, Rng rng,
            double... shares) {
        var learners = new Learner[shares.length];
        Arrays.fill(learners, learner);
        return curve(shares.clone(), learners, k -> population.withLabelNoise(shares[k], classes), same(train, shares.length), repeats,
                test, rng);
    }

    private static int[] same(int train, int count) {
        var sizes = new int[count];
        Arrays.fill(sizes, train);
        return sizes;
    }

    /** The same stream at each point of a repeat, so that points compare pairwise. */
    private static FitCurve curve(double[] points, Learner[] learners, IntFunction<Population> population, int[] sizes, int repeats,
            int test, Rng rng) {
        if (points.length == 0 || repeats < 1) throw new IllegalArgumentException(
                "Generalization: " + points.length + " points and " + repeats + " repeats; at least one of each");
        double[][] train = new double[points.length][repeats], held = new double[points.length][repeats];
        var baseline = new double[repeats];
        Parallel.range(repeats, 1, (from, to) -> {
            for (int r = (int) from; r < to; r++) for (int k = 0; k < points.length; k++) {
                var parts = population.apply(k).draw(sizes[k], test, rng.split(r));
                Dataset seen = parts[0], unseen = parts[1];
                baseline[r] = FitCurve.baseline(seen.y(), unseen.y());
                switch (learners[k]) {
                    case Classifier classifier -> {
                        var model = classifier.fit(seen.x(), seen.y());
                        train[k][r] = 1 - model.score(seen.x(), seen.y());
                        held[k][r] = 1 - model.score(unseen.x(), unseen.y());
                    }
                    case Regressor regressor -> {
                        var model = regressor.fit(seen.x(), seen.y());
                        train[k][r] = model.predict(seen.x()).sub(seen.y()).square().mean().item();
                        held[k][r] = model.predict(unseen.x()).sub(unseen.y()).square().mean().item();
                    }
                    default -> throw new IllegalArgumentException(
                            "Generalization: " + learners[k].name() + " is neither a regressor nor a classifier");
                }
            }
        });
        return new FitCurve(points, train, held, baseline);
    }

    /** Mean error on unseen rows less that on the rows fitted, at each point. */
    public static double[] gaps(FitCurve curve) {
        var gaps = new double[curve.points().length];
        for (int k = 0; k < gaps.length; k++) gaps[k] = curve.validation(k) - curve.train(k);
        return gaps;
    }

    /**
     * The least-squares slope of log gap over log point: -1 for least squares over sample size, whose gap is near {@code 2 p sigma^2 / n}; -1/2 is what
     * uniform bounds promise.
     *
     * @throws IllegalArgumentException if there are fewer than two points, or a gap is not positive
     */
    public static double decay(FitCurve curve) {
        double[] gaps = gaps(curve);
        double meanX = 0, meanY = 0, n = gaps.length, above = 0, below = 0;
        for (int k = 0; k < n; k++) {
            if (!(gaps[k] > 0) || n < 2) throw new IllegalArgumentException(
                    "decay: the gaps are " + Arrays.toString(gaps) + "; there are at least two, all positive. Use more repeats");
            meanX += Math.log(curve.points()[k]) / n;
            meanY += Math.log(gaps[k]) / n;
        }
        for (int k = 0; k < n; k++) {
            double x = Math.log(curve.points()[k]) - meanX;
            above += x * (Math.log(gaps[k]) - meanY);
            below += x * x;
        }
        return above / below;
    }

    /**
     * The risk of one fixed model, from rows that neither its training nor its choice has seen.
     *
     * @param risk mean loss
     * @param rows held out
     * @param hoeffding for any loss in [0, 1]
     * @param exact Clopper and Pearson's (1934), if every loss is 0 or 1; the narrower one
     */
    public record HeldOut(double risk, int rows, Interval hoeffding, Optional<Interval> exact) {}

    /** @param level such as 0.95 @param losses in [0, 1], at least one */
    public static HeldOut heldOut(double level, double... losses) {
        if (!(level > 0 && level < 1)) throw new IllegalArgumentException("heldOut: level is " + level + "; it lies between 0 and 1");
        double sum = 0;
        boolean counts = true;
        for (double loss : losses) {
            if (!(loss >= 0 && loss <= 1))
                throw new IllegalArgumentException("heldOut: a loss is " + loss + "; losses lie between 0 and 1. Scale or clip them first");
            sum += loss;
            counts &= loss == 0 || loss == 1;
        }
        int n = losses.length;
        double radius = Concentration.hoeffding(1).radius(n, (1 - level) / 2), risk = sum / n;
        return new HeldOut(risk, n, new Interval(Math.max(0, risk - radius), Math.min(1, risk + radius)),
                counts ? Optional.of(ProportionInterval.clopperPearson(sum, n, level)) : Optional.empty());
    }

    /** Of a classifier's mistakes. */
    public static HeldOut heldOut(double level, ClassificationModel model, Tensor x, Tensor labels) {
        return heldOut(level, model.predict(x).to(DType.I64).ne(labels.to(DType.I64)).to(DType.F64).toDoubleArray());
    }

    /**
     * Accuracies of one learner with true and with shuffled labels.
     *
     * @param train on the rows fitted, with their true labels
     * @param test on unseen rows
     * @param shuffledTrain on the rows fitted, with the labels that it was given: 1 if the learner can memorise
     * @param shuffledTest on unseen rows with their true labels: chance
     */
    public record RandomLabels(double train, double test, double shuffledTrain, double shuffledTest) {}

    /** Fits twice, with the labels as they are and in a random order. */
    public static RandomLabels randomLabels(Classifier learner, Dataset train, Dataset test, Rng rng) {
        int[] labels = train.labels(), order = rng.permutation(labels.length);
        var shuffled = new int[labels.length];
        for (int i = 0; i < order.length; i++) shuffled[i] = labels[order[i]];
        Tensor y = Tensor.of(labels), random = Tensor.of(shuffled), truth = Tensor.of(test.labels());
        ClassificationModel real = learner.fit(train.x(), y), memory = learner.fit(train.x(), random);
        return new RandomLabels(real.score(train.x(), y), real.score(test.x(), truth), memory.score(train.x(), random),
                memory.score(test.x(), truth));
    }
}
