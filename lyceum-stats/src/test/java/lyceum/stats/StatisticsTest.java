package lyceum.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.random.Rng;
import lyceum.stats.Descriptive.Weights;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    private static final double[] V = {2.5, -1, 4, 4, 7.25, 0.5}, W = {1, 2, 0.5, 0, 3, 1};

    @Test void proportionIntervalsEqualStatsmodels() {
        var kinds = new ProportionInterval[] {ProportionInterval.CLOPPER_PEARSON, ProportionInterval.WILSON, ProportionInterval.WALD,
                ProportionInterval.AGRESTI_COULL, ProportionInterval.JEFFREYS};
        for (double[] row : Golden.load("golden/proportion-interval.json").matrix("cases.0.expected.rows")) {
            for (int k = 0; k < kinds.length; k++) {
                var interval = kinds[k].of(row[1], row[0], 1 - row[2]);
                assertThat(interval.low()).as("%s low of %s in %s", kinds[k], row[1], row[0]).isCloseTo(row[3 + 2 * k], within(1e-9));
                assertThat(interval.high()).as("%s high of %s in %s", kinds[k], row[1], row[0]).isCloseTo(row[4 + 2 * k], within(1e-9));
            }
        }
        assertThatThrownBy(() -> ProportionInterval.wilson(5, 4, 0.95))
                .hasMessage("proportion interval: 5.0 successes in 4.0 trials; they lie between 0 and the trials");
        assertThatThrownBy(() -> ProportionInterval.wilson(1, 4, 95)).hasMessageContaining("level is 95.0");
    }

    /** scipy.stats.mannwhitneyu of SciPy 1.15.3. */
    @Test void mannWhitneyEqualsSciPyWithAndWithoutTies() {
        double[] x = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06}, y = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06001, 3.14, 1.29001};
        var exact = MannWhitney.test(x, y, Alternative.TWO_SIDED);
        assertThat(exact.u()).isEqualTo(51);
        assertThat(exact.pValue()).isCloseTo(0.16717400246812014, within(1e-14));
        assertThat(MannWhitney.test(x, y, Alternative.LESS).pValue()).isCloseTo(0.9306046894282188, within(1e-14));
        assertThat(MannWhitney.test(x, y, Alternative.GREATER).pValue()).isCloseTo(0.08358700123406007, within(1e-14));
        double[] tiedX = {1, 2, 2, 3, 4, 4, 5, 6, 6, 7}, tiedY = {2, 3, 3, 4, 4, 5, 8, 9, 9, 9, 10, 1};
        assertThat(MannWhitney.test(tiedX, tiedY, Alternative.TWO_SIDED).u()).isEqualTo(44);
        assertThat(MannWhitney.test(tiedX, tiedY, Alternative.TWO_SIDED).pValue()).isCloseTo(0.3033242848183064, within(1e-13));
        assertThat(MannWhitney.test(tiedX, tiedY, Alternative.LESS).pValue()).isCloseTo(0.1516621424091532, within(1e-13));
        assertThat(MannWhitney.test(tiedX, tiedY, Alternative.GREATER).pValue()).isCloseTo(0.8634035322313629, within(1e-13));
    }

    @Test void mannWhitneyCountsPairsWithTiesHalf() {
        var rng = Rng.of(9);
        for (int round = 0; round < 50; round++) {
            double[] x = new double[1 + rng.nextInt(20)], y = new double[1 + rng.nextInt(20)], wx = new double[x.length],
                    wy = new double[y.length];
            for (int i = 0; i < x.length; i++) {
                x[i] = rng.nextInt(6) - 2;
                wx[i] = rng.nextInt(4) + 1;
            }
            for (int i = 0; i < y.length; i++) {
                y[i] = rng.nextInt(6) - 2;
                wy[i] = rng.nextInt(4) + 1;
            }
            double pairs = 0, weighted = 0, total = 0;
            for (int i = 0; i < x.length; i++) {
                for (int j = 0; j < y.length; j++) {
                    double win = x[i] > y[j] ? 1 : x[i] == y[j] ? 0.5 : 0;
                    pairs += win;
                    weighted += win * wx[i] * wy[j];
                    total += wx[i] * wy[j];
                }
            }
            assertThat(MannWhitney.statistic(x, y)).isEqualTo(pairs);
            assertThat(MannWhitney.probability(x, wx, y, wy)).isEqualTo(weighted / total);
        }
        assertThatThrownBy(() -> MannWhitney.statistic(new double[0], new double[] {1})).hasMessageContaining("samples of 0 and 1 values");
        assertThatThrownBy(() -> MannWhitney.statistic(new double[] {Double.NaN}, new double[] {1})).hasMessageContaining("value 0 is NaN");
    }

    /** numpy 2.2.4 and scipy 1.15.3 on the same six numbers. */
    @Test void descriptiveMeasuresEqualNumPyAndSciPy() {
        assertThat(Descriptive.mean(V, W)).isCloseTo(3.3, within(1e-15));
        assertThat(Descriptive.variance(V, W, 1, Weights.RELIABILITY)).isCloseTo(16.923018292682926, within(1e-13));
        assertThat(Descriptive.variance(V, new double[] {1, 2, 3, 0, 1, 1}, 1, Weights.FREQUENCY)).isCloseTo(8.2578125, within(1e-14));
        assertThat(Descriptive.skewness(V)).isCloseTo(0.13234373019818607, within(1e-14));
        assertThat(Descriptive.excessKurtosis(V)).isCloseTo(-0.914589516054364, within(1e-14));
        assertThat(Descriptive.quantiles(V, 0, 0.1, 0.25, 0.5, 0.9, 1)).containsExactly(-1.0, -0.25, 1.0, 3.25, 5.625, 7.25);
        assertThat(Descriptive.rankCorrelation(V, W)).isCloseTo(-0.08823529411764706, within(1e-15));
        for (double[] c : new double[][] {{0.1, -1}, {0.5, 2.5}, {0.77, 7.25}})
            assertThat(Descriptive.quantile(V, W, c[0])).isEqualTo(c[1]);
    }

    @Test void frequencyWeightsAreCopies() {
        double[] copies = {2.5, -1, -1, 4, 4, 4, 7.25, 0.5}, weights = {1, 2, 3, 0, 1, 1};
        assertThat(Descriptive.variance(V, weights, 1, Weights.FREQUENCY)).isCloseTo(Descriptive.variance(copies), within(1e-14));
        assertThat(Descriptive.quantile(V, weights, 0.5)).isEqualTo(Descriptive.quantile(copies, null, 0.5));
    }

    @Test void offsetsCostNoDigits() {
        var shifted = V.clone();
        for (int i = 0; i < shifted.length; i++) shifted[i] += 1L << 40;
        assertThat(Descriptive.variance(shifted)).isEqualTo(Descriptive.variance(V));
        assertThat(Descriptive.sum(new double[] {1, 1e100, 1, -1e100})).isEqualTo(2);
    }

    @Test void covarianceOfColumnsAgreesWithPairs() {
        var x = Tensor.randn(Rng.of(2), lyceum.DType.F64, 30, 3);
        double[][] c = Descriptive.covariance(x).toRows(), r = Descriptive.correlation(x).toRows();
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                double[] a = x.select(1, i).toDoubleArray(), b = x.select(1, j).toDoubleArray();
                assertThat(r[i][j]).isCloseTo(Descriptive.correlation(a, b), within(1e-14));
                assertThat(c[i][j]).isCloseTo(
                        Descriptive.correlation(a, b) * Descriptive.standardDeviation(a) * Descriptive.standardDeviation(b), within(1e-13));
            }
        }
        assertThat(Descriptive.correlation(Tensor.of(new double[][] {{1, 2}, {1, 3}})).toRows()[1]).containsExactly(Double.NaN, 1);
    }

    @Test void emptySamplesAndBadWeightsAreRefused() {
        assertThatThrownBy(() -> Descriptive.mean(new double[0])).hasMessage("mean: the sample is empty");
        assertThatThrownBy(() -> Descriptive.mean(V, new double[] {1})).hasMessage("mean: 6 values but 1 weights");
        assertThatThrownBy(() -> Descriptive.mean(new double[] {1, 2}, new double[] {1, -2}))
                .hasMessage("mean: weight 1 is -2.0; weights are finite and at least 0");
        assertThat(Descriptive.quantile(new double[] {1, Double.NaN}, 0.2)).isNaN();
    }
}
