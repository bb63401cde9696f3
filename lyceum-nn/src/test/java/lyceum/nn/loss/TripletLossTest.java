package lyceum.nn.loss;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class TripletLossTest {
    private static final PairDistance ONE_NORM = PairDistance.norm(1);

    @Test
    @Acceptance(topic = "triplet-loss", clause = 1) void equalsTorchInValueAndGradients() {
        var worst = Gap.absolute();
        int seen = 0;
        for (var c : Golden.load("golden/triplet.json").list("cases")) {
            var recipe = new Recipe(c.integer("input.seed"));
            var parts = new Tensor[3];
            for (int i = 0; i < 3; i++) parts[i] = Tensor.of(recipe.matrix(6, 5)).requiresGrad();
            var loss = new TripletLoss().withMargin(c.number("input.margin")).withDistance(PairDistance.norm(c.number("input.p")))
                    .withSwap(c.text("name").contains("swap=True"))
                    .withReduction(Reduction.valueOf(c.text("input.reduction").toUpperCase(Locale.ROOT)));
            var value = loss.of(parts[0], parts[1], parts[2]);
            value.sum().backward();
            worst.see(c, "expected.loss", value.toDoubleArray());
            worst.see(c, "expected.anchor", parts[0].grad().toDoubleArray());
            worst.see(c, "expected.positive", parts[1].grad().toDoubleArray());
            worst.see(c, "expected.negative", parts[2].grad().toDoubleArray());
            seen++;
        }
        Evidence.of("cases", seen, exactly(24));
        Evidence.of("value and gradients beside PyTorch", worst, below(1e-6));
    }

    /** The definitions word by word, over random batches of two to five classes; with the swap and the soft margin in a part of them. */
    @Test
    @Acceptance(topic = "triplet-loss", clause = 2) void minesWhatBruteForceFinds() {
        int wrong = 0, found = 0;
        for (int run = 0; run < 100; run++) {
            var rng = Rng.of(run);
            int n = 8 + rng.nextInt(9), classes = 2 + rng.nextInt(4);
            var x = Tensor.randn(rng, DType.F64, n, 3).compute();
            var labels = Tensor.randint(rng, 0, classes, n).compute();
            for (var mining : TripletMining.values()) {
                var loss = new TripletLoss().withMining(mining).withMargin(0.3 + rng.nextDouble()).withSwap(run % 3 == 1)
                        .withSoft(run % 5 == 4);
                var mined = loss.mine(x, labels);
                var expected = bruteForce(x.toRows(), labels.toLongArray(), loss);
                var actual = IntStream.range(0, mined.count())
                        .mapToObj(i -> List.of(mined.anchors()[i], mined.positives()[i], mined.negatives()[i])).toList();
                if (!actual.equals(expected)) wrong++;
                found += mined.count();
            }
        }
        Evidence.of("of 300 minings, those that differ", wrong, exactly(0));
        Evidence.of("triplets found", found, above(10_000));
    }

    private static List<List<Integer>> bruteForce(double[][] x, long[] label, TripletLoss loss) {
        var found = new ArrayList<List<Integer>>();
        int n = x.length;
        for (int a = 0; a < n; a++) for (int p = 0; p < n; p++) for (int q = 0; q < n; q++) {
            if (a == p || label[a] != label[p] || label[a] == label[q]) continue;
            double near = d(x[a], x[p]), far = d(x[a], x[q]);
            boolean takes = switch (loss.mining()) {
                case ALL -> loss.soft() || near - (loss.swap() ? Math.min(far, d(x[p], x[q])) : far) + loss.margin() > 0;
                case SEMI_HARD -> near < far && far < near + loss.margin();
                case HARD -> {
                    boolean hardest = true;
                    for (int i = 0; i < n; i++) {
                        if (i != a && label[i] == label[a] && d(x[a], x[i]) > near) hardest = false;
                        if (label[i] != label[a] && d(x[a], x[i]) < far) hardest = false;
                    }
                    yield hardest;
                }
            };
            if (takes) found.add(List.of(a, p, q));
        }
        return found;
    }

    private static double d(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
        return Math.sqrt(sum);
    }

    @Test
    @Acceptance(topic = "triplet-loss", clause = 3) void satisfiedTripletsHaveNoGradient() {
        double satisfied = 0, least = Double.POSITIVE_INFINITY;
        int count = 0;
        for (var distance : new PairDistance[] {ONE_NORM, PairDistance.norm(2), PairDistance.SQUARED, PairDistance.COSINE}) {
            for (boolean swap : new boolean[] {false, true}) {
                var rng = Rng.of(3);
                var loss = new TripletLoss().withMargin(0.2).withDistance(distance).withSwap(swap).withReduction(Reduction.SUM);
                var parts = new Tensor[3];
                for (int i = 0; i < 3; i++) parts[i] = Tensor.randn(rng, DType.F64, 200, 4).compute();
                double[] near = byHand(distance, parts[0], parts[1]), far = byHand(distance, parts[0], parts[2]),
                        other = byHand(distance, parts[1], parts[2]);
                var slopes = new double[200];
                for (int i = 0; i < 3; i++) {
                    int at = i;
                    var g = Autograd.grad(v -> loss.of(at == 0 ? v : parts[0], at == 1 ? v : parts[1], at == 2 ? v : parts[2]))
                            .apply(parts[i]);
                    double[] size = g.abs().sum(1).toDoubleArray();
                    for (int k = 0; k < 200; k++) slopes[k] += size[k];
                }
                for (int k = 0; k < 200; k++) {
                    if (near[k] + 0.2 < (swap ? Math.min(far[k], other[k]) : far[k])) {
                        satisfied = Math.max(satisfied, slopes[k]);
                        count++;
                    } else least = Math.min(least, slopes[k]);
                }
            }
        }
        Evidence.of("satisfied triplets", count, above(300));
        Evidence.of("their largest gradient", satisfied, exactly(0));
        Evidence.of("least gradient of the others", least, above(0.01));
    }

    /** Of each row, written out. */
    private static double[] byHand(PairDistance kind, Tensor a, Tensor b) {
        double[][] x = a.toRows(), y = b.toRows();
        var found = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            double sum = 0, squares = 0, product = 0, first = 0, second = 0;
            for (int j = 0; j < x[i].length; j++) {
                sum += Math.abs(x[i][j] - y[i][j]);
                squares += (x[i][j] - y[i][j]) * (x[i][j] - y[i][j]);
                product += x[i][j] * y[i][j];
                first += x[i][j] * x[i][j];
                second += y[i][j] * y[i][j];
            }
            found[i] = kind == PairDistance.SQUARED ? squares
                    : kind == PairDistance.COSINE ? 1 - product / Math.sqrt(first * second) : kind == ONE_NORM ? sum : Math.sqrt(squares);
        }
        return found;
    }

    @Test void theLossOfABatchIsThatOfItsTriplets() {
        var rng = Rng.of(5);
        var x = Tensor.randn(rng, DType.F64, 12, 2).requiresGrad();
        var labels = Tensor.randint(rng, 0, 3, 12);
        var loss = new TripletLoss().withMining(TripletMining.ALL).withMargin(0.5);
        var value = loss.of(x, labels);
        value.backward();
        var found = loss.mine(x, labels);
        double sum = 0;
        double[][] rows = x.detach().toRows();
        for (int i = 0; i < found.count(); i++) {
            double excess = d(rows[found.anchors()[i]], rows[found.positives()[i]])
                    - d(rows[found.anchors()[i]], rows[found.negatives()[i]]) + 0.5;
            assertThat(excess).isPositive();
            sum += excess;
        }
        assertThat(value.item()).isCloseTo(sum / found.count(), within(1e-5));
        assertThat(x.grad().abs().sum().item()).isPositive();
        double soft = loss.withSoft(true).withDistance(PairDistance.SQUARED)
                .of(Tensor.of(new double[][] {{0}, {1}, {3}}), Tensor.of(0L, 0, 1)).item();
        assertThat(soft).isCloseTo((Math.log1p(Math.exp(1 - 9)) + Math.log1p(Math.exp(1 - 4))) / 2, within(1e-12));
    }

    @Test void aBatchWithoutTripletsHasNoLossAndNoGradient() {
        var x = Tensor.randn(Rng.of(6), 4, 3).requiresGrad();
        for (var mining : TripletMining.values()) {
            var loss = new TripletLoss().withMining(mining).of(x, Tensor.of(1L, 1, 1, 1));
            loss.backward();
            assertThat(loss.item()).isZero();
        }
        assertThat(x.grad().abs().max().item()).isZero();
    }

    @Test void equalVectorsHaveNoInfiniteSlope() {
        var x = Tensor.ones(DType.F64, 2, 3);
        for (double p : new double[] {1, 2, 3, Double.POSITIVE_INFINITY}) {
            var d = new PairDistance.Norm(p, 0);
            assertThat(Autograd.grad(v -> d.between(v, x).sum()).apply(x).isFinite().all().item()).isEqualTo(1);
            assertThat(d.between(x, x.add(2)).item(1)).isCloseTo(p == 1 ? 6 : p == 2 ? Math.sqrt(12) : p == 3 ? Math.cbrt(24) : 2,
                    within(1e-12));
        }
    }

    @Test void refusesWhatDoesNotFit() {
        var x = Tensor.zeros(4, 3);
        assertThatThrownBy(() -> Loss.triplet(x, x, Tensor.zeros(1, 3))).isInstanceOf(ShapeException.class).hasMessageContaining("(1, 3)");
        assertThatThrownBy(() -> new TripletLoss().of(x, Tensor.of(1L, 2))).hasMessageContaining("labels (2,)");
        assertThatThrownBy(() -> new TripletLoss().withMargin(Double.NaN)).hasMessage("TripletLoss: margin is NaN; it is at least 0");
        assertThatThrownBy(() -> PairDistance.norm(0.5)).hasMessageContaining("p is 0.5");
    }
}
