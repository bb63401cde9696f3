package lyceum.text.zeroshot;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.linalg.Lu;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class AttributesTest {
    private static final String TOPIC = "zero-shot-learning";
    private static final int A = 20, D = 30;

    /** Animals: each kind has some attributes, and an input shows these through a random map, with noise. */
    private record Zoo(Tensor attributes, Tensor x, int[] labels) {
        static Zoo of(long seed, int attributes, int d, int kinds, int each, double noise) {
            var rng = Rng.of(seed);
            double[][] map = new double[attributes][d], s = new double[kinds][attributes], x = new double[kinds * each][d];
            for (var row : map) for (int j = 0; j < d; j++) row[j] = rng.nextGaussian();
            for (var row : s) for (int m = 0; m < attributes; m++) row[m] = rng.nextInt(2);
            var labels = new int[kinds * each];
            for (int i = 0; i < x.length; i++) {
                labels[i] = i / each;
                for (int j = 0; j < d; j++) {
                    for (int m = 0; m < attributes; m++) x[i][j] += (2 * s[labels[i]][m] - 1) * map[m][j];
                    x[i][j] += noise * rng.nextGaussian();
                }
            }
            return new Zoo(Tensor.of(s), Tensor.of(x), labels);
        }

        /** Inputs of kinds {@code [from, to)} by number within the kind. */
        int[] rows(int from, int to, int first, int last) {
            int each = labels.length / (int) attributes.size(0);
            return IntStream.range(0, labels.length)
                    .filter(i -> labels[i] >= from && labels[i] < to && i % each >= first && i % each < last).toArray();
        }

        Tensor x(int[] rows) { return x.indexSelect(0, Tensor.of(rows)); }

        int[] labels(int[] rows, int less) { return Arrays.stream(rows).map(i -> labels[i] - less).toArray(); }
    }

    private static double accuracy(Tensor scores, int[] labels) {
        long[] predicted = scores.argmax(1).toLongArray();
        return IntStream.range(0, labels.length).filter(i -> predicted[i] == labels[i]).count() / (double) labels.length;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void eszslSolvesItsNormalEquationsAndKnowsUnseenAnimals() {
        var zoo = Zoo.of(365, A, D, 40, 20, 3);
        int[] train = zoo.rows(0, 30, 0, 20), test = zoo.rows(30, 40, 0, 20);
        Tensor x = zoo.x(train), s = zoo.attributes.narrow(0, 0, 30);
        int[] labels = zoo.labels(train, 0);
        var eszsl = new Eszsl(2, 0.7);
        var model = eszsl.fit(x, labels, s);
        // d/dV of each term of the objective as a matrix on vec(V), row by row: X'X V S'S, gamma V S'S, lambda X'X V, gamma lambda V
        double[][] xx = x.transpose().matmul(x).toRows(), ss = s.transpose().matmul(s).toRows();
        var kronecker = new double[D * A][D * A];
        for (int i = 0; i < D; i++) for (int m = 0; m < A; m++) for (int j = 0; j < D; j++) for (int l = 0; l < A; l++) {
            double term = xx[i][j] * ss[m][l];
            if (i == j) term += 2 * ss[m][l];
            if (m == l) term += 0.7 * xx[i][j];
            if (i == j && m == l) term += 2 * 0.7;
            kronecker[i * A + m][j * A + l] = term;
        }
        double[][] inputs = x.toRows(), seen = s.toRows();
        var right = new double[D * A];
        for (int n = 0; n < labels.length; n++)
            for (int c = 0; c < 30; c++)
                for (int i = 0; i < D; i++)
                    for (int m = 0; m < A; m++) right[i * A + m] += inputs[n][i] * (labels[n] == c ? 1 : -1) * seen[c][m];
        double[] solved = Lu.of(Tensor.of(kronecker)).solve(Tensor.of(right)).toDoubleArray(), weights = model.weights().toDoubleArray();
        double gap = 0;
        for (int i = 0; i < solved.length; i++) gap = Math.max(gap, Math.abs(solved[i] - weights[i]));
        Evidence.of("largest gap of 600 weights to a dense solve of the Kronecker system", gap, below(1e-8));

        var v = model.weights().copy().requiresGrad();
        eszsl.objective(v, x, labels, s).backward();
        var far = Tensor.zeros(DType.F64, D, A).requiresGrad();
        eszsl.objective(far, x, labels, s).backward();
        Evidence.of("length of the autodiff gradient over that at zero weights",
                Math.sqrt(v.grad().square().sum().item() / far.grad().square().sum().item()), below(1e-8));

        Tensor unseen = zoo.attributes.narrow(0, 30, 10);
        Evidence.of("accuracy among 10 unseen animals, 20 attributes", accuracy(model.scores(zoo.x(test), unseen), zoo.labels(test, 30)),
                atLeast(0.8));
        var direct = new AttributeTransfer().fit(x, labels, zoo.attributes.narrow(0, 0, 30));
        assertThat(accuracy(direct.scores(zoo.x(test), zoo.attributes.narrow(0, 30, 10)), zoo.labels(test, 30))).isGreaterThan(0.8);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void aHandicapOfSeenClassesRaisesTheHarmonicMean() {
        int raised = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 5; seed++) {
            var zoo = Zoo.of(70 + seed, 85, 60, 50, 18, 8);
            var known = zoo.attributes.narrow(0, 0, 40);
            var eszsl = new Eszsl(10, 10);
            // every fourth of the 40 kinds is kept from a model, four times, and the handicaps are averaged
            int[] tuning = zoo.rows(0, 40, 10, 14);
            double handicap = 0;
            for (int fold = 0; fold < 4; fold++) {
                int out = fold;
                int[] kept = IntStream.range(0, 40).filter(c -> c % 4 != out).toArray(),
                        train = Arrays.stream(zoo.rows(0, 40, 0, 10)).filter(i -> zoo.labels[i] % 4 != out).toArray();
                var numbers = Arrays.stream(train).map(i -> Arrays.binarySearch(kept, zoo.labels[i])).toArray();
                var pretend = new boolean[40];
                for (int c : kept) pretend[c] = true;
                var part = eszsl.fit(zoo.x(train), numbers, known.indexSelect(0, Tensor.of(kept)));
                handicap += CalibratedStacking.fit(part.scores(zoo.x(tuning), known), zoo.labels(tuning, 0), pretend).handicap() / 4;
            }
            int[] all = zoo.rows(0, 40, 0, 10),
                    test = IntStream.concat(Arrays.stream(zoo.rows(0, 40, 14, 18)), Arrays.stream(zoo.rows(40, 50, 0, 18))).toArray();
            var scores = eszsl.fit(zoo.x(all), zoo.labels(all, 0), known).scores(zoo.x(test), zoo.attributes);
            var seen = new boolean[50];
            Arrays.fill(seen, 0, 40, true);
            double before = CalibratedStacking.NONE.accuracies(scores, zoo.labels(test, 0), seen).harmonicMean(),
                    after = new CalibratedStacking(handicap).accuracies(scores, zoo.labels(test, 0), seen).harmonicMean();
            if (after > before) raised++;
            least = Math.min(least, after - before);
        }
        Evidence.of("seeds of 5 in which calibrated stacking raises the harmonic mean", raised, exactly(5));
        Evidence.of("least gain", least, above(0));
    }

    @Test void directPredictionIsLogisticRegression() {
        // one attribute, by hand: Newton's fixed point has a gradient of zero
        var x = Tensor.of(new double[][] {{0}, {1}, {2}, {3}});
        var model = new AttributeTransfer(0.5, 50).fit(x, new int[] {0, 1, 0, 1}, Tensor.of(new double[][] {{0}, {1}}));
        double w = model.weights().toDoubleArray()[0], b = model.weights().toDoubleArray()[1], gradient = 0.5 * w, atOne = 0;
        for (int i = 0; i < 4; i++) {
            double error = 1 / (1 + Math.exp(-w * i - b)) - i % 2;
            gradient += error * i;
            atOne += error;
        }
        assertThat(Math.abs(gradient)).isLessThan(1e-8);
        assertThat(Math.abs(atOne)).isLessThan(1e-5);
        double p = 1 / (1 + Math.exp(-2 * w - b));
        double[] scores = model.scores(Tensor.of(new double[][] {{2}}), Tensor.of(new double[][] {{0}, {1}})).toDoubleArray();
        assertThat(scores[0]).isCloseTo(Math.log((1 - p) / 0.5), within(1e-9));
        assertThat(scores[1]).isCloseTo(Math.log(p / 0.5), within(1e-9));
    }

    @Test void badInputIsNamed() {
        Tensor x = Tensor.of(new double[][] {{1, 2}}), s = Tensor.of(new double[][] {{1, 0}});
        assertThatThrownBy(() -> new Eszsl(0, 1)).hasMessageContaining("gamma is 0.0");
        assertThatThrownBy(() -> new Eszsl(1, 1).fit(x, new int[] {1}, s)).hasMessageContaining("label 1 of input 0");
        assertThatThrownBy(() -> new Eszsl(1, 1).fit(x, new int[0], s)).hasMessageContaining("0 labels");
        assertThatThrownBy(() -> new AttributeTransfer().fit(x, new int[] {0}, s.mul(2))).hasMessageContaining("an attribute is 2.0");
        var scores = Tensor.of(new double[][] {{0.5, 0.4}, {0.2, 0.3}});
        var seen = new boolean[] {true, false};
        assertThat(CalibratedStacking.NONE.predict(scores, seen)).containsExactly(0, 1);
        assertThat(new CalibratedStacking(0.2).predict(scores, seen)).containsExactly(1, 1);
        assertThat(new CalibratedStacking.Accuracies(0.75, 0.1).harmonicMean()).isCloseTo(0.15 / 0.85, within(1e-12));
        assertThat(new CalibratedStacking.Accuracies(0, 0).harmonicMean()).isZero();
        assertThatThrownBy(() -> CalibratedStacking.NONE.accuracies(scores, new int[] {0, 0}, seen))
                .hasMessageContaining("inputs are of seen classes alone");
    }
}
