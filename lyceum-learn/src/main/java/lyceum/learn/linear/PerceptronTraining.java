package lyceum.learn.linear;

import java.util.ArrayList;
import java.util.List;
import lyceum.learn.linear.Perceptron.Multiclass;
import lyceum.learn.linear.Perceptron.Variant;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The passes of a perceptron. Each row is a feature vector, or with a kernel a row of the kernel matrix; then the vector holds one number a training row, and an update
 * touches that row's number alone.
 */
final class PerceptronTraining {
    private final Perceptron options;
    private final double[][] rows;
    private final int[] codes;
    private final double[] weights;
    private final boolean binary, dual;
    final int outputs, d;
    /** Vectors, intercepts; what averaging subtracts, and its number of steps (see {@link #average}). */
    final double[][] v, late;
    final double[] b, lateB;
    long[] steps;
    private final double[][] clipped;
    private final double[] total;
    private final double[][] pocket;
    private final double[] pocketB;
    private final MistakeLog.Builder log = new MistakeLog.Builder();
    private final List<double[]> voters = new ArrayList<>();
    private final List<double[]> votes = new ArrayList<>();

    PerceptronTraining(Perceptron options, double[][] rows, int[] codes, double[] weights, int classes) {
        this(options, rows, codes, weights, classes, rows[0].length);
    }

    PerceptronTraining(Perceptron options, double[][] rows, int[] codes, double[] weights, int classes, int d) {
        this.options = options;
        this.rows = rows;
        this.codes = codes;
        this.weights = weights;
        this.d = d;
        binary = classes == 2;
        dual = options.kernel() != null;
        outputs = binary ? 1 : classes;
        v = new double[outputs][d];
        late = new double[outputs][d];
        clipped = new double[outputs][options.alpha() > 0 && options.l1Ratio() > 0 ? d : 0];
        pocket = new double[outputs][d];
        b = new double[outputs];
        lateB = new double[outputs];
        total = new double[outputs];
        pocketB = new double[outputs];
        steps = new long[outputs];
    }

    void run(int passes) {
        if (!binary && options.multiclass() == Multiclass.JOINT) {
            joint(passes);
            return;
        }
        for (int k = 0; k < outputs; k++) oneAgainstRest(k, passes);
    }

    private int[] order(Rng rng) { return options.shuffle() ? rng.permutation(rows.length) : LassoCv.sequence(rows.length); }

    private double score(int k, int i) { return SparseProblem.dot(v[k], rows[i]) + b[k]; }

    private double sign(int k, int i) { return codes[i] == (binary ? 1 : k) ? 1 : -1; }

    private void oneAgainstRest(int k, int passes) {
        var rng = Rng.of(options.seed()).split(k);
        int run = 0, best = -1, bestRun = 0;
        boolean judged = false;
        for (int pass = 0; pass < passes; pass++) {
            log.beginPass(pass);
            boolean clean = true;
            for (int i : order(rng)) {
                if (weights[i] == 0) continue;
                double y = sign(k, i);
                boolean mistake = y * score(k, i) <= options.margin();
                if (mistake) {
                    log.add(k, pass, i);
                    if (options.variant() == Variant.VOTED) vote(k, run);
                }
                if (options.variant() == Variant.POCKET && !judged && (mistake ? run >= bestRun : run + 1 > bestRun)) {
                    judged = true;
                    int right = right(k);
                    if (right > best) {
                        best = right;
                        pocket[k] = v[k].clone();
                        pocketB[k] = b[k];
                        bestRun = mistake ? run : run + 1;
                    }
                }
                steps[k]++;
                shrink(k);
                if (mistake) {
                    add(k, i, options.learningRate() * y * weights[i]);
                    clean = judged = false;
                    run = 0;
                } else {
                    run++;
                }
                clip(k, i);
                if (options.alpha() > 0) accumulate(k);
            }
            if (clean && options.alpha() == 0) break;
        }
        if (options.variant() == Variant.VOTED) vote(k, run);
        if (options.variant() == Variant.POCKET && right(k) > best) {
            pocket[k] = v[k].clone();
            pocketB[k] = b[k];
        }
    }

    private void joint(int passes) {
        var rng = Rng.of(options.seed());
        var scores = new double[outputs];
        int best = -1;
        for (int pass = 0; pass < passes; pass++) {
            log.beginPass(pass);
            boolean clean = true;
            for (int i : order(rng)) {
                if (weights[i] == 0) continue;
                int rival = -1;
                for (int k = 0; k < outputs; k++) {
                    scores[k] = score(k, i);
                    if (k != codes[i] && (rival < 0 || scores[k] > scores[rival])) rival = k;
                }
                boolean mistake = scores[codes[i]] - scores[rival] <= options.margin();
                if (mistake && options.variant() == Variant.POCKET) best = Math.max(best, pocketAll(best));
                for (int k = 0; k < outputs; k++) {
                    steps[k]++;
                    shrink(k);
                }
                if (mistake) {
                    log.add(0, pass, i);
                    add(codes[i], i, options.learningRate() * weights[i]);
                    add(rival, i, -options.learningRate() * weights[i]);
                    clean = false;
                }
                for (int k = 0; k < outputs; k++) {
                    clip(k, i);
                    if (options.alpha() > 0) accumulate(k);
                }
            }
            if (clean && options.alpha() == 0) break;
        }
        if (options.variant() == Variant.POCKET) pocketAll(best);
    }

    /** The L2 part of the penalty, at every example. */
    private void shrink(int k) {
        if (options.alpha() == 0 || options.l1Ratio() == 1) return;
        double factor = Math.max(0, 1 - (1 - options.l1Ratio()) * options.learningRate() * options.alpha());
        for (int j = 0; j < d; j++) v[k][j] *= factor;
    }

    /** The L1 part: each weight of a feature present is clipped towards 0 by what it still owes. */
    private void clip(int k, int i) {
        if (clipped[k].length == 0) return;
        total[k] += options.l1Ratio() * options.learningRate() * options.alpha();
        double[] w = v[k], paid = clipped[k];
        for (int j = 0; j < d; j++) {
            double before = w[j];
            if (before > 0) w[j] = Math.max(0, before - (total[k] + paid[j]));
            else if (before < 0) w[j] = Math.min(0, before + (total[k] - paid[j]));
            paid[j] += w[j] - before;
        }
    }

    private void add(int k, int i, double amount) {
        // An update at step t is missing from the t - 1 vectors before it.
        double before = options.alpha() > 0 ? 0 : steps[k] - 1;
        if (dual) {
            v[k][i] += amount;
            late[k][i] += amount * before;
        } else {
            double[] w = v[k], l = late[k], x = rows[i];
            for (int j = 0; j < d; j++) w[j] += amount * x[j];
            if (options.variant() == Variant.AVERAGED && options.alpha() == 0) for (int j = 0; j < d; j++) l[j] += amount * before * x[j];
        }
        if (!options.intercept()) return;
        b[k] += amount;
        lateB[k] += amount * before;
    }

    /** With a penalty every example moves the vector, and the mean is summed plainly. */
    private void accumulate(int k) {
        for (int j = 0; j < d; j++) late[k][j] += v[k][j];
        lateB[k] += b[k];
    }

    /** The mean of the vectors after each example. */
    private double average(double last, double sum, long count) {
        if (count == 0) return last;
        return options.alpha() > 0 ? sum / count : last - sum / count;
    }

    private void vote(int k, int run) {
        if (run == 0) return;
        voters.add(v[k].clone());
        votes.add(new double[] {k, b[k], run});
    }

    private int right(int k) {
        int right = 0;
        for (int i = 0; i < rows.length; i++) if (weights[i] > 0 && score(k, i) > 0 == sign(k, i) > 0) right++;
        return right;
    }

    private int pocketAll(int best) {
        int right = 0;
        for (int i = 0; i < rows.length; i++) {
            int top = 0;
            for (int k = 1; k < outputs; k++) if (score(k, i) > score(top, i)) top = k;
            if (weights[i] > 0 && top == codes[i]) right++;
        }
        if (right <= best) return best;
        for (int k = 0; k < outputs; k++) {
            pocket[k] = v[k].clone();
            pocketB[k] = b[k];
        }
        return right;
    }

    PerceptronModel model(long[] classes, int nFeatures, Tensor kernelRows) {
        double[][] chosen = new double[outputs][d];
        var constants = new double[outputs];
        for (int k = 0; k < outputs; k++) {
            switch (options.variant()) {
                case AVERAGED -> {
                    for (int j = 0; j < d; j++) chosen[k][j] = average(v[k][j], late[k][j], steps[k]);
                    constants[k] = average(b[k], lateB[k], steps[k]);
                }
                case POCKET -> {
                    chosen[k] = pocket[k];
                    constants[k] = pocketB[k];
                }
                default -> {
                    chosen[k] = v[k].clone();
                    constants[k] = b[k];
                }
            }
        }
        boolean voted = options.variant() == Variant.VOTED && !voters.isEmpty();
        var state = new PerceptronModel.State(Tensor.of(v), Tensor.of(b), Tensor.of(late), Tensor.of(lateB), steps.clone());
        return new PerceptronModel(options, nFeatures, classes, vector(chosen), binary ? Tensor.scalar(constants[0]) : Tensor.of(constants),
                kernelRows, voted ? Tensor.of(voters.toArray(double[][]::new)) : null,
                voted ? Tensor.of(votes.toArray(double[][]::new)) : null, log.build(), state);
    }

    private Tensor vector(double[][] rows) { return binary ? Tensor.of(rows[0]) : Tensor.of(rows); }
}
