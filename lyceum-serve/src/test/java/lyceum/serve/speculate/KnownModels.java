package lyceum.serve.speculate;

import java.util.Arrays;
import lyceum.llm.CausalLM;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.SteppedLM;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.text.lm.LanguageModel;

/** Models whose probabilities a test wrote down, and small random ones. */
final class KnownModels {
    private KnownModels() {}

    /** Probabilities by the last id; the last row of the beginning. One id is the start mark, the last. */
    static CausalLM bigrams(double[][] rows) {
        int vocabulary = rows[0].length;
        return new SteppedLM(new LanguageModel() {
            @Override public int vocabulary() { return vocabulary; }

            @Override public int startMark() { return -1; }

            @Override public int endMark() { return -1; }

            @Override public State start() { return new Row(rows, vocabulary); }
        });
    }

    private record Row(double[][] rows, int at) implements LanguageModel.State {
        @Override public double[] logProbabilities() { return Arrays.stream(rows[at]).map(Math::log).toArray(); }

        @Override public LanguageModel.State next(int id) { return new Row(rows, id); }
    }

    static double[][] random(int vocabulary, double sharpness, Rng rng) {
        var rows = new double[vocabulary + 1][vocabulary];
        for (var row : rows) {
            double sum = 0;
            for (int i = 0; i < vocabulary; i++) sum += row[i] = Math.exp(sharpness * rng.nextGaussian());
            for (int i = 0; i < vocabulary; i++) row[i] /= sum;
        }
        return rows;
    }

    /** The same row whatever came before. */
    static double[][] constant(double... p) {
        var rows = new double[p.length + 1][];
        Arrays.fill(rows, p);
        return rows;
    }

    static DecoderLM transformer(int vocabulary, int layers, long seed) {
        return new DecoderLM(DecoderConfig.llama(vocabulary, 96, layers, 16, 4, 2, 24).withDeviation(0.3), Rng.of(seed));
    }

    /** 200 prompts of 1 to 12 ids. */
    static int[][] prompts(int count, int vocabulary, long seed) {
        var rng = Rng.of(seed);
        var prompts = new int[count][];
        for (int i = 0; i < count; i++) {
            prompts[i] = new int[1 + rng.nextInt(12)];
            for (int t = 0; t < prompts[i].length; t++) prompts[i][t] = rng.nextInt(vocabulary);
        }
        return prompts;
    }

    /** p-value of Pearson's statistic; cells with expectation under 5 are pooled. */
    static double chiSquare(double[] seen, double[] p, double draws) {
        double statistic = 0, rest = 0, expectedRest = 0;
        int cells = 0;
        for (int i = 0; i < p.length; i++) {
            if (p[i] == 0 && seen[i] > 0) return 0;
            if (draws * p[i] < 5) {
                rest += seen[i];
                expectedRest += draws * p[i];
                continue;
            }
            statistic += (seen[i] - draws * p[i]) * (seen[i] - draws * p[i]) / (draws * p[i]);
            cells++;
        }
        if (expectedRest > 0) {
            statistic += (rest - expectedRest) * (rest - expectedRest) / expectedRest;
            cells++;
        }
        return cells < 2 ? 0 : Incomplete.regularisedGammaQ((cells - 1) / 2.0, statistic / 2);
    }
}
