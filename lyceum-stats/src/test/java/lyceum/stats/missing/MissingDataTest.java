package lyceum.stats.missing;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.prob.MultivariateNormal;
import lyceum.random.Rng;
import lyceum.stats.ConfidenceInterval;
import lyceum.stats.Descriptive;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MissingDataTest {
    private static final String TOPIC = "imputation";

    private static double[][] normalRows(Rng rng, int n, int p) {
        var lower = new double[p][p];
        for (int i = 0; i < p; i++) for (int j = 0; j <= i; j++) lower[i][j] = i == j ? 1 : rng.nextGaussian();
        var rows = new double[n][p];
        for (var row : rows) {
            var z = new double[p];
            for (int j = 0; j < p; j++) z[j] = rng.nextGaussian();
            for (int i = 0; i < p; i++) for (int j = 0; j <= i; j++) row[i] += lower[i][j] * z[j];
        }
        return rows;
    }

    /** Log-likelihood of what is there, row by row, by marginal densities. */
    private static double logLikelihood(double[][] rows, double[] mean, double[][] covariance) {
        var normal = new MultivariateNormal(mean, covariance);
        double sum = 0;
        for (var row : rows) {
            int[] seen = IntStream.range(0, row.length).filter(j -> !Double.isNaN(row[j])).toArray();
            if (seen.length > 0) sum += normal.marginal(seen).logDensity(Arrays.stream(seen).mapToDouble(j -> row[j]).toArray());
        }
        return sum;
    }

    private interface Line {
        double at(double step);
    }

    /** Central difference of sixth order. */
    private static double slope(Line f) {
        double h = 5e-4;
        return (45 * (f.at(h) - f.at(-h)) - 9 * (f.at(2 * h) - f.at(-2 * h)) + (f.at(3 * h) - f.at(-3 * h))) / (60 * h);
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void emEndsWhereTheObservedScoreVanishes() {
        double worst = 0, claimed = 0, start = Double.POSITIVE_INFINITY;
        for (int set = 0; set < 6; set++) {
            var rng = Rng.of(set);
            int p = 2 + set % 3;
            var full = Tensor.of(normalRows(rng, 150, p));
            var x = set % 2 == 0 ? Missingness.mcar(full, 0.25, rng) : Missingness.mar(full, 0, 1, 0.3, 1.5, rng);
            var rows = x.toRows();
            var fit = new NormalEm().fit(x);
            assertThat(fit.converged()).isTrue();
            claimed = Math.max(claimed, fit.scoreNorm());
            worst = Math.max(worst, scoreNorm(rows, fit.mean(), fit.covariance()));
            var off = fit.mean().clone();
            off[0] += 0.1;
            start = Math.min(start, scoreNorm(rows, off, fit.covariance()));
        }
        Evidence.of("largest norm of the score by differences of the observed log-likelihood", worst, below(1e-6));
        Evidence.of("largest norm that the fits report", claimed, below(1e-6));
        Evidence.of("least norm with one mean 0.1 off", start, above(1));
    }

    private static double scoreNorm(double[][] rows, double[] mean, double[][] covariance) {
        int p = mean.length;
        double sum = 0;
        for (int i = 0; i < p; i++) {
            int a = i;
            sum += Math.pow(slope(h -> {
                var m = mean.clone();
                m[a] += h;
                return logLikelihood(rows, m, covariance);
            }), 2);
            for (int j = 0; j <= i; j++) {
                int b = j;
                sum += Math.pow(slope(h -> {
                    var c = Arrays.stream(covariance).map(double[]::clone).toArray(double[][]::new);
                    c[a][b] += h;
                    if (a != b) c[b][a] += h;
                    return logLikelihood(rows, mean, c);
                }), 2);
            }
        }
        return Math.sqrt(sum);
    }

    /** y = 1 + 1.5 x + noise, the mean of y is 1; half of y is absent, the likelier the larger x is. */
    private static Tensor marTable(Rng rng, int n) {
        var rows = new double[n][2];
        for (var row : rows) {
            row[0] = rng.nextGaussian();
            row[1] = 1 + 1.5 * row[0] + rng.nextGaussian();
        }
        return Missingness.mar(Tensor.of(rows), 1, 0, 0.4, 1.5, rng);
    }

    private static double[] seen(double[][] rows) {
        return Arrays.stream(rows).mapToDouble(r -> r[1]).filter(v -> !Double.isNaN(v)).toArray();
    }

    private static MultipleImputation pooledMean(Tensor x, Mice mice, int m, double delta, Rng rng) {
        double[] estimates = new double[m], variances = new double[m];
        var tables = mice.impute(x, m, rng);
        int n = (int) x.size(0);
        for (int k = 0; k < m; k++) {
            double[] y = MultipleImputation.shifted(x, tables.get(k), 1, delta).select(1, 1).toDoubleArray();
            estimates[k] = Descriptive.mean(y);
            variances[k] = Descriptive.variance(y) / n;
        }
        return MultipleImputation.pool(estimates, variances, n - 1);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void pooledIntervalsCoverWhereCompleteCasesAndMeansDoNot() {
        int sets = 500, pooled = 0, matched = 0, complete = 0, single = 0;
        for (int set = 0; set < sets; set++) {
            var rng = Rng.of(745).split(set);
            var x = marTable(rng, 200);
            double[] y = seen(x.toRows());
            if (ConfidenceInterval.mean(y, 0.95).contains(1)) complete++;
            double fill = Descriptive.mean(y);
            double[] filled = DoubleStream.concat(Arrays.stream(y), DoubleStream.generate(() -> fill).limit(200 - y.length)).toArray();
            if (ConfidenceInterval.mean(filled, 0.95).contains(1)) single++;
            if (pooledMean(x, new Mice().withMethod(Mice.Method.NORMAL).withIterations(1), 20, 0, rng.split(1)).interval(0.95).contains(1))
                pooled++;
            if (set % 5 == 0 && pooledMean(x, new Mice().withIterations(1), 20, 0, rng.split(2)).interval(0.95).contains(1)) matched++;
        }
        Evidence.of("data sets of n = 200", sets, exactly(500));
        Evidence.of("coverage of pooled intervals, normal draws", pooled / (double) sets, between(0.92, 0.97));
        Evidence.of("coverage of complete cases", complete / (double) sets, below(0.85));
        Evidence.of("coverage of single mean imputation", single / (double) sets, below(0.85));
        assertThat(matched).as("matching, which cannot go beyond the values seen, on 100 sets").isBetween(75, 97);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void underMnarAllAreBiasedAndTheRightDeltaRemovesIt() {
        int sets = 300;
        double delta = 1.2, truth = 0;
        double[] complete = new double[sets], pooled = new double[sets], shifted = new double[sets], wrong = new double[sets],
                likelihood = new double[sets], predictive = new double[sets];
        for (int set = 0; set < sets; set++) {
            var rng = Rng.of(4).split(set);
            // absent values of y lie delta above what x says of observed ones: being absent tells of y itself
            var rows = new double[200][2];
            for (var row : rows) {
                row[0] = rng.nextGaussian();
                boolean absent = rng.nextDouble() < 0.4;
                double y = 1 + 1.5 * row[0] + (absent ? delta : 0) + rng.nextGaussian();
                row[1] = absent ? Double.NaN : y;
            }
            truth = 1 + 0.4 * delta;
            var x = Tensor.of(rows);
            complete[set] = Descriptive.mean(seen(rows)) - truth;
            var mice = new Mice().withMethod(Mice.Method.NORMAL).withIterations(1);
            pooled[set] = pooledMean(x, mice, 5, 0, rng.split(1)).estimate() - truth;
            shifted[set] = pooledMean(x, mice, 5, delta, rng.split(1)).estimate() - truth;
            likelihood[set] = new NormalEm().fit(x).mean()[1] - truth;
            predictive[set] = pooledMean(x, mice.withMethod(Mice.Method.PREDICTIVE_MEAN_MATCHING), 5, 0, rng.split(2)).estimate() - truth;
            wrong[set] = pooledMean(x, mice, 5, -delta, rng.split(1)).estimate() - truth;
        }
        Evidence.of("bias of complete cases and of mean imputation, in standard errors over 300 sets", inErrors(complete), above(10));
        Evidence.of("bias of multiple imputation", inErrors(pooled), above(10));
        Evidence.of("bias of the normal model's maximum likelihood", inErrors(likelihood), above(10));
        Evidence.of("bias of multiple imputation by predictive mean matching", inErrors(predictive), above(10));
        // all but complete cases miss what absence says: 0.4 delta
        for (double[] estimate : List.of(pooled, likelihood)) assertThat(Descriptive.mean(estimate)).isCloseTo(-0.4 * delta, offset(0.05));
        Evidence.of("bias with the right delta", inErrors(shifted), atMost(3));
        Evidence.of("bias with the opposite delta", inErrors(wrong), above(10));
    }

    private static double inErrors(double[] differences) {
        return Math.abs(Descriptive.mean(differences)) / Math.sqrt(Descriptive.variance(differences) / differences.length);
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Tag("slow")
    @Test void littlesTestKeepsItsLevelAndFindsMar() {
        int sets = 2_000, chance = 0, driven = 0;
        for (int set = 0; set < sets; set++) {
            var rng = Rng.of(5).split(set);
            var full = Tensor.of(normalRows(rng, 500, 3));
            if (LittleTest.of(Missingness.mcar(full, 0.15, rng)).rejects(0.05)) chance++;
            if (LittleTest.of(Missingness.mar(full, 1, 0, 0.3, 1, rng)).rejects(0.05)) driven++;
        }
        Evidence.of("normal sets of n = 500 with 3 variables", sets, exactly(2_000));
        Evidence.of("share rejected under MCAR", chance / (double) sets, between(0.03, 0.07));
        Evidence.of("share rejected under MAR", driven / (double) sets, atLeast(0.8));
    }

    @Test void poolingFollowsRubinsRules() {
        var answer = MultipleImputation.pool(new double[] {10.2, 9.8, 10.6, 10.0, 9.9}, new double[] {0.25, 0.25, 0.25, 0.25, 0.25});
        assertThat(answer.estimate()).isCloseTo(10.1, offset(1e-12));
        assertThat(answer.between()).isCloseTo(0.10, offset(1e-12));
        assertThat(answer.total()).isCloseTo(0.37, offset(1e-12));
        assertThat(answer.degreesOfFreedom()).isCloseTo(4 * Math.pow(1 + 0.25 / (1.2 * 0.1), 2), offset(1e-9));
        // Barnard and Rubin: 1 / (1 / old + 1 / seen), seen = (v + 1) / (v + 3) v (1 - lambda)
        double lambda = 0.12 / 0.37, old = 4 / (lambda * lambda), seen = 50.0 / 52 * 49 * (1 - lambda);
        assertThat(MultipleImputation.pool(new double[] {10.2, 9.8, 10.6, 10.0, 9.9}, new double[] {0.25, 0.25, 0.25, 0.25, 0.25}, 49)
                .degreesOfFreedom()).isCloseTo(old * seen / (old + seen), offset(1e-9));
        var sure = MultipleImputation.pool(new double[] {1, 1}, new double[] {4, 4});
        assertThat(sure.interval(0.95).high()).isCloseTo(1 + 2 * 1.959963985, offset(1e-6));
        assertThatThrownBy(() -> MultipleImputation.pool(new double[] {1}, new double[] {1})).hasMessageContaining("at least two");
    }

    @Test void chainsImputeObservedValuesAndKeepRelations() {
        var rng = Rng.of(11);
        var full = Tensor.of(normalRows(rng, 400, 3));
        var x = Missingness.mcar(full, 0.2, rng);
        var values = new ArrayList<Double>();
        for (double v : x.select(1, 2).toDoubleArray()) values.add(v);
        var tables = new Mice().impute(x, 3, Rng.of(1));
        for (double v : tables.getFirst().select(1, 2).toDoubleArray()) assertThat(values).contains(v);
        assertThat(tables.get(0).toDoubleArray()).isNotEqualTo(tables.get(1).toDoubleArray());
        assertThat(new Mice().impute(x, 3, Rng.of(1)).get(2).toDoubleArray()).isEqualTo(tables.get(2).toDoubleArray());
        for (int a = 0; a < 3; a++) for (int b = 0; b < a; b++) {
            double before = Descriptive.correlation(full.select(1, a).toDoubleArray(), full.select(1, b).toDoubleArray());
            double after = Descriptive.correlation(tables.get(0).select(1, a).toDoubleArray(), tables.get(0).select(1, b).toDoubleArray());
            assertThat(after).isCloseTo(before, offset(0.1));
        }
    }

    @Test void mechanismsMakeTheShareAskedFor() {
        var rng = Rng.of(3);
        var full = Tensor.of(normalRows(rng, 20_000, 3));
        assertThat(share(Missingness.mcar(full, 0.3, rng), 2)).isCloseTo(0.3, offset(0.02));
        assertThat(share(Missingness.mcar(full, 0.3, rng, 0), 2)).isZero();
        var mar = Missingness.mar(full, 1, 0, 0.3, 2, rng);
        assertThat(share(mar, 1)).isCloseTo(0.3, offset(0.02));
        var mnar = Missingness.mnar(full, 1, 0.3, 2, rng);
        assertThat(share(mnar, 1)).isCloseTo(0.3, offset(0.02));
        assertThat(Descriptive.mean(seen(mnar.toRows()))).isLessThan(Descriptive.mean(full.select(1, 1).toDoubleArray()) - 0.3);
        assertThat(Missingness.mask(mar).to(DType.F64).sum().item()).isEqualTo(share(mar, 1) * 20_000);
        assertThatThrownBy(() -> Missingness.mar(full, 1, 1, 0.3, 1, rng)).hasMessageContaining("that is mnar");
        assertThatThrownBy(() -> Missingness.mcar(full, 1, rng)).hasMessageContaining("share is 1.0");
        assertThatThrownBy(() -> LittleTest.of(full)).hasMessageContaining("two patterns");
        assertThatThrownBy(() -> new NormalEm().fit(Tensor.of(new double[][] {{1, Double.NaN}})))
                .hasMessageContaining("column 1 has no value");
    }

    private static double share(Tensor x, int column) {
        return Arrays.stream(x.select(1, column).toDoubleArray()).filter(Double::isNaN).count() / (double) x.size(0);
    }
}
