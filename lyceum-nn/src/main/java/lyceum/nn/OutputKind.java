package lyceum.nn;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.loss.Likelihood;
import lyceum.nn.loss.Loss;
import lyceum.tensor.Tensor;

/**
 * What an answer may be: a link from scores to predictions, the loss that belongs to it, and how it is read. Scores are (.., {@link #scores()}), any numbers;
 * a loss is the mean over rows of a sum over outputs.
 *
 * {@snippet :
 * var kind = OutputKind.quantiles(0.1, 0.5, 0.9);
 * Tensor z = network.forward(x);                       // (n, 3)
 * kind.loss(z, y).backward();
 * Tensor q = kind.prediction(z);                       // in order, whatever z is
 * }
 *
 * <p>For {@link Numbers}, {@link Labels}, {@link Classes} and {@link Counts} the link is the canonical one: the gradient of the loss at the scores is
 * {@code (prediction - target) / n}.
 *
 * @see "McCullagh and Nelder (1989), Generalized Linear Models, section 2.2"
 */
public sealed interface OutputKind extends Loss {
    /** How many scores a row has. */
    int scores();

    /** What the scores say. */
    Tensor prediction(Tensor z);

    /** A single answer. */
    Tensor decision(Tensor z);

    /** The mean loss. */
    Tensor loss(Tensor z, Tensor target);

    /** {@link #loss}: a kind is a loss for a {@code Trainer}. */
    @Override default Tensor of(Tensor z, Tensor target) { return loss(z, target); }

    /** Scores that say of every row what the targets say of all: with them as the bias of a layer of zero weights, training does not begin by learning a constant. */
    double[] baseRates(Tensor targets);

    /** Real numbers. */
    static Numbers numbers(int outputs) { return new Numbers(outputs); }

    /** As many as the targets (n) or (n, outputs) have. */
    static Numbers numbersOf(Tensor targets) { return new Numbers(targets.rank() == 1 ? 1 : (int) targets.size(-1)); }

    /** Yes or no, or several of them that do not exclude each other. */
    static Labels labels(int outputs) { return new Labels(outputs); }

    /** As many as the targets (n) or (n, outputs) have. */
    static Labels labelsOf(Tensor targets) { return new Labels(targets.rank() == 1 ? 1 : (int) targets.size(-1)); }

    /** One of several classes. */
    static Classes classes(int count) { return new Classes(count); }

    /** As many as the largest class number of the targets asks for. */
    static Classes classesOf(Tensor targets) { return new Classes(Math.max(2, (int) targets.max().item() + 1)); }

    /** Counts. */
    static Counts counts(int outputs) { return new Counts(outputs); }

    /** One of several classes in order. */
    static Ordinal ordinal(int count) { return new Ordinal(count); }

    /** As many as the largest class number of the targets asks for. */
    static Ordinal ordinalOf(Tensor targets) { return new Ordinal(Math.max(2, (int) targets.max().item() + 1)); }

    /** Quantiles at these levels, rising, each in (0, 1). */
    static Quantiles quantiles(double... levels) { return new Quantiles(Arrays.stream(levels).boxed().toList()); }

    /** A number with its own spread. */
    static MeanVariance meanVariance() { return new MeanVariance(); }

    /** A number from a mixture of so many normal laws. */
    static Mixture mixture(int components) { return new Mixture(components); }

    private static void positive(String kind, int count, int least) {
        if (count < least)
            throw new IllegalArgumentException("OutputKind." + kind + ": " + count + " outputs; there are at least " + least);
    }

    /** The target in the shape of the scores: (n) will do for one output. */
    private static Tensor like(String kind, Tensor z, Tensor target) {
        if (z.shape().equals(target.shape())) return target.to(z.dtype());
        if (z.size(-1) == 1 && Arrays.equals(target.shape().toArray(), Arrays.copyOf(z.shape().toArray(), z.rank() - 1)))
            return target.unsqueeze(-1).to(z.dtype());
        throw new ShapeException(
                "OutputKind." + kind + ": scores " + z.shape() + " and targets " + target.shape() + "; they have one shape");
    }

    /** Targets of one number a row, (n). */
    private static Tensor single(String kind, Tensor z, Tensor target) {
        if (target.count() * z.size(-1) != z.count()) throw new ShapeException(
                "OutputKind." + kind + ": scores " + z.shape() + " and targets " + target.shape() + "; a row has one number");
        return target.to(z.dtype()).reshape(Arrays.copyOf(z.shape().toArray(), z.rank() - 1));
    }

    private static Tensor meanOfRows(Tensor losses) { return losses.sum(-1).mean(); }

    /** {@code z_0, z_0 + softplus(z_1), ..} along the last axis. */
    static Tensor rising(Tensor z) {
        if (z.size(-1) == 1) return z;
        return Tensor.concat(-1, z.narrow(-1, 0, 1), z.narrow(-1, 1, z.size(-1) - 1).softplus()).cumsum(-1);
    }

    /** By output, from targets (n) or (n, outputs). */
    private static double[][] columns(Tensor targets, int outputs) {
        var rows = targets.detach().to(DType.F64).reshape(-1, outputs);
        return IntStream.range(0, outputs).mapToObj(j -> rows.select(1, j).toDoubleArray()).toArray(double[][]::new);
    }

    private static double mean(double[] x) {
        return Arrays.stream(x).average().orElseThrow(() -> new ShapeException("baseRates: no targets"));
    }

    private static double variance(double[] x) {
        double mean = mean(x);
        return Math.max(1e-6, Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
    }

    /** By linear interpolation between order statistics, as in NumPy. */
    private static double quantile(double[] sorted, double level) {
        double at = level * (sorted.length - 1);
        int low = (int) at;
        return low + 1 >= sorted.length ? sorted[sorted.length - 1] : sorted[low] + (at - low) * (sorted[low + 1] - sorted[low]);
    }

    /** A share away from 0 and 1 by half a row, so that its logit is finite. */
    private static double inside(double share, int n) { return Math.clamp(share, 0.5 / n, 1 - 0.5 / n); }

    /** {@code (z - y)^2 / 2}: the mean of a normal law. */
    record Numbers(int outputs) implements OutputKind {
        public Numbers { positive("numbers", outputs, 1); }

        @Override public int scores() { return outputs; }

        @Override public Tensor prediction(Tensor z) { return z; }

        @Override public Tensor decision(Tensor z) { return z; }

        @Override public Tensor loss(Tensor z, Tensor target) { return meanOfRows(z.sub(like("numbers", z, target)).square().mul(0.5)); }

        @Override public double[] baseRates(Tensor targets) {
            return Arrays.stream(columns(targets, outputs)).mapToDouble(OutputKind::mean).toArray();
        }
    }

    /** {@code sigmoid(z)} each, with binary cross-entropy; a label is said from 1/2 on. */
    record Labels(int outputs) implements OutputKind {
        public Labels { positive("labels", outputs, 1); }

        @Override public int scores() { return outputs; }

        @Override public Tensor prediction(Tensor z) { return z.sigmoid(); }

        @Override public Tensor decision(Tensor z) { return z.ge(0); }

        @Override public Tensor loss(Tensor z, Tensor target) {
            var y = like("labels", z, target);
            return meanOfRows(z.softplus().sub(z.mul(y)));
        }

        @Override public double[] baseRates(Tensor targets) {
            return Arrays.stream(columns(targets, outputs)).mapToDouble(y -> Activation.logit(inside(mean(y), y.length))).toArray();
        }
    }

    /** {@code softmax(z)} with cross-entropy against class numbers (n). */
    record Classes(int count) implements OutputKind {
        public Classes { positive("classes", count, 2); }

        @Override public int scores() { return count; }

        @Override public Tensor prediction(Tensor z) { return z.softmax(-1); }

        @Override public Tensor decision(Tensor z) { return z.argmax(-1); }

        @Override public Tensor loss(Tensor z, Tensor target) { return Loss.crossEntropy(z, target); }

        @Override public double[] baseRates(Tensor targets) {
            return Arrays.stream(frequencies(targets, count)).map(f -> Math.log(inside(f, (int) targets.count()))).toArray();
        }
    }

    private static double[] frequencies(Tensor targets, int count) {
        var found = new double[count];
        for (long y : targets.toLongArray()) {
            if (y < 0 || y >= count)
                throw new IllegalArgumentException("baseRates: target " + y + "; class numbers are 0 to " + (count - 1));
            found[(int) y] += 1.0 / targets.count();
        }
        return found;
    }

    /** Rates {@code exp(z)} with {@code exp(z) - y z}: the Poisson law without the constant {@code log y!}. */
    record Counts(int outputs) implements OutputKind {
        public Counts { positive("counts", outputs, 1); }

        @Override public int scores() { return outputs; }

        @Override public Tensor prediction(Tensor z) { return z.exp(); }

        /** The most probable count. */
        @Override public Tensor decision(Tensor z) { return z.exp().floor(); }

        @Override public Tensor loss(Tensor z, Tensor target) { return meanOfRows(z.exp().sub(z.mul(like("counts", z, target)))); }

        @Override public double[] baseRates(Tensor targets) {
            return Arrays.stream(columns(targets, outputs)).mapToDouble(y -> Math.log(Math.max(mean(y), 0.5 / y.length))).toArray();
        }
    }

    /**
     * Classes in order by cumulative logits: {@code P(y <= j) = sigmoid(z_j)}, for scores that rise in j, as those of an {@link OutputHead} do.
     *
     * @see "McCullagh (1980), Regression Models for Ordinal Data"
     */
    record Ordinal(int count) implements OutputKind {
        public Ordinal { positive("ordinal", count, 2); }

        @Override public int scores() { return count - 1; }

        @Override public Tensor prediction(Tensor z) { return logProbabilities(z).exp(); }

        /** The first class that half of the probability does not lie beyond: the median. */
        @Override public Tensor decision(Tensor z) { return z.lt(0).to(DType.I64).sum(-1); }

        @Override public Tensor loss(Tensor z, Tensor target) { return Loss.nll(logProbabilities(z), target); }

        /** {@code sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b))}, which cancels nothing. */
        private Tensor logProbabilities(Tensor z) {
            if (z.size(-1) != count - 1)
                throw new ShapeException("OutputKind.ordinal: scores " + z.shape() + " for " + count + " classes; there is one less");
            Tensor below = z.logSigmoid(), beyond = z.neg().logSigmoid();
            Tensor first = below.narrow(-1, 0, 1), last = beyond.narrow(-1, count - 2, 1);
            if (count == 2) return Tensor.concat(-1, first, last);
            Tensor a = z.narrow(-1, 0, count - 2), b = z.narrow(-1, 1, count - 2);
            var middle = below.narrow(-1, 1, count - 2).add(beyond.narrow(-1, 0, count - 2)).add(a.sub(b).expm1().neg().log());
            return Tensor.concat(-1, first, middle, last);
        }

        @Override public double[] baseRates(Tensor targets) {
            double[] f = frequencies(targets, count), z = new double[count - 1];
            double sum = 0;
            for (int j = 0; j < z.length; j++) {
                sum += f[j];
                z[j] = Activation.logit(inside(sum, (int) targets.count()));
            }
            return z;
        }
    }

    /**
     * Quantiles {@code q_0 = z_0, q_i = q_{i-1} + softplus(z_i)} with the pinball loss, summed over levels: they never cross.
     *
     * @param levels rising, in (0, 1)
     * @see "Koenker and Bassett (1978), Regression Quantiles"
     */
    record Quantiles(List<Double> levels) implements OutputKind {
        public Quantiles {
            levels = List.copyOf(levels);
            positive("quantiles", levels.size(), 1);
            for (int i = 0; i < levels.size(); i++)
                if (!(levels.get(i) > (i == 0 ? 0 : levels.get(i - 1)) && levels.get(i) < 1))
                    throw new IllegalArgumentException("OutputKind.quantiles: levels " + levels + "; they rise, within (0, 1)");
        }

        @Override public int scores() { return levels.size(); }

        @Override public Tensor prediction(Tensor z) { return rising(z); }

        /** The quantile whose level is nearest to 1/2. */
        @Override public Tensor decision(Tensor z) {
            int nearest = IntStream.range(0, levels.size()).boxed()
                    .min((a, b) -> Double.compare(Math.abs(levels.get(a) - 0.5), Math.abs(levels.get(b) - 0.5))).orElseThrow();
            return prediction(z).select(-1, nearest);
        }

        @Override public Tensor loss(Tensor z, Tensor target) {
            var miss = single("quantiles", z, target).unsqueeze(-1).sub(prediction(z));
            var tau = Tensor.of(levels.stream().mapToDouble(v -> v).toArray()).to(z.dtype());
            return meanOfRows(miss.mul(tau).maximum(miss.mul(tau.sub(1))));
        }

        @Override public double[] baseRates(Tensor targets) {
            double[] y = targets.detach().to(DType.F64).flatten().toDoubleArray(), z = new double[levels.size()];
            Arrays.sort(y);
            mean(y);
            for (int i = 0; i < z.length; i++) {
                double q = quantile(y, levels.get(i));
                z[i] = i == 0 ? q : Math.log(Math.expm1(Math.max(q - quantile(y, levels.get(i - 1)), 1e-3)));
            }
            return z;
        }
    }

    /**
     * A normal law whose mean and log variance are the scores.
     *
     * @see <a href="https://doi.org/10.1109/ICNN.1994.374138">Nix and Weigend (1994)</a>
     */
    record MeanVariance() implements OutputKind {
        @Override public int scores() { return 2; }

        /** (.., 2): mean and variance. */
        @Override public Tensor prediction(Tensor z) { return Tensor.concat(-1, z.narrow(-1, 0, 1), z.narrow(-1, 1, 1).exp()); }

        /** The mean. */
        @Override public Tensor decision(Tensor z) { return z.select(-1, 0); }

        @Override public Tensor loss(Tensor z, Tensor target) {
            return Likelihood.gaussian().logDensity(z, single("meanVariance", z, target)).mean().neg();
        }

        @Override public double[] baseRates(Tensor targets) {
            double[] y = columns(targets, 1)[0];
            return new double[] {mean(y), Math.log(variance(y))};
        }
    }

    /**
     * A mixture of normal laws: a logit of each component, then mean and log variance of each, as {@link Likelihood#mixture} lays them out.
     *
     * @see "Bishop (1994), Mixture Density Networks"
     */
    record Mixture(int components) implements OutputKind {
        public Mixture { positive("mixture", components, 1); }

        @Override public int scores() { return 3 * components; }

        /** (.., 3 components): weights, then mean and variance of each component. */
        @Override public Tensor prediction(Tensor z) {
            var weights = z.narrow(-1, 0, components).softmax(-1);
            var shape = Arrays.copyOf(z.shape().toArray(), z.rank() + 1);
            shape[z.rank() - 1] = components;
            shape[z.rank()] = 2;
            var laws = z.narrow(-1, components, 2 * components).reshape(shape);
            var each = Tensor.concat(-1, laws.narrow(-1, 0, 1), laws.narrow(-1, 1, 1).exp());
            shape = z.shape().toArray();
            shape[z.rank() - 1] = 2 * components;
            return Tensor.concat(-1, weights, each.reshape(shape));
        }

        /** The mean of the mixture. */
        @Override public Tensor decision(Tensor z) {
            var means = Tensor.stack(-1,
                    IntStream.range(0, components).mapToObj(c -> z.select(-1, components + 2 * c)).toArray(Tensor[]::new));
            return z.narrow(-1, 0, components).softmax(-1).mul(means).sum(-1);
        }

        @Override public Tensor loss(Tensor z, Tensor target) {
            return Likelihood.mixture(components, 2, Likelihood.gaussian()).logDensity(z, single("mixture", z, target)).mean().neg();
        }

        /** Components of equal weight at the quantiles (c + 1/2) / components. */
        @Override public double[] baseRates(Tensor targets) {
            double[] y = columns(targets, 1)[0].clone(), z = new double[3 * components];
            double spread = Math.log(variance(y) / components / components);
            Arrays.sort(y);
            for (int c = 0; c < components; c++) {
                z[components + 2 * c] = quantile(y, (c + 0.5) / components);
                z[components + 2 * c + 1] = spread;
            }
            return z;
        }
    }
}
