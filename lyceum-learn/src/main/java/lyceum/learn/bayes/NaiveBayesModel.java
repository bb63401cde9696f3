package lyceum.learn.bayes;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.prob.AdditiveSmoothing;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link NaiveBayes}; {@link #add} gives the model that has seen more rows.
 *
 * @param learner what it was fitted by
 * @param classes the labels, ascending
 * @param statistics what was counted
 * @param table what is looked up: log probabilities (classes x features or categories), or variances for the Gaussian
 * @param intercepts what every row of a class has in common (classes)
 */
public record NaiveBayesModel(NaiveBayes learner, long[] classes, Statistics statistics, double[] table, double[] intercepts)
        implements ClassificationModel {

    static NaiveBayesModel of(NaiveBayes learner, long[] classes, Statistics statistics) {
        int k = classes.length, p = statistics.columns();
        var intercepts = new double[k];
        double[] prior = logPriors(learner, statistics);
        if (!(learner.events() instanceof EventModel.Complement) || k == 1) System.arraycopy(prior, 0, intercepts, 0, k);
        double[] table = switch (learner.events()) {
            case EventModel.Gaussian(double share) -> variances(statistics, share, intercepts);
            case EventModel.Multinomial(double alpha) -> logShares(statistics.first(), k, p, alpha);
            case EventModel.Bernoulli(double alpha, double threshold) -> presences(statistics, alpha, intercepts);
            case EventModel.Complement(double alpha, boolean normalised) -> complements(statistics, alpha, normalised);
            case EventModel.Categorical(double alpha, int categories) -> categories(statistics, alpha);
        };
        return new NaiveBayesModel(learner, classes, statistics, table, intercepts);
    }

    private static double[] logPriors(NaiveBayes learner, Statistics s) {
        int k = s.classes();
        var log = new double[k];
        double total = Arrays.stream(s.classWeights()).sum();
        for (int c = 0; c < k; c++) {
            double p = learner.uniformPrior() ? 1.0 / k
                    : !learner.priors().isEmpty() ? learner.priors().get(c) : total > 0 ? s.classWeights()[c] / total : 1.0 / k;
            log[c] = Math.log(p);
        }
        return log;
    }

    private static double[] variances(Statistics s, double share, double[] intercepts) {
        int p = s.columns();
        double more = s.smoothing(share);
        var variances = new double[s.second().length];
        for (int i = 0; i < variances.length; i++) {
            double mass = s.classWeights()[i / p];
            // Nothing known about the class, or no variance at all: any positive number lets the prior decide.
            double v = mass > 0 ? s.second()[i] / mass + more : 1;
            variances[i] = v > 0 ? v : Double.MIN_NORMAL;
            intercepts[i / p] -= 0.5 * Math.log(2 * Math.PI * variances[i]);
        }
        return variances;
    }

    private static double[] logShares(double[] counts, int k, int p, double alpha) {
        var log = new double[k * p];
        var smoothing = new AdditiveSmoothing(alpha);
        for (int c = 0; c < k; c++)
            System.arraycopy(smoothing.logEstimate(Arrays.copyOfRange(counts, c * p, (c + 1) * p)), 0, log, c * p, p);
        return log;
    }

    private static double[] presences(Statistics s, double alpha, double[] intercepts) {
        int p = s.columns();
        var odds = new double[s.first().length];
        for (int i = 0; i < odds.length; i++) {
            double rows = s.classWeights()[i / p], yes = Math.log(s.first()[i] + alpha), no = Math.log(rows - s.first()[i] + alpha);
            odds[i] = yes - no;
            intercepts[i / p] += no - Math.log(rows + 2 * alpha);
        }
        return odds;
    }

    private static double[] complements(Statistics s, double alpha, boolean normalised) {
        int k = s.classes(), p = s.columns();
        var others = new double[k * p];
        for (int j = 0; j < p; j++) {
            double all = alpha;
            for (int c = 0; c < k; c++) all += s.first()[c * p + j];
            for (int c = 0; c < k; c++) others[c * p + j] = all - s.first()[c * p + j];
        }
        double[] weights = logShares(others, k, p, 0);
        for (int c = 0; c < k; c++) {
            double sum = 0;
            for (int j = c * p; j < (c + 1) * p; j++) sum += weights[j];
            for (int j = c * p; j < (c + 1) * p; j++) weights[j] = normalised ? sum == 0 ? 0 : weights[j] / sum : -weights[j];
        }
        return weights;
    }

    private static double[] categories(Statistics s, double alpha) {
        int p = s.columns(), width = s.offsets()[p];
        var log = new double[s.first().length];
        for (int c = 0; c < s.classes(); c++) {
            for (int j = 0; j < p; j++) {
                double total = Math.log(s.classWeights()[c] + alpha * (s.offsets()[j + 1] - s.offsets()[j]));
                for (int v = s.offsets()[j]; v < s.offsets()[j + 1]; v++)
                    log[c * width + v] = Math.log(s.first()[c * width + v] + alpha) - total;
            }
        }
        return log;
    }

    @Override public long[] classes() { return classes.clone(); }

    /** A copy. */
    @Override public double[] table() { return table.clone(); }

    /** A copy. */
    @Override public double[] intercepts() { return intercepts.clone(); }

    @Override public int nFeatures() { return statistics.columns(); }

    /** {@link #add(Tensor, Tensor, Tensor)} with equal weights. */
    public NaiveBayesModel add(Tensor x, Tensor labels) { return add(x, labels, null); }

    /** The model after more rows: the same, up to rounding, as if they had come with the others. @throws IllegalArgumentException for a label that is no class */
    public NaiveBayesModel add(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.matrix("NaiveBayes.add", x, false);
        if (input.columns() != nFeatures())
            throw new ShapeException("NaiveBayes.add: x has " + input.columns() + " columns; the model was fitted on " + nFeatures());
        if (learner.tags().contains(Tag.POSITIVE_ONLY) && input.rows() > 0 && input.x().min().item() < 0) {
            throw new IllegalArgumentException("NaiveBayes.add: x holds " + input.x().min().item() + "; values are at least 0 here");
        }
        return input.rows() == 0 ? this : add(input, labels, weights);
    }

    NaiveBayesModel add(LearnerInput input, Tensor labels, Tensor weights) {
        var found = input.labels(labels);
        return of(learner, classes, statistics.add(learner.events(), input.operation(), input.x().to(DType.F64).toDoubleArray(),
                codes(found.classes(), found.codes()), input.weights(weights)));
    }

    private int[] codes(long[] labels, int[] codes) {
        var places = new int[labels.length];
        for (int l = 0; l < labels.length; l++) {
            places[l] = Arrays.binarySearch(classes, labels[l]);
            if (places[l] < 0) throw new IllegalArgumentException(
                    "NaiveBayes.add: label " + labels[l] + " is none of the classes " + Arrays.toString(classes));
        }
        return Arrays.stream(codes).map(c -> places[c]).toArray();
    }

    /** {@link #add(Tensor, Tensor, Tensor)} of sparse rows. */
    public NaiveBayesModel add(Csr x, Tensor labels, Tensor weights) {
        if (x.columns() != nFeatures())
            throw new ShapeException("NaiveBayes.add: x has " + x.columns() + " columns; the model was fitted on " + nFeatures());
        boolean presence = learner.events() instanceof EventModel.Bernoulli;
        boolean filled = learner.events() instanceof EventModel.Gaussian || learner.events() instanceof EventModel.Categorical
                || learner.events() instanceof EventModel.Bernoulli(double alpha, double threshold) && threshold < 0;
        if (filled) return add(x.toDense(), labels, weights);
        // One column stands for the rows, to check labels and weights in the usual words.
        var input = new LearnerInput("NaiveBayes.add", Tensor.zeros(DType.F64, x.rows(), 1));
        var found = input.labels(labels);
        if (x.entries() > 0) {
            double least = x.values().min().item(), sum = x.values().to(DType.F64).sum().item();
            if (!Double.isFinite(sum)) throw new IllegalArgumentException("NaiveBayes.add: x holds " + sum + "; values are finite");
            if (!presence && least < 0)
                throw new IllegalArgumentException("NaiveBayes.add: x holds " + least + "; values are at least 0 here");
        }
        double limit = learner.events() instanceof EventModel.Bernoulli(double alpha, double threshold) ? threshold : 0;
        return of(learner, classes, statistics.add(x, codes(found.classes(), found.codes()), input.weights(weights), limit, presence));
    }

    /** {@code log P(c) + sum_j log P(x_j | c)} of each row and class (n x classes), F64; for complement the class's weight of evidence. */
    public Tensor jointLogLikelihood(Tensor x) {
        var input = LearnerInput.forModel(this, x);
        var rows = input.x().to(DType.F64);
        return switch (learner.events()) {
            case EventModel.Gaussian g -> gaussian(rows.toDoubleArray());
            case EventModel.Categorical c -> categorical(rows.toDoubleArray());
            case EventModel.Bernoulli(double alpha, double threshold) -> linear(rows.gt(threshold).to(DType.F64));
            default -> {
                if (rows.count() > 0 && rows.min().item() < 0) throw new IllegalArgumentException(
                        input.operation() + ": x holds " + rows.min().item() + "; values are at least 0 here");
                yield linear(rows);
            }
        };
    }

    /** {@link #jointLogLikelihood(Tensor)} of sparse rows. */
    public Tensor jointLogLikelihood(Csr x) {
        if (x.columns() != nFeatures())
            throw new ShapeException("NaiveBayesModel: x has " + x.columns() + " columns; the model was fitted on " + nFeatures());
        return switch (learner.events()) {
            case EventModel.Multinomial m -> sparse(x);
            case EventModel.Complement c -> sparse(x);
            case EventModel.Bernoulli(double alpha, double threshold) when threshold >= 0 ->
                    sparse(x.withValues(x.values().gt(threshold).to(DType.F64)));
            default -> jointLogLikelihood(x.toDense());
        };
    }

    private Tensor linear(Tensor rows) { return rows.matmul(statistics.tensor(table).transpose()).add(Tensor.of(intercepts)); }

    private Tensor sparse(Csr x) {
        return x.withValues(x.values().to(DType.F64)).matmul(statistics.tensor(table).transpose().contiguous()).add(Tensor.of(intercepts));
    }

    private Tensor gaussian(double[] x) {
        int k = classes.length, p = nFeatures(), n = x.length / p;
        var out = new double[n * k];
        double[] means = statistics.first();
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < k; c++) {
                double sum = 0;
                for (int j = 0; j < p; j++) {
                    double d = x[i * p + j] - means[c * p + j];
                    sum += d * d / table[c * p + j];
                }
                out[i * k + c] = intercepts[c] - 0.5 * sum;
            }
        }
        return Tensor.of(out, n, k);
    }

    private Tensor categorical(double[] x) {
        int k = classes.length, p = nFeatures(), n = x.length / p, width = statistics.offsets()[p];
        int[] offsets = statistics.offsets();
        double alpha = ((EventModel.Categorical) learner.events()).alpha();
        var out = new double[n * k];
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < k; c++) {
                double sum = intercepts[c];
                for (int j = 0; j < p; j++) {
                    double v = x[i * p + j];
                    if (v != Math.rint(v) || v < 0) throw new IllegalArgumentException(
                            "NaiveBayesModel: x is " + v + " at row " + i + ", column " + j + "; categories are whole numbers from 0");
                    int count = offsets[j + 1] - offsets[j];
                    sum += v < count ? table[c * width + offsets[j] + (int) v]
                            : Math.log(alpha / (statistics.classWeights()[c] + alpha * count));
                }
                out[i * k + c] = sum;
            }
        }
        return Tensor.of(out, n, k);
    }

    /** {@code log P(c | x)} (n x classes), F64. */
    public Tensor logProbabilities(Tensor x) { return jointLogLikelihood(x).logSoftmax(1); }

    /** {@code log P(c | x)} of sparse rows (n x classes), F64. */
    public Tensor logProbabilities(Csr x) { return jointLogLikelihood(x).logSoftmax(1); }

    @Override public Tensor predictProba(Tensor x) {
        var p = logProbabilities(x).exp();
        return x.dtype().isFloat() ? p.to(x.dtype()) : p;
    }

    @Override public Tensor predict(Tensor x) { return Labels.choose(classes, scores(jointLogLikelihood(x))); }

    /** The most probable label of each sparse row (n), I64. */
    public Tensor predict(Csr x) { return Labels.choose(classes, scores(jointLogLikelihood(x))); }

    /** Joint log-likelihoods; for two classes their difference. */
    private Tensor scores(Tensor joint) { return classes.length == 2 ? joint.select(1, 1).sub(joint.select(1, 0)) : joint; }

    @Override public Tensor decisionFunction(Tensor x) {
        var d = scores(jointLogLikelihood(x));
        return x.dtype().isFloat() ? d.to(x.dtype()) : d;
    }

    /** What one more count or the presence of each feature adds to each class (classes x p): log probabilities, or log odds for Bernoulli. */
    public Tensor featureWeights() {
        if (learner.events() instanceof EventModel.Gaussian || learner.events() instanceof EventModel.Categorical) {
            throw new UnsupportedOperationException(
                    "NaiveBayesModel.featureWeights: only count and presence models weigh features linearly");
        }
        return statistics.tensor(table);
    }

    /** Means of the features in each class (classes x p), Gaussian only. */
    public Tensor means() {
        if (!(learner.events() instanceof EventModel.Gaussian))
            throw new UnsupportedOperationException("NaiveBayesModel.means: only the Gaussian model has means");
        return statistics.tensor(statistics.first());
    }

    /** Smoothed variances of the features in each class (classes x p), Gaussian only. */
    public Tensor variances() {
        if (!(learner.events() instanceof EventModel.Gaussian))
            throw new UnsupportedOperationException("NaiveBayesModel.variances: only the Gaussian model has variances");
        return statistics.tensor(table);
    }
}
