package lyceum.bench;

import java.util.Arrays;
import lyceum.DType;
import lyceum.llm.generate.LogitRow;
import lyceum.random.Rng;

/** What choosing a token costs. */
final class LanguageClauses {
    private final AcceptanceSuite suite;
    private final int vocabulary;

    LanguageClauses(AcceptanceSuite suite, int vocabulary) {
        this.suite = suite;
        this.vocabulary = vocabulary;
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
        var rng = Rng.of(1);
        var logits = new double[vocabulary];
        for (int i = 0; i < vocabulary; i++) logits[i] = 4 * rng.nextGaussian();
        var row = new LogitRow(vocabulary);
        suite.ratio("top-k-sampling", 3, "top-k-sampling:selection", "the 50 largest over a sort of all", vocabulary + " logits", DType.F64,
                1 / 3.0, 10, 50, () -> largest(row.load(logits)), () -> sorted(logits.clone()));
    }
}
