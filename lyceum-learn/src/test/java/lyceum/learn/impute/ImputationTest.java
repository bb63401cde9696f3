package lyceum.learn.impute;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.data.Datasets;
import lyceum.learn.impute.SimpleImputer.Strategy;
import lyceum.learn.neighbors.NeighborWeights;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.stats.learner.Transformer;
import lyceum.stats.missing.Missingness;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ImputationTest {
    private static final String TOPIC = "imputation";

    private static Map<String, Transformer> imputers() {
        var all = new LinkedHashMap<String, Transformer>();
        all.put("mean", new SimpleImputer());
        all.put("median", new SimpleImputer(Strategy.MEDIAN));
        all.put("most frequent", new SimpleImputer(Strategy.MOST_FREQUENT));
        all.put("constant", new SimpleImputer(Strategy.CONSTANT, -7, true));
        all.put("knn", new KnnImputer());
        all.put("knn by distance", new KnnImputer(3, NeighborWeights.DISTANCE, true));
        all.put("iterative", new IterativeImputer());
        return all;
    }

    @TestFactory Stream<DynamicTest> everyImputerKeepsTheContract() {
        return imputers().entrySet().stream().flatMap(e -> LearnerContract.of(e.getValue()).tests()
                .map(t -> DynamicTest.dynamicTest(e.getKey() + ": " + t.getDisplayName(), t.getExecutable())));
    }

    /** The golden script's tables with holes: small and wine. */
    private static Map<String, double[][]> tables() {
        var r = new Recipe(74500);
        double[][] small = r.matrix(50, 5), wine = Datasets.wine().x().toRows();
        for (var row : small) row[1] += row[0];
        for (var row : small) for (int j = 0; j < 5; j++) if (r.uniform() < 0.25) row[j] = Double.NaN;
        for (var row : wine) for (int j = 0; j < 13; j++) if (r.uniform() < 0.2) row[j] = Double.NaN;
        var tables = new LinkedHashMap<String, double[][]>();
        tables.put("small", small);
        tables.put("wine", wine);
        return tables;
    }

    private static Tensor every(double[][] rows, int from, int step) {
        return Tensor.of(IntStream.iterate(from, i -> i < rows.length, i -> i + step).mapToObj(i -> rows[i]).toArray(double[][]::new));
    }

    private static double[] flat(Tensor rows, int step) {
        var all = rows.toRows();
        return IntStream.iterate(0, i -> i < all.length, i -> i + step).boxed().flatMapToDouble(i -> Arrays.stream(all[i])).toArray();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void imputersEqualScikitLearn() {
        var golden = Golden.load("golden/imputation.json");
        Gap simple = Gap.relativeBeyondOne(), knn = Gap.relativeBeyondOne(), iterative = Gap.relativeBeyondOne();
        tables().forEach((name, rows) -> imputers().forEach((kind, imputer) -> {
            var c = golden.named(name + " " + kind);
            boolean rounded = name.equals("small") && kind.equals("most frequent"); // else each value occurs once
            Tensor train = every(rows, 0, 2), fresh = every(rows, 1, 2);
            if (rounded) {
                train = train.round().compute();
                fresh = fresh.round().compute();
            }
            var model = imputer.fit(train);
            int step = name.equals("small") ? 1 : 5;
            var gap = kind.startsWith("knn") ? knn : kind.equals("iterative") ? iterative : simple;
            gap.see(c, "expected.train", flat(model.transform(train), step));
            gap.see(c, "expected.new", flat(model.transform(fresh), step));
            if (model instanceof IterativeImputer.Fitted fitted)
                assertThat(fitted.iterations()).isEqualTo(c.integer("expected.iterations"));
        }));
        Evidence.of("SimpleImputer", simple, below(1e-10));
        Evidence.of("KNNImputer", knn, below(1e-10));
        Evidence.of("IterativeImputer", iterative, below(1e-4));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void imputationNeverReadsTestRows() {
        int compared = 0, differing = 0;
        var rng = Rng.of(6);
        for (var rows : tables().values()) for (var imputer : imputers().values()) {
            Tensor train = every(rows, 0, 2), test = every(rows, 1, 2);
            var model = imputer.fit(train);
            double[][] together = model.transform(test).toRows();
            // each row alone, and beside others that were changed beyond recognition
            double[][] changed = test.toRows();
            for (int i = 0; i < changed.length; i += 2)
                for (int j = 0; j < changed[i].length; j++) changed[i][j] = rng.nextDouble() < 0.3 ? Double.NaN : 1e6 * rng.nextGaussian();
            double[][] beside = model.transform(Tensor.of(changed)).toRows();
            for (int i = 0; i < together.length; i++) {
                double[] alone = model.transform(test.narrow(0, i, 1)).toRows()[0];
                compared++;
                if (!Arrays.equals(alone, together[i]) || i % 2 == 1 && !Arrays.equals(beside[i], together[i])) differing++;
            }
        }
        Evidence.of("test rows filled alone, together, and beside others", compared, atLeast(700));
        Evidence.of("that depended on other test rows", differing, exactly(0));
    }

    @Test void awkwardTablesAreFilledOrRefused() {
        double nan = Double.NaN;
        var train = Tensor.of(new double[][] {{1, 10}, {2, nan}, {nan, 30}});
        assertThat(new KnnImputer(1).fit(train).transform(Tensor.of(new double[][] {{nan, nan}})).toDoubleArray()).containsExactly(1.5, 20);
        var marked = new SimpleImputer().withIndicators(true).fit(train);
        assertThat(marked.nOutputs()).isEqualTo(4);
        assertThat(marked.transform(Tensor.of(new double[][] {{nan, 5}})).toDoubleArray()).containsExactly(1.5, 5, 1, 0);
        for (var imputer : new ArrayList<>(imputers().values())) {
            if (imputer instanceof SimpleImputer s && s.strategy() == Strategy.CONSTANT) continue;
            assertThatThrownBy(() -> imputer.fit(Tensor.of(new double[][] {{1, nan}, {2, nan}})))
                    .hasMessageContaining("column 1 has no value at all");
        }
        assertThatThrownBy(() -> new KnnImputer(0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new IterativeImputer(0, 1e-3, false)).hasMessageContaining("0 iterations");
        assertThatThrownBy(() -> new SimpleImputer(Strategy.CONSTANT, nan, false)).hasMessageContaining("finite");
    }

    @Test void iterativeImputationFindsALine() {
        var rng = Rng.of(1);
        var rows = new double[200][2];
        for (var row : rows) {
            row[0] = rng.nextGaussian();
            row[1] = 3 * row[0] + 1 + 0.01 * rng.nextGaussian();
        }
        var full = Tensor.of(rows);
        var filled = new IterativeImputer().fitTransform(Missingness.mcar(full, 0.3, rng, 1));
        assertThat(filled.sub(full).abs().max().item()).isLessThan(0.05);
    }
}
