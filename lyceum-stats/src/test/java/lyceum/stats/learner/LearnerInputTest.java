package lyceum.stats.learner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lyceum.DType;
import lyceum.stats.learner.SampleLearners.CentreClassifier;
import lyceum.stats.learner.SampleLearners.LineRegressor;
import lyceum.tensor.Tensor;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The words in which bad data is refused, everywhere. */
class LearnerInputTest {
    private static final Tensor X = Tensor.of(new double[][] {{1, 2}, {3, 4}, {5, 6}}), Y = Tensor.of(1.0, 2, 3);

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    private static void fit(Tensor x, Tensor y, Tensor w) { new LineRegressor().fit(x, y, w); }

    @Test void shapesAreNamed() {
        refused(() -> fit(Tensor.zeros(DType.F64, 5), Y, null),
                "LineRegressor.fit: x has shape (5,); it needs rows and columns: reshape(-1, 1) makes one column of it, reshape(1, -1) one row");
        refused(() -> fit(Tensor.zeros(DType.F64, 0, 4), Y, null),
                "LineRegressor.fit: x has shape (0, 4) and so no rows; at least one is needed");
        refused(() -> fit(Tensor.zeros(DType.F64, 3, 0), Y, null),
                "LineRegressor.fit: x has shape (3, 0) and so no columns; at least one is needed");
        refused(() -> fit(Tensor.zeros(DType.F64, 3, 2, 2), Y, null),
                "LineRegressor.fit: x has shape (3, 2, 2); it needs two axes, rows and columns");
        refused(() -> fit(X, Tensor.of(1.0, 2), null), "LineRegressor.fit: x has 3 rows but y has shape (2,)");
        refused(() -> fit(X, Tensor.zeros(DType.F64, 3, 2), null),
                "LineRegressor.fit: y has shape (3, 2); this learner has one target, fit one model a column");
        refused(() -> fit(null, Y, null), "LineRegressor.fit: x is null");
        refused(() -> fit(X, null, null), "LineRegressor.fit: y is null");
        refused(() -> new LineRegressor().fit(X, Y).predict(Tensor.zeros(DType.F64, 1, 3)),
                "LineModel: x has 3 columns; the model was fitted on 2");
        refused(() -> new LineRegressor().fit(X, Y).score(X, Tensor.of(1.0)), "LineModel.score: x has 3 rows but y has shape (1,)");
    }

    @Test void badValuesAreNamedByPlace() {
        refused(() -> fit(Tensor.of(new double[][] {{1, 2}, {3, Double.NaN}}), Tensor.of(1.0, 2), null),
                "LineRegressor.fit: x is NaN at row 1, column 1; fill or drop missing values first");
        refused(() -> fit(X, Tensor.of(1, 2, Double.POSITIVE_INFINITY), null),
                "LineRegressor.fit: y is Infinity at row 2; fill or drop missing values first");
        refused(() -> fit(X, Y, Tensor.of(1.0, -2, 1)), "LineRegressor.fit: weight 1 is -2.0; weights are finite and at least 0");
        refused(() -> fit(X, Y, Tensor.of(0.0, 0, 0)), "LineRegressor.fit: all weights are 0; at least one must be positive");
        refused(() -> fit(X, Y, Tensor.of(1.0, 1)), "LineRegressor.fit: x has 3 rows but weights has shape (2,)");
        refused(() -> new CentreClassifier().fit(X, Y),
                "CentreClassifier.fit: labels are F64; a classifier takes integers or BOOL, to(DType.I64) converts");
    }

    @Test void nanAmongThousandsIsFoundAndHugeValuesPass() {
        var values = new double[300 * 100];
        values[299 * 100 + 99] = Double.NaN;
        refused(() -> LearnerInput.matrix("test", Tensor.of(values, 300, 100), false),
                "test: x is NaN at row 299, column 99; fill or drop missing values first");
        Arrays.fill(values, Double.MAX_VALUE); // their sum overflows, yet each is finite
        assertThat(LearnerInput.matrix("test", Tensor.of(values, 300, 100), false).rows()).isEqualTo(300);
        Arrays.fill(values, Double.NaN);
        assertThat(LearnerInput.matrix("test", Tensor.of(values, 300, 100), true).columns()).isEqualTo(100);
    }

    @Test void labelsBecomeCodes() {
        var labels = LearnerInput.matrix("test", X, false).labels(Tensor.of(7, -3, 7));
        assertThat(labels.classes()).containsExactly(-3, 7);
        assertThat(labels.codes()).containsExactly(1, 0, 1);
        assertThat(labels.weightOfClasses(new double[] {1, 2, 0.5})).containsExactly(2, 1.5);
        refused(() -> LearnerInput.matrix("test", X, false).severalLabels(Tensor.of(7, 7, 7)),
                "test: all labels are 7; at least two classes are needed");
        assertThat(Labels.choose(new long[] {2, 5}, Tensor.of(-1.0, 0, 3)).toLongArray()).containsExactly(2, 2, 5);
        assertThat(Labels.choose(new long[] {2, 5, 9}, Tensor.of(new double[][] {{1, 3, 3}, {4, 0, 4}})).toLongArray()).containsExactly(5,
                2);
    }

    @Test void scoreIsTheCoefficientOfDetermination() {
        record Constant(int nFeatures, double value) implements RegressionModel {
            @Override public Tensor predict(Tensor x) { return Tensor.full(DType.F64, value, x.size(0)); }
        }
        assertThat(new Constant(2, 2).score(X, Y)).isZero();
        assertThat(new Constant(2, 3).score(X, Y)).isEqualTo(-1.5);
        assertThat(new Constant(2, 3).score(X, Tensor.of(3.0, 3, 3))).isEqualTo(1);
        assertThat(new Constant(2, 2).score(X, Tensor.of(3.0, 3, 3))).isZero();
        assertThat(new Constant(2, 2.5).score(X, Y, Tensor.of(0.0, 1, 1))).isZero();
    }
}
