package lyceum.text.count;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ZipfAnalysisTest {
    private static final String TOPIC = "zipf-law";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void exponentsAreRecoveredWhereLeastSquaresErrs() {
        for (double s : new double[] {0.9, 1.1, 1.5}) {
            double worst = 0, least = Double.MAX_VALUE;
            for (int seed = 1; seed <= 3; seed++) {
                var analysis = ZipfAnalysis.ofTokens(new ZipfSampler(s, 10_000).sample(Rng.of(seed), 100_000));
                worst = Math.max(worst, Math.abs(analysis.fit().exponent() - s));
                least = Math.min(least, Math.abs(analysis.leastSquaresExponent() - s));
            }
            Evidence.of("exponent " + s + ", error of three samples, most", worst, atMost(0.03));
            if (s != 1.1) Evidence.of("exponent " + s + ", error of least squares, least", least, above(0.05));
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theKingJamesBible() {
        var vocabulary = new HashMap<String, Integer>();
        int[] text = NGramsTest.ids(NGramsTest.kingJames(), vocabulary);
        var analysis = ZipfAnalysis.ofTokens(text);
        Evidence.of("exponent", analysis.fit().exponent(), between(0.8, 1.3));
        Evidence.of("Heaps' exponent", ZipfAnalysis.heaps(text, 1000, 30).beta(), between(0.4, 0.8));
        int[] counts = new int[vocabulary.size()];
        for (int id : text) counts[id]++;
        java.util.Arrays.sort(counts);
        double top = 0;
        for (int k = 1; k <= 100; k++) top += counts[counts.length - k];
        Evidence.of("coverage of 100 types", analysis.coverage(100), atLeast(0.5));
        assertThat(analysis.coverage(100)).isCloseTo(top / text.length, within(1e-12));
        assertThat(analysis.hapaxShare()).isBetween(0.25, 0.45);
        assertThat(analysis.fitMandelbrot().logLikelihood()).isGreaterThanOrEqualTo(analysis.fit().logLikelihood());
        assertThat(analysis.logNormal().bend()).as("text bends").isPositive();
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void vocabularyGrowsByTheInverseOfTheExponentUntilItIsFull() {
        double many = 0, few = 0, least = 1;
        for (int seed = 1; seed <= 2; seed++) {
            double beta = ZipfAnalysis.heaps(new ZipfSampler(1.5, 10_000_000).sample(Rng.of(seed), 1_000_000), 1000, 30).beta();
            many = Math.max(many, Math.abs(beta - 1 / 1.5));
            least = Math.min(least, beta);
            few = Math.max(few, ZipfAnalysis.heaps(new ZipfSampler(1.5, 10_000).sample(Rng.of(seed), 1_000_000), 1000, 30).beta());
        }
        Evidence.of("10 million types: Heaps' exponent less 1 / 1.5, most", many, atMost(0.05));
        Evidence.of("10,000 types: it is lower than 1 / 1.5 and than that fit by", Math.min(least, 1 / 1.5) - few, above(0.05));
    }

    @Tag("slow")
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void goodnessTellsZipfFromGeometric() {
        int passed = 0;
        double most = 0;
        for (int seed = 1; seed <= 20; seed++) {
            var rng = Rng.of(400 + seed);
            var zipf = ZipfAnalysis.ofTokens(new ZipfSampler(1.1, 1000).sample(rng, 5000));
            if (zipf.goodness(zipf.fit(), 200, rng) > 0.05) passed++;
            if (seed > 5) continue;
            var ids = new int[5000];
            for (int i = 0; i < ids.length; i++) ids[i] = (int) (Math.log(rng.nextDoublePositive()) / Math.log(0.98));
            var geometric = ZipfAnalysis.ofTokens(ids);
            most = Math.max(most, geometric.goodness(geometric.fit(), 200, rng));
        }
        Evidence.of("Zipf samples of 20 with p above 0.05", passed, atLeast(17));
        Evidence.of("p of five geometric samples, most", most, below(0.01));
    }

    @Test void samplerAndOtherFits() {
        int n = 400_000;
        for (double s : new double[] {0.5, 1, 2.2}) {
            var counts = new int[50];
            for (int id : new ZipfSampler(s, 1.5, 50).sample(Rng.of(3), n)) counts[id]++;
            double sum = 0, chi = 0;
            for (int r = 1; r <= 50; r++) sum += Math.pow(r + 1.5, -s);
            for (int r = 1; r <= 50; r++) {
                double e = n * Math.pow(r + 1.5, -s) / sum;
                chi += (counts[r - 1] - e) * (counts[r - 1] - e) / e;
            }
            assertThat(chi).as("chi-squared of 49 degrees at exponent " + s).isLessThan(95);
        }
        var shifted = ZipfAnalysis.ofTokens(new ZipfSampler(1.2, 4, 3000).sample(Rng.of(5), 300_000)).fitMandelbrot();
        assertThat(shifted.exponent()).isCloseTo(1.2, within(0.05));
        assertThat(shifted.shift()).isCloseTo(4, within(1.0));
        var plain = ZipfAnalysis.ofTokens(new ZipfSampler(1, 300).sample(Rng.of(6), 100_000));
        assertThat(plain.interval(0.95, 200, Rng.of(7)).contains(plain.fit().exponent())).isTrue();
        assertThat(plain.logNormal().statistic()).isLessThan(20);
        assertThat(plain.types()).isEqualTo(300);
        assertThat(plain.figure("Zipf").layers()).hasSize(2);
        assertThatThrownBy(() -> ZipfAnalysis.of(3)).hasMessageContaining("1 types");
        assertThatThrownBy(() -> ZipfAnalysis.of(3, -1)).hasMessageContaining("a count is -1");
        assertThatThrownBy(() -> plain.fit(0, 10)).hasMessageContaining("10 types, but 300 were seen");
        assertThatThrownBy(() -> ZipfAnalysis.ofTokens(new int[] {1, -2})).hasMessageContaining("an id -2");
        assertThatThrownBy(() -> plain.interval(1, 10, Rng.of(1))).hasMessageContaining("level 1.0");
        assertThatThrownBy(() -> new ZipfSampler(0, 5)).hasMessageContaining("exponent 0.0");
        assertThatThrownBy(() -> ZipfAnalysis.heaps(new int[] {1, 2}, 2, 5)).hasMessageContaining("from 2 of 2 tokens");
        assertThat(plain.tokens()).isEqualTo(100_000);
    }
}
