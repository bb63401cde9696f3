package lyceum.learn.ensemble;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * AdaBoost: each stage fits a weak classifier to rows that weigh more the more often they were missed, and all vote by their skill.
 *
 * <p>{@link Algorithm#SAMME} with weighted error e and K classes votes with {@code alpha = rate (ln((1 - e) / e) + ln(K - 1))} and multiplies
 * the weights of missed rows by {@code exp(alpha)}; for two classes that is the discrete AdaBoost of 1997 (whose alpha is half of this).
 * {@link Algorithm#SAMME_R} uses the members' probabilities instead of their choices.
 *
 * {@snippet :
 * var rows = Datasets.breastCancer();
 * var model = new AdaBoostClassifier(200).fit(rows.x(), rows.y());
 * model.stagedScores(rows.x(), rows.y());           // accuracy after each stage
 * model.margins(rows.x(), rows.y());
 * }
 *
 * <p>Stops early at a member without an error, which is kept, and at one no better than chance ({@code e >= 1 - 1/K}), which is not.
 *
 * @param member any classifier that takes weights; a tree of one question by default
 * @param stages how many members at most
 * @param learningRate multiplies each vote, 1 by default
 * @param algorithm {@link Algorithm#SAMME} by default
 * @see <a href="https://doi.org/10.1006/jcss.1997.1504">Freund and Schapire (1997)</a>
 * @see <a href="https://doi.org/10.4310/SII.2009.v2.n3.a8">Zhu, Zou, Rosset and Hastie (2009)</a>
 */
@Withers
public record AdaBoostClassifier(Classifier member, int stages, double learningRate, Algorithm algorithm)
        implements AdaBoostClassifierWithers, Classifier {

    /** Whether members vote by their choice or by their probabilities. */
    public enum Algorithm {
        SAMME, SAMME_R
    }

    /** Why a fit ended. */
    public enum Stop {
        /** All stages were done. */
        STAGES,
        /** The last member is right on every row. */
        PERFECT,
        /** One more member was no better than chance. */
        CHANCE
    }

    public AdaBoostClassifier {
        if (stages < 1) throw new IllegalArgumentException("AdaBoostClassifier: " + stages + " stages; at least 1 is needed");
        if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("learningRate is " + learningRate + "; it lies above 0");
        if (member.tags().contains(Tag.NO_WEIGHTS))
            throw new IllegalArgumentException("AdaBoostClassifier: " + member.name() + " takes no weights, which boosting changes");
        if (algorithm == Algorithm.SAMME_R && member.tags().contains(Tag.NO_PROBABILITIES))
            throw new IllegalArgumentException("SAMME_R: " + member.name() + " has no probabilities; use SAMME");
    }

    /** Trees of one question, learning rate 1, SAMME. */
    public AdaBoostClassifier(int stages) { this(new DecisionTreeClassifier().withMaxDepth(1), stages, 1, Algorithm.SAMME); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.noneOf(Tag.class);
        tags.addAll(member.tags());
        tags.remove(Tag.NO_PROBABILITIES);
        return tags;
    }

    @Override public AdaBoostClassifierModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public AdaBoostClassifierModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.labels(labels);
        int[] codes = found.codes();
        long[] classes = found.classes();
        double[] given = input.weights(weights), w = normalised(given);
        var members = new ArrayList<ClassificationModel>();
        double[] votes = new double[stages], errors = new double[stages];
        var stop = Stop.STAGES;
        while (members.size() < stages) {
            int m = members.size(), k = classes.length;
            var model = member.fit(input.x(), labels, Tensor.of(w));
            double[] p = BaggedClassifierModel.votes(model, null, input.x(), classes, algorithm == Algorithm.SAMME_R);
            var missed = missed(p, codes, k);
            double e = 0;
            for (int i = 0; i < w.length; i++) if (missed[i]) e += w[i];
            if (e > 0 && algorithm == Algorithm.SAMME && e >= 1 - 1.0 / k) {
                stop = Stop.CHANCE;
                break;
            }
            members.add(model);
            errors[m] = e;
            votes[m] = e <= 0 || algorithm == Algorithm.SAMME_R ? 1 : learningRate * (Math.log((1 - e) / e) + Math.log(k - 1.0));
            if (e <= 0) {
                stop = Stop.PERFECT;
                break;
            }
            for (int i = 0; i < w.length; i++) {
                if (given[i] == 0) continue;
                double factor = algorithm == Algorithm.SAMME ? missed[i] ? Math.exp(votes[m]) : 1 : factor(p, i * k, codes[i], k);
                w[i] = Math.max(w[i] * factor, 0x1p-52); // a weight that underflows could never grow again
            }
            w = normalised(w);
        }
        if (members.isEmpty()) throw new IllegalArgumentException(
                input.operation() + ": " + member.name() + " is no better than chance on these rows; boosting needs a member that is");
        int count = members.size();
        return new AdaBoostClassifierModel(classes, input.columns(), algorithm, members, Arrays.copyOf(votes, count),
                Arrays.copyOf(errors, count), stop);
    }

    static double[] normalised(double[] w) {
        double sum = 0;
        for (double v : w) sum += v;
        var out = new double[w.length];
        for (int i = 0; i < w.length; i++) out[i] = w[i] / sum;
        return out;
    }

    private static boolean[] missed(double[] p, int[] codes, int k) {
        var missed = new boolean[codes.length];
        for (int i = 0; i < codes.length; i++) {
            int best = 0;
            for (int c = 1; c < k; c++) if (p[i * k + c] > p[i * k + best]) best = c;
            missed[i] = best != codes[i];
        }
        return missed;
    }

    /** {@code exp(-rate (K - 1) / K sum_c y_c log p_c)} with y = 1 for the true class and -1 / (K - 1) for the others. */
    private double factor(double[] p, int at, int code, int k) {
        double sum = 0;
        for (int c = 0; c < k; c++) sum += (c == code ? 1 : -1 / (k - 1.0)) * AdaBoostClassifierModel.log(p[at + c]);
        return Math.exp(-learningRate * (k - 1.0) / k * sum);
    }
}
