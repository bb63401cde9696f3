package lyceum.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** What breaks under a refutation, and what does not. */
class RefutationTest {
    /** An effect of 2; the covariate drives treatment and outcome. */
    private static PotentialOutcomes confounded(int n) {
        var rng = Rng.of(3);
        var x = new double[n][1];
        var treated = new boolean[n];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i][0] = rng.nextGaussian();
            treated[i] = rng.nextDouble() < 1 / (1 + Math.exp(-x[i][0]));
            y[i] = (treated[i] ? 2 : 0) + 3 * x[i][0] + rng.nextGaussian();
        }
        return new PotentialOutcomes(x, treated, y);
    }

    @Test void aSoundEstimateSurvives() {
        var data = confounded(400);
        var attempts = new Refutation(data, PotentialOutcomes::regressionAdjustment, 60, 1);
        double estimate = data.regressionAdjustment().estimate();
        assertThat(estimate).isCloseTo(2, within(0.35));
        for (var nothing : new Refutation.Attempt[] {attempts.placeboTreatment(), attempts.dummyOutcome()}) {
            assertThat(nothing.original()).isEqualTo(estimate);
            assertThat(nothing.expected()).isZero();
            assertThat(nothing.mean()).isCloseTo(0, within(0.15));
            assertThat(nothing.pValue()).isGreaterThan(0.1);
            assertThat(Arrays.stream(nothing.estimates()).map(Math::abs).max().orElseThrow()).isLessThan(estimate);
        }
        for (var same : new Refutation.Attempt[] {attempts.randomCommonCause(), attempts.subset(0.8)}) {
            assertThat(same.expected()).isEqualTo(estimate);
            assertThat(same.mean()).isCloseTo(estimate, within(0.05));
            assertThat(same.pValue()).isGreaterThan(0.1);
        }
        assertThat(attempts.subset(0.8).estimates()).isEqualTo(attempts.subset(0.8).estimates());
        assertThat(Arrays.stream(attempts.subset(0.8).estimates()).distinct().count()).isEqualTo(60);
    }

    /** An estimator that always finds something, and one that a column of noise moves. */
    @Test void brokenEstimatorsAreFoundOut() {
        var data = confounded(200);
        var optimist = new Refutation(data, d -> new Effect(d.regressionAdjustment().estimate() + 2, 1), 40, 1);
        assertThat(optimist.placeboTreatment().pValue()).isLessThan(0.05);
        assertThat(optimist.dummyOutcome().pValue()).isLessThan(0.05);
        var counter = new Refutation(data, d -> new Effect(d.covariates()[0].length, 1), 40, 1);
        assertThat(counter.randomCommonCause().pValue()).isLessThan(0.05);
        assertThat(counter.subset(0.5).pValue()).isEqualTo(1);
    }

    /** Each arm gives its share, and units stay whole. */
    @Test void subsetsAreOfUnits() {
        var data = confounded(101);
        int treated = data.outcomes(true).length;
        var attempts = new Refutation(data, d -> {
            if (d == data) return new Effect(0, 1); // asked for the estimate to compare with
            assertThat(d.outcomes(true)).hasSize((int) Math.round(0.6 * treated));
            assertThat(d.outcomes(false)).hasSize((int) Math.round(0.6 * (101 - treated)));
            for (int i = 0; i < d.size(); i++) {
                double x = d.covariates()[i][0];
                int at = 0;
                while (data.covariates()[at][0] != x) at++;
                assertThat(d.outcome()[i]).isEqualTo(data.outcome()[at]);
                assertThat(d.treated()[i]).isEqualTo(data.treated()[at]);
            }
            return new Effect(d.size(), 1);
        }, 5, 2);
        for (double size : attempts.subset(0.6).estimates())
            assertThat(size).isEqualTo(Math.round(0.6 * treated) + Math.round(0.6 * (101 - treated)));
    }

    /** Published examples: the Darfur study of Cinelli and Hazlett, the smoking example of VanderWeele and Ding. */
    @Test void strengthsOfHiddenCausesAreThePublishedOnes() {
        assertThat(Refutation.robustnessValue(4.18445, 783)).isCloseTo(0.139, within(5e-4));
        assertThat(Refutation.robustnessValue(0, 10)).isZero();
        assertThat(Refutation.robustnessValue(-1e12, 1)).isCloseTo(1, within(1e-9));
        assertThat(Refutation.robustnessValue(Double.POSITIVE_INFINITY, 5)).isEqualTo(1);
        assertThat(Refutation.eValue(3.9)).isCloseTo(7.26, within(5e-3));
        assertThat(Refutation.eValue(1 / 3.9)).isCloseTo(7.26, within(5e-3));
        assertThat(Refutation.eValue(1)).isEqualTo(1);
        // By definition: a cause with that share r of both brings t to 0: f^2 = r^2 / (1 - r).
        double r = Refutation.robustnessValue(3, 50);
        assertThat(r * r / (1 - r)).isCloseTo(9.0 / 50, within(1e-12));
    }

    @Test void wrongQuestionsAreRefused() {
        var data = confounded(20);
        assertThatThrownBy(() -> new Refutation(data, PotentialOutcomes::differenceInMeans, 1, 0)).hasMessageContaining("1 repeats");
        assertThatThrownBy(() -> new Refutation(data, PotentialOutcomes::differenceInMeans, 9, 0).subset(1)).hasMessageContaining("1.0");
        assertThatThrownBy(() -> Refutation.eValue(0)).hasMessageContaining("0.0");
        assertThatThrownBy(() -> Refutation.robustnessValue(2, 0)).hasMessageContaining("0 degrees");
    }
}
