package lyceum.llm.generate;

import java.util.Arrays;
import java.util.function.Function;
import lyceum.llm.CausalLM;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.SteppedLM;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.text.lm.LanguageModel;

/** Models whose probabilities are known because they are a function that a test wrote down. */
final class Toys {
    private Toys() {}

    /** Log-probabilities of the next id by all ids so far, the start mark not among them. */
    static CausalLM model(int vocabulary, int start, int end, Function<int[], double[]> next) {
        return new SteppedLM(new LanguageModel() {
            @Override public int vocabulary() { return vocabulary; }

            @Override public int startMark() { return start; }

            @Override public int endMark() { return end; }

            @Override public State start() { return new Prefix(next); }
        });
    }

    private record Prefix(Function<int[], double[]> next, int... ids) implements LanguageModel.State {
        @Override public double[] logProbabilities() { return next.apply(ids); }

        @Override public LanguageModel.State next(int id) {
            var longer = Arrays.copyOf(ids, ids.length + 1);
            longer[ids.length] = id;
            return new Prefix(next, longer);
        }
    }

    static double[] logs(double... p) {
        var logs = new double[p.length];
        double sum = Arrays.stream(p).sum();
        for (int i = 0; i < p.length; i++) logs[i] = Math.log(p[i] / sum);
        return logs;
    }

    /** A bigram model of random probabilities: rows are of the last id, the last row of the beginning. */
    static double[][] bigrams(int vocabulary, double sharpness, Rng rng) {
        var rows = new double[vocabulary + 1][vocabulary];
        for (var row : rows) {
            double sum = 0;
            for (int i = 0; i < vocabulary; i++) sum += row[i] = Math.exp(sharpness * rng.nextGaussian());
            for (int i = 0; i < vocabulary; i++) row[i] /= sum;
        }
        return rows;
    }

    static CausalLM bigram(double[][] rows, int start, int end) {
        int vocabulary = rows[0].length;
        return model(vocabulary, start, end, ids -> logs(rows[ids.length == 0 ? vocabulary : ids[ids.length - 1]]));
    }

    /** A small transformer with random weights, large enough for logits that differ. */
    static DecoderLM transformer(int vocabulary, long seed) {
        return new DecoderLM(DecoderConfig.llama(vocabulary, 64, 2, 16, 4, 2, 24).withDeviation(0.3), Rng.of(seed));
    }

    /** p-value of Pearson's statistic; cells with expectation under 5 are pooled. */
    static double chiSquare(double[] observed, double[] probabilities, double draws) {
        double statistic = 0, restSeen = 0, restExpected = 0;
        int cells = 0;
        for (int i = 0; i < observed.length; i++) {
            double expected = draws * probabilities[i];
            if (probabilities[i] == 0 && observed[i] > 0) return 0;
            if (expected < 5) {
                restSeen += observed[i];
                restExpected += expected;
            } else {
                statistic += (observed[i] - expected) * (observed[i] - expected) / expected;
                cells++;
            }
        }
        if (restExpected > 0) {
            statistic += (restSeen - restExpected) * (restSeen - restExpected) / restExpected;
            cells++;
        }
        return cells < 2 ? 1 : Incomplete.regularisedGammaQ((cells - 1) / 2.0, statistic / 2);
    }
}
