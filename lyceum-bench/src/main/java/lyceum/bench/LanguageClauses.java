package lyceum.bench;

import java.util.Arrays;
import lyceum.DType;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.train.AdditionStudy;
import lyceum.progress.Progress;
import lyceum.random.Rng;

/** What choosing a token costs, and how long small models take to learn to add. */
final class LanguageClauses {
    private final AcceptanceSuite suite;
    private final int vocabulary;
    private final AdditionStudy adding;

    LanguageClauses(AcceptanceSuite suite, int vocabulary, AdditionStudy adding) {
        this.suite = suite;
        this.vocabulary = vocabulary;
        this.adding = adding;
    }

    private static int largest(LogitRow row) {
        row.keepLargest(50);
        return row.count();
    }

    private static double sorted(double[] logits) {
        Arrays.sort(logits);
        return logits[0];
    }

    void measure() {
        selection();
        sums();
    }

    private void selection() {
        var rng = Rng.of(1);
        var logits = new double[vocabulary];
        for (int i = 0; i < vocabulary; i++) logits[i] = 4 * rng.nextGaussian();
        var row = new LogitRow(vocabulary);
        suite.ratio("top-k-sampling", 3, "top-k-sampling:selection", "the 50 largest over a sort of all", vocabulary + " logits", DType.F64,
                1 / 3.0, 10, 50, () -> largest(row.load(logits)), () -> sorted(logits.clone()));
    }

    /** By digits and by merged numbers, with three seeds each, within 60 s all together: tokenizers, trainings, and the sums that are asked. */
    private void sums() {
        long begin = System.nanoTime();
        double ahead = 0;
        for (int seed = 1; seed <= 3; seed++) ahead += adding.run(Rng.of(seed), Progress.SILENT).ahead() / 3;
        double seconds = (System.nanoTime() - begin) * 1e-9;
        suite.saw("tokenization-as-representation", 2, "tokenization-as-representation",
                "time of learning to add, two cuts by three seeds, over 60 s, at most 1 and digits ahead by 20 points",
                adding.steps() + " steps", DType.F32, seconds / 60, seconds <= 60 && ahead >= 0.2, begin);
    }
}
