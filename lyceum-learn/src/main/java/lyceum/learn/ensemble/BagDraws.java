package lyceum.learn.ensemble;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import lyceum.backend.Parallel;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.Rows;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;

/** The part of bagging that is the same for numbers and classes: who sees which rows, and what the members say of the others. */
final class BagDraws {
    private BagDraws() {}

    /** Fits one member. */
    interface Fit<M extends Model> {
        M fit(int member, Tensor x, Tensor y, Tensor weights);
    }

    /** A member's answers about rows. */
    interface Answers<M extends Model> {
        double[] of(M member, int[] features, Tensor x);
    }

    /**
     * @param models the members
     * @param features the columns of each, or null
     * @param sums of answers about each row by members that have not seen it
     * @param counts how many they are
     */
    record Fitted<M extends Model>(M[] models, int[][] features, double[] sums, int[] counts) {}

    static Set<Tag> tags(Learner member) {
        var tags = EnumSet.of(Tag.RANDOMISED, Tag.WEIGHTS_ARE_NOT_COPIES);
        tags.addAll(member.tags());
        tags.remove(Tag.MULTI_OUTPUT);
        tags.remove(Tag.NO_PROBABILITIES);
        return tags;
    }

    /** @param width numbers in an answer */
    static <M extends Model> Fitted<M> fit(Bagging plan, LearnerInput input, Tensor y, double[] w, boolean weighted,
            IntFunction<int[]> rows, IntFunction<M[]> array, int width, Fit<M> fit, Answers<M> answers) {
        int n = input.rows(), count = plan.members();
        int[] kept = Rows.ofWeight(w);
        M[] models = array.apply(count);
        var features = new int[count][];
        var unseen = new int[count][];
        var said = new double[count][];
        Parallel.range(count, 1, (from, to) -> {
            for (int b = (int) from; b < to; b++) {
                int[] drawn = rows.apply(b);
                for (int i = 0; i < drawn.length; i++) drawn[i] = kept[drawn[i]];
                features[b] = plan.features(b, input.columns());
                var x = columns(input.x(), features[b]);
                models[b] = fit.fit(b, x.rows(drawn), y.rows(drawn), weighted ? Tensor.of(Rows.pick(w, drawn)) : null);
                unseen[b] = without(n, drawn);
                said[b] = unseen[b].length == 0 ? new double[0] : answers.of(models[b], features[b], input.x().rows(unseen[b]));
            }
        });
        var sums = new double[n * width];
        var counts = new int[n];
        for (int b = 0; b < count; b++) {
            for (int i = 0; i < unseen[b].length; i++) {
                counts[unseen[b][i]]++;
                for (int c = 0; c < width; c++) sums[unseen[b][i] * width + c] += said[b][i * width + c];
            }
        }
        return new Fitted<>(models, features, sums, counts);
    }

    /** All members' answers about the rows of x. */
    static <M extends Model> double[][] answers(List<Member<M>> members, Tensor x, Answers<M> answers) {
        var said = new double[members.size()][];
        Parallel.range(said.length, 1, (from, to) -> {
            for (int b = (int) from; b < to; b++) said[b] = answers.of(members.get(b).model(), members.get(b).features(), x);
        });
        return said;
    }

    static double[] mean(double[][] said) {
        var mean = new double[said[0].length];
        for (var one : said) for (int i = 0; i < mean.length; i++) mean[i] += one[i];
        for (int i = 0; i < mean.length; i++) mean[i] /= said.length;
        return mean;
    }

    static double[] variance(double[][] said) {
        double[] mean = mean(said), variance = new double[mean.length];
        for (var one : said)
            for (int i = 0; i < mean.length; i++) variance[i] += (one[i] - mean[i]) * (one[i] - mean[i]) / (said.length - 1);
        return variance;
    }

    static Tensor columns(Tensor x, int[] features) { return features == null ? x : x.indexSelect(1, Tensor.of(features)); }

    private static int[] without(int n, int[] drawn) {
        var in = new boolean[n];
        for (int row : drawn) in[row] = true;
        var out = new int[n];
        int count = 0;
        for (int i = 0; i < n; i++) if (!in[i]) out[count++] = i;
        return Arrays.copyOf(out, count);
    }
}
