package lyceum.llm.generate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class TopPTest {
    private static final String TOPIC = "top-p-sampling";

    private record Row(double[] logits, double p) {}

    /** Of 2 to 200 ids, flat to peaked; every fourth with ties. */
    private static Row row(int i) {
        var r = new Recipe(2_290_000 + i);
        int v = 2 + r.below(199);
        double scale = 0.2 + 5 * r.uniform(), p = 0.01 + 0.98 * r.uniform();
        double[] z = r.bells(v);
        for (int j = 0; j < v; j++) z[j] = i % 4 == 0 ? Math.rint(scale * z[j]) : scale * z[j];
        return new Row(z, p);
    }

    private static LogitRow cut(double[] logits, double p) {
        var row = new LogitRow(logits.length).load(logits);
        new TokenSampler(SamplingOptions.topP(p), Rng.of(1)).process(row);
        return row;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theKeptMassReachesPAndNotWithoutItsLeastMember() {
        int rows = 0;
        double least = Double.POSITIVE_INFINITY, most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < 10_000; i++, rows++) {
            var given = row(i);
            var row = cut(given.logits, given.p);
            double[] q = SamplingReference.softmax(given.logits);
            double mass = 0, smallest = 1;
            for (int j = 0; j < row.count(); j++) {
                mass += q[row.id(j)];
                smallest = Math.min(smallest, q[row.id(j)]);
            }
            least = Math.min(least, mass - given.p);
            most = Math.max(most, mass - smallest - given.p);
        }
        Evidence.of("rows", rows, exactly(10_000));
        Evidence.of("least of mass less p", least, atLeast(0));
        Evidence.of("most of mass without the least member, less p", most, below(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void ninetyOfAHundredEqualLogitsAreKept() {
        for (double logit : new double[] {0, 1.7, -3.1, 1e4}) {
            var wide = new double[100];
            var narrow = new float[100];
            for (int i = 0; i < 100; i++) {
                wide[i] = logit;
                narrow[i] = (float) logit;
            }
            Evidence.of("kept of F64 logits of " + logit, cut(wide, 0.9).count(), exactly(90));
            var row = new LogitRow(100).load(narrow, 0);
            new TokenSampler(SamplingOptions.topP(0.9), Rng.of(1)).process(row);
            Evidence.of("kept of F32 logits of " + logit, row.count(), exactly(90));
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void ofACertainTokenNothingElseIsKept() {
        int wrong = 0, rows = 0;
        for (int v = 1; v <= 100; v++) {
            for (double p : new double[] {0, 1e-9, 0.5, 0.9, 0.999999}) {
                var z = new double[v];
                Arrays.fill(z, Double.NEGATIVE_INFINITY);
                z[v / 2] = 3;
                var row = cut(z, p);
                rows++;
                if (row.count() != 1 || row.id(0) != v / 2) wrong++;
            }
        }
        Evidence.of("one-hot rows", rows, exactly(500));
        Evidence.of("rows that keep another count than 1", wrong, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void everyRowIsCutAsByAFullSort() {
        int different = 0, kept = 0;
        for (int i = 0; i < 10_000; i++) {
            var given = row(i);
            double[] own = cut(given.logits, given.p).probabilities();
            double[] sorted = SamplingReference.softmax(SamplingReference.topP(given.logits, given.p));
            boolean same = true;
            for (int j = 0; j < own.length; j++) {
                same &= own[j] > 0 == sorted[j] > 0 && Math.abs(own[j] - sorted[j]) <= 1e-12;
                if (own[j] > 0) kept++;
            }
            if (!same) different++;
        }
        Evidence.of("tokens kept in 10,000 rows", kept, above(10_000));
        Evidence.of("rows that differ from a full sort", different, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void drawsFitTheRenormalisedDistribution() {
        double least = 1;
        int fewest = Integer.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            var given = row(3 * i + 1);
            fewest = Math.min(fewest, cut(given.logits, 0.8).count());
            var row = new LogitRow(given.logits.length);
            var sampler = new TokenSampler(SamplingOptions.topP(0.8), Rng.of(229 + i));
            var seen = new double[given.logits.length];
            for (int d = 0; d < 100_000; d++) seen[sampler.next(row.load(given.logits))]++;
            least = Math.min(least, Toys.chiSquare(seen, SamplingReference.softmax(SamplingReference.topP(given.logits, 0.8)), 100_000));
        }
        Evidence.of("ids of the smallest nucleus", fewest, above(1));
        Evidence.of("smallest p-value of three rows", least, above(0.01));
    }
}
