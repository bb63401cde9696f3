package lyceum.learn.multioutput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.Perceptron;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MultiOutputClassifierTest {
    private static final Tensor X = Tensor.randn(Rng.of(1), DType.F64, 80, 3).compute();
    /** Of two classes, 0 and 1, and of three, -2, 0 and 2. */
    private static final Tensor LABELS = Tensor.stack(1, X.select(1, 0).gt(0).to(DType.I64), third(X.select(1, 1))).compute();

    private static Tensor third(Tensor x) { return x.gt(0.4).to(DType.I64).sub(x.lt(-0.4).to(DType.I64)).mul(2); }

    @Test void eachTargetIsWhatItsOwnModelSays() {
        var weights = Tensor.rand(Rng.of(2), DType.F64, 80).add(0.1).compute();
        for (Classifier learner : List.of(new LogisticRegression(), new DecisionTreeClassifier())) {
            var all = new MultiOutputClassifier(learner).fit(X, LABELS, weights);
            assertThat(all.predict(X).shape().toArray()).containsExactly(80, 2);
            for (int i = 0; i < 2; i++) {
                var own = learner.fit(X, LABELS.select(1, i), weights);
                assertThat(all.models().get(i).classes()).isEqualTo(i == 0 ? new long[] {0, 1} : new long[] {-2, 0, 2});
                assertThat(all.predict(X).select(1, i).toLongArray()).isEqualTo(own.predict(X).toLongArray());
                assertThat(all.predictProba(X).get(i).toRows()).isDeepEqualTo(own.predictProba(X).toRows());
            }
        }
    }

    @Test void aRowIsRightWhereAllOfItsLabelsAre() {
        var all = new MultiOutputClassifier(new DecisionTreeClassifier()).fit(X, LABELS);
        assertThat(all.score(X, LABELS)).isEqualTo(1);
        long[] other = LABELS.toLongArray();
        other[0] = 7; // one label of the first row, both of the second
        other[2] = other[3] = 7;
        assertThat(all.score(X, Tensor.of(other, 80, 2))).isEqualTo(78 / 80.0);
        assertThatThrownBy(() -> all.score(X, LABELS.select(1, 0))).isInstanceOf(ShapeException.class).hasMessageContaining("(80, 2)");
        assertThatThrownBy(() -> all.score(X, LABELS.transpose(0, 1))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> all.score(X, LABELS.to(DType.F64))).isInstanceOf(DTypeException.class);
        assertThat(all.nFeatures()).isEqualTo((int) X.size(1));
    }

    /** The second label is the first one again, and the columns tell of neither. */
    @Test void aChainSeesTheLabelsBefore() {
        Tensor first = Tensor.rand(Rng.of(5), 300).gt(0.5).to(DType.I64).compute();
        var labels = Tensor.stack(1, first, first).compute();
        var stump = new DecisionTreeClassifier().withMaxDepth(1);
        var hidden = Tensor.rand(Rng.of(6), DType.F64, 300, 2).compute();
        var alone = new MultiOutputClassifier(stump).fit(hidden, labels);
        var chain = new MultiOutputClassifier(stump).withChained(true).fit(hidden, labels);
        assertThat(chain.models().get(0).nFeatures()).isEqualTo(2);
        assertThat(chain.models().get(1).nFeatures()).isEqualTo(3);
        var told = Tensor.concat(1, hidden, labels.select(1, 0).to(DType.F64).unsqueeze(1)).compute();
        assertThat(chain.models().get(1).predict(told).toLongArray()).isEqualTo(labels.select(1, 1).toLongArray());
        var said = chain.predict(hidden);
        assertThat(said.select(1, 0).toLongArray()).isEqualTo(alone.predict(hidden).select(1, 0).toLongArray());
        assertThat(said.select(1, 1).toLongArray()).as("equal labels, so equal answers").isEqualTo(said.select(1, 0).toLongArray());
        assertThat(chain.predictProba(hidden).getLast().toRows()).isDeepEqualTo(
                chain.models().get(1).predictProba(Tensor.concat(1, hidden, said.narrow(1, 0, 1).to(DType.F64)).compute()).toRows());
    }

    @Test void aSavedOneComesBack(@TempDir Path folder) {
        var all = new MultiOutputClassifier(new LogisticRegression()).fit(X, LABELS);
        all.save(folder.resolve("model"));
        var again = Model.load(folder.resolve("model"), MultiOutputClassifier.Fitted.class);
        assertThat(again.predict(X).toLongArray()).isEqualTo(all.predict(X).toLongArray());
        assertThat(again.predictProba(X).getLast().toRows()).isDeepEqualTo(all.predictProba(X).getLast().toRows());
    }

    @Test void whatDoesNotFitIsNamed() {
        var learner = new MultiOutputClassifier(new LogisticRegression());
        assertThatThrownBy(() -> learner.fit(X, LABELS.select(1, 0))).isInstanceOf(ShapeException.class).hasMessageContaining("(80,)")
                .hasMessageContaining("unsqueeze(1)");
        assertThatThrownBy(() -> learner.fit(X, LABELS.narrow(0, 0, 79))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(79, 2)");
        assertThatThrownBy(() -> learner.fit(X, Tensor.concat(1, LABELS, Tensor.zeros(DType.I64, 80, 1))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("target 2: ").hasMessageContaining("all labels are 0");
        assertThatThrownBy(() -> new MultiOutputClassifier(new Perceptron()).fit(X, LABELS).predictProba(X))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> learner.fit(X, LABELS).predict(X.narrow(1, 0, 2))).isInstanceOf(ShapeException.class);
    }
}
