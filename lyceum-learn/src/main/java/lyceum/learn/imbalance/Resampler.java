package lyceum.learn.imbalance;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** Evens out classes by taking rows more or less often, or by making new ones. For training rows only. */
public interface Resampler {
    /**
     * New rows.
     *
     * @param x (n x p), finite
     * @param labels (n), integers
     */
    Resampled resample(Tensor x, Tensor labels, Rng rng);

    /** Repeats rows of each class, drawn at random, until it has {@code ratio} times the rows of the largest. */
    static Resampler oversampling(double ratio) {
        checkRatio("oversampling", ratio);
        return new Drawn("oversampling", ratio, true);
    }

    /** Leaves out rows of each class, drawn at random, until it has at most the rows of the smallest over {@code ratio}. */
    static Resampler undersampling(double ratio) {
        checkRatio("undersampling", ratio);
        return new Drawn("undersampling", ratio, false);
    }

    private static void checkRatio(String what, double ratio) {
        if (!(ratio > 0 && ratio <= 1))
            throw new IllegalArgumentException(what + ": the ratio is " + ratio + "; it lies above 0 and up to 1");
    }

    /** Rows drawn from what there is. */
    record Drawn(String name, double ratio, boolean more) implements Resampler {
        @Override public Resampled resample(Tensor x, Tensor labels, Rng rng) {
            var found = LearnerInput.matrix(name, x, true).labels(labels);
            int[][] members = members(found);
            int largest = Arrays.stream(members).mapToInt(m -> m.length).max().orElse(0),
                    least = Arrays.stream(members).mapToInt(m -> m.length).min().orElse(0);
            var source = new int[0];
            for (int c = 0; c < members.length; c++) {
                int[] own = members[c];
                int have = own.length,
                        want = more ? Math.max(have, (int) Math.round(ratio * largest)) : Math.min(have, (int) Math.round(least / ratio));
                var draws = rng.split(c);
                int[] places = more ? null : draws.sample(have, want);
                IntUnaryOperator row = i -> more ? own[i < have ? i : draws.nextInt(have)] : own[places[i]];
                int from = source.length;
                source = Arrays.copyOf(source, from + want);
                for (int i = 0; i < want; i++) source[from + i] = row.applyAsInt(i);
            }
            Arrays.sort(source);
            return new Resampled(x.rows(source), labels.to(DType.I64).rows(source), source, source, new double[source.length], name);
        }
    }

    /** The rows of each class. */
    static int[][] members(Labels labels) {
        var counts = new int[labels.count()];
        for (int code : labels.codes()) counts[code]++;
        var members = new int[counts.length][];
        for (int c = 0; c < counts.length; c++) members[c] = new int[counts[c]];
        Arrays.fill(counts, 0);
        for (int i = 0; i < labels.rows(); i++) members[labels.codes()[i]][counts[labels.codes()[i]]++] = i;
        return members;
    }
}
