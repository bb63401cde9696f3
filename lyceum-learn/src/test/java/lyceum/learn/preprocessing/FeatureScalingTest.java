package lyceum.learn.preprocessing;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.preprocessing.Normalizer.Norm;
import lyceum.learn.preprocessing.PowerTransformer.Family;
import lyceum.learn.selection.CrossValidation;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.linalg.Eigen;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.StandardScaler;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class FeatureScalingTest {
    private static final String TOPIC = "feature-scaling";
    private static final Golden GOLDEN = Golden.load("golden/feature-scaling.json");

    private static final Map<String, Transformer> SCALERS = new LinkedHashMap<>();

    static {
        SCALERS.put("standard", new StandardScaler());
        SCALERS.put("min-max", new MinMaxScaler());
        SCALERS.put("min-max clipped", new MinMaxScaler(-1, 2, true));
        SCALERS.put("max-abs", new MaxAbsScaler());
        SCALERS.put("robust", new RobustScaler());
        SCALERS.put("robust normal", new RobustScaler(0.1, 0.8, true, true));
        SCALERS.put("quantile", new QuantileTransformer());
        SCALERS.put("quantile normal", new QuantileTransformer(25, true));
        SCALERS.put("l1", new Normalizer(Norm.L1));
        SCALERS.put("l2", new Normalizer());
        SCALERS.put("max", new Normalizer(Norm.MAX));
    }

    @TestFactory Stream<DynamicTest> everyScalerKeepsTheContract() {
        var all = new LinkedHashMap<>(SCALERS);
        all.remove("standard");
        all.put("powers", new PowerTransformer());
        return all.entrySet().stream().flatMap(e -> {
            var contract = LearnerContract.of(e.getValue());
            return contract.tests().map(t -> DynamicTest.dynamicTest(e.getKey() + ": " + t.getDisplayName(), t.getExecutable()));
        });
    }

    private static double[][] random() {
        var x = new Recipe(72300).matrix(60, 8);
        for (var row : x) {
            row[1] = 5.5;
            row[2] = 0;
            row[3] = -1e9;
            row[4] = Math.exp(row[4]);
            row[5] = Math.rint(row[5]);
            row[6] = 1e3 + 0.001 * row[6];
        }
        return x;
    }

    private static double[][] fresh() {
        var r = new Recipe(72300);
        r.matrix(60, 8);
        return Arrays.stream(r.matrix(20, 8)).map(row -> Arrays.stream(row).map(v -> 2 * v).toArray()).toArray(double[][]::new);
    }

    private static double[] every(int step, Tensor z) {
        var rows = z.toRows();
        return Stream.iterate(0, i -> i < rows.length, i -> i + step).flatMapToDouble(i -> Arrays.stream(rows[i])).toArray();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void transformsEqualScikitLearn() {
        Tensor wine = Datasets.wine().x(), random = Tensor.of(random()), fresh = Tensor.of(fresh());
        var gap = Gap.relativeBeyondOne();
        SCALERS.forEach((name, scaler) -> {
            gap.see(GOLDEN.named("wine " + name), "expected.z", every(7, scaler.fit(wine).transform(wine)));
            var model = scaler.fit(random);
            gap.see(GOLDEN.named("random " + name), "expected.z", every(2, model.transform(random)));
            gap.see(GOLDEN.named("random " + name), "expected.new", every(1, model.transform(fresh)));
        });
        Evidence.of("numbers compared", gap.seen(), atLeast(8_000));
        Evidence.of("largest gap to scikit-learn", gap, below(1e-8));

        Gap own = Gap.absolute(), given = Gap.absolute();
        int[] moving = {0, 4, 5, 7};
        var some = random.indexSelect(1, Tensor.of(moving)).compute();
        for (var family : Family.values()) {
            String name = family == Family.BOX_COX ? " box-cox" : " yeo-johnson";
            for (var entry : Map.of("wine", wine, "random", family == Family.BOX_COX ? some.exp().compute() : some).entrySet()) {
                var c = GOLDEN.named(entry.getKey() + name);
                var learner = new PowerTransformer().withFamily(family);
                own.see(c, "expected.z", every(7, learner.fit(entry.getValue()).transform(entry.getValue())));
                var lambdas = DoubleStream.of(c.doubles("expected.lambdas")).boxed().toList();
                given.see(c, "expected.z", every(7, learner.withLambdas(lambdas).fit(entry.getValue()).transform(entry.getValue())));
            }
        }
        Evidence.of("powers, own lambda", own, below(1e-5));
        Evidence.of("powers, the same lambda", given, below(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void inverseRestoresTrainingRows() {
        var gap = Gap.relative();
        int refused = 0, inverted = 0;
        var all = new LinkedHashMap<>(SCALERS);
        all.put("power", new PowerTransformer());
        all.put("power alone", new PowerTransformer().withStandardise(false));
        all.put("Box-Cox", new PowerTransformer().withFamily(Family.BOX_COX));
        for (var entry : all.entrySet()) for (var rows : List.of(Datasets.wine().x(), Tensor.of(random()))) {
            if (entry.getValue() instanceof PowerTransformer p && p.family() == Family.BOX_COX && rows.min().item() <= 0) continue;
            var model = entry.getValue().fit(rows);
            if (entry.getValue() instanceof Normalizer) {
                assertThatThrownBy(() -> model.inverse(rows)).isInstanceOf(UnsupportedOperationException.class);
                refused++;
                continue;
            }
            inverted++;
            gap.see(entry.getKey(), model.inverse(model.transform(rows)).toDoubleArray(), rows.toDoubleArray());
        }
        Evidence.of("row norms that refuse", refused, exactly(6));
        Evidence.of("inversions", inverted, atLeast(20));
        Evidence.of("largest relative gap", gap, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void mergedShardsEqualOnePassAndTheExactValue() {
        int n = 7_001, p = 3;
        double[] x = new double[n * p];
        var rng = Rng.of(723);
        for (int i = 0; i < n; i++) {
            x[i * p] = 1e9 + rng.nextGaussian();
            x[i * p + 1] = rng.nextGaussian() * 1e-3 - 5;
            x[i * p + 2] = Math.exp(3 * rng.nextGaussian());
        }
        var all = Tensor.of(x, n, p);
        ColumnStatistics one = new ColumnStatistics(p).add(all), merged = new ColumnStatistics(p), rowByRow = new ColumnStatistics(p);
        int at = 0;
        for (int shard = 0; shard < 7; shard++) {
            int size = shard == 6 ? n - at : 100 + 250 * shard;
            merged.merge(new ColumnStatistics(p).add(all.narrow(0, at, size)));
            at += size;
        }
        for (int i = 0; i < n; i++) rowByRow.add(all.narrow(0, i, 1));
        Gap shards = Gap.relative(), exact = Gap.relative();
        for (int j = 0; j < p; j++) {
            BigDecimal sum = BigDecimal.ZERO, squares = BigDecimal.ZERO, count = BigDecimal.valueOf(n);
            for (int i = 0; i < n; i++) {
                var v = new BigDecimal(x[i * p + j]);
                sum = sum.add(v);
                squares = squares.add(v.multiply(v));
            }
            double mean = sum.divide(count, MathContext.DECIMAL128).doubleValue();
            double variance = squares.multiply(count).subtract(sum.multiply(sum)).divide(count.multiply(count), MathContext.DECIMAL128)
                    .doubleValue();
            for (var s : List.of(one, merged, rowByRow)) {
                exact.see("mean " + j, s.means()[j], mean);
                exact.see("variance " + j, s.variances()[j], variance);
            }
        }
        shards.see("means", merged.means(), one.means()).see("variances", merged.variances(), one.variances());
        Evidence.of("seven shards against one pass", shards, below(1e-10));
        Evidence.of("one pass, shards and single rows against exact arithmetic", exact, below(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void neighboursOnWineGainTwentyPoints() {
        var wine = Datasets.wine();
        var folds = new CrossValidation(new StratifiedKFold(5));
        var knn = new KNeighborsClassifier(5);
        double raw = folds.score(knn, wine.x(), wine.y(), Scorer.ACCURACY).mean(Scorer.ACCURACY);
        for (var scaler : List.of(new StandardScaler(), new MinMaxScaler(), new RobustScaler())) {
            double scaled = folds.score(Pipeline.of(scaler, knn), wine.x(), wine.y(), Scorer.ACCURACY).mean(Scorer.ACCURACY);
            Evidence.of("accuracy gained by " + scaler.name(), scaled - raw, atLeast(0.20));
        }
    }

    /** Steps of length 1/L on mean squared error until the excess over its minimum is 1e-6 of the first. */
    private static int steps(Tensor x, Tensor y, int most) {
        var design = Tensor.concat(1, Tensor.ones(DType.F64, x.size(0), 1), x).compute();
        int n = (int) x.size(0), p = (int) design.size(1);
        double[][] gram = design.transpose(0, 1).matmul(design).div(n).toRows();
        double[] right = design.transpose(0, 1).matmul(y).div(n).toDoubleArray(), w = new double[p];
        var best = new LinearRegression().fit(x, y);
        double least = best.predict(x).sub(y).square().mean().item(), first = y.square().mean().item(), power = y.square().mean().item();
        double largest = Eigen.symmetricValues(Tensor.of(gram)).max().item();
        for (int step = 0; step < most; step++) {
            double[] g = new double[p];
            double loss = power;
            for (int i = 0; i < p; i++) {
                for (int j = 0; j < p; j++) g[i] += gram[i][j] * w[j];
                loss += w[i] * (g[i] - 2 * right[i]);
                g[i] -= right[i];
            }
            if (loss - least <= 1e-6 * (first - least)) return step;
            for (int i = 0; i < p; i++) w[i] -= g[i] / largest;
        }
        return most;
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void descentNeedsTenTimesFewerSteps() {
        var data = Datasets.diabetesRaw();
        int most = 200_000, scaled = steps(new StandardScaler().fitTransform(data.x()), data.y(), most),
                raw = steps(data.x(), data.y(), most);
        Evidence.of("steps on standardised columns", scaled, below(most / 10));
        Evidence.of("steps on raw columns (given up at 200,000) over those", (double) raw / scaled, atLeast(10));
    }

    @Test void sparseRowsGiveWhatDenseOnesDo() {
        double[][] x = new Recipe(9).matrix(40, 5);
        for (var row : x) for (int j = 0; j < 5; j++) if (Math.abs(row[j]) < 0.9 || j == 3) row[j] = 0;
        Tensor dense = Tensor.of(x);
        var sparse = Csr.fromDense(dense);
        ColumnStatistics a = new ColumnStatistics(5).add(dense), b = new ColumnStatistics(5).add(sparse);
        assertThat(b.means()).containsExactly(a.means(), offset(1e-14));
        assertThat(b.variances()).containsExactly(a.variances(), offset(1e-14));
        assertThat(b.minima()).containsExactly(a.minima());
        assertThat(b.maxima()).containsExactly(a.maxima());
        var scaled = new MaxAbsScaler().fit(sparse).transform(sparse);
        assertThat(scaled.entries()).isEqualTo(sparse.entries());
        assertThat(scaled.toDense().toDoubleArray()).isEqualTo(new MaxAbsScaler().fit(dense).transform(dense).toDoubleArray());
        assertThat(b.standard(false).transform(sparse).toDense().toDoubleArray())
                .isEqualTo(b.standard(false).transform(dense).toDoubleArray());
        assertThatThrownBy(() -> a.standard(true).transform(sparse)).hasMessageContaining("fills a sparse matrix");
    }

    @Test void wrongSettingsAreRefusedInWords() {
        assertThatThrownBy(() -> new MinMaxScaler(1, 1, false)).hasMessageContaining("low < high");
        assertThatThrownBy(() -> new RobustScaler(0.5, 0.5, true, false)).hasMessageContaining("0 <= low < high <= 1");
        assertThatThrownBy(() -> new RobustScaler(0, 1, true, true)).hasMessageContaining("infinite");
        assertThatThrownBy(() -> new QuantileTransformer(0, false)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new PowerTransformer().withFamily(Family.BOX_COX).fit(Tensor.of(new double[][] {{1}, {0}})))
                .hasMessageContaining("row 1, column 0");
        assertThatThrownBy(() -> new PowerTransformer().withLambdas(List.of(1.0)).fit(Tensor.of(new double[][] {{1, 2}})))
                .hasMessageContaining("1 lambdas for 2 columns");
        assertThatThrownBy(() -> new ColumnStatistics(2).merge(new ColumnStatistics(3))).hasMessageContaining("3 columns; there were 2");
    }
}
