package lyceum.nn;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.Datasets;
import lyceum.memory.Scope;
import lyceum.nn.SparseActivation.Measures;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SparseActivationTest {
    @Acceptance(topic = "sparse-representation", clause = 1)
    @Test void measuresOfAOneHotVector() {
        double worst = 0;
        int lengths = 0;
        for (int n = 2; n <= 300; n += 7) for (int at : new int[] {0, n / 2, n - 1}) {
            var r = new double[n];
            r[at] = 0.1 + at;
            var m = Measures.of(Tensor.of(r));
            worst = Math.max(worst, Math.max(Math.abs(m.hoyer() - 1), Math.abs(m.gini() - (1 - 1.0 / n))));
            worst = Math.max(worst, Math.max(Math.abs(m.activeShare() - 1.0 / n), Math.abs(m.trevesRolls() - 1.0 / n)));
            lengths++;
        }
        Evidence.of("vectors", lengths, exactly(129));
        Evidence.of("largest distance of a measure", worst, below(1e-12));
        // The article's second row, by hand: (2 - 7 / 5) / 1, 1 - 2 (3 / 7 1.5 / 4 + 4 / 7 0.5 / 4), (7 / 4)^2 / (25 / 4).
        var m = Measures.of(Tensor.of(4.0, 3, 0, 0));
        Evidence.of("Hoyer of (4, 3, 0, 0)", m.hoyer(), equalTo(0.6, 1e-12));
        Evidence.of("Gini", m.gini(), equalTo(1 - 2 * (3 * 1.5 + 4 * 0.5) / 28, 1e-12));
        Evidence.of("active share", m.activeShare(), equalTo(0.5, 1e-12));
        Evidence.of("Treves-Rolls", m.trevesRolls(), equalTo(0.49, 1e-12));
    }

    @Acceptance(topic = "sparse-representation", clause = 2)
    @Test void measuresOfAUniformAndOfAZeroVector() {
        double worst = 0;
        for (int n = 2; n <= 300; n += 7) for (double value : new double[] {1e-3, 0.7, 1e6}) {
            var m = Measures.of(Tensor.full(DType.F64, value, n));
            worst = Math.max(worst, Math.max(Math.abs(m.hoyer()), Math.abs(m.gini())));
            worst = Math.max(worst, Math.max(Math.abs(m.activeShare() - 1), Math.abs(m.trevesRolls() - 1)));
        }
        Evidence.of("largest distance of a measure of uniform vectors", worst, below(1e-12));
        var zero = Measures.of(Tensor.zeros(DType.F64, 9));
        for (double v : new double[] {zero.activeShare(), zero.hoyer(), zero.gini(), zero.trevesRolls()})
            Evidence.of("a measure of the zero vector, as documented", v, exactly(0));
    }

    @Acceptance(topic = "sparse-representation", clause = 3)
    @Test void aRandomReluLayerIsHalfActive() {
        for (int seed = 0; seed < 5; seed++) {
            var h = new Linear(64, 1000, Rng.of(seed)).forward(Tensor.randn(Rng.of(50 + seed), 1000, 64)).relu();
            Evidence.of("active share, seed " + seed, SparseActivation.population(h).activeShare(), between(0.49, 0.51));
        }
    }

    @Acceptance(topic = "sparse-representation", clause = 4)
    @Test void kWinnersAreExactlyKAndOnlyTheyLearn() {
        int rows = 0, wrong = 0;
        for (int seed = 0; seed < 30; seed++) {
            var rng = Rng.of(seed);
            int n = 2 + rng.nextInt(30), k = 1 + rng.nextInt(n);
            // Whole numbers from 1 to 4: most are tied.
            var x = (seed % 2 == 0 ? Tensor.randint(rng, 1, 5, 20, n).to(DType.F64) : Tensor.randn(rng, DType.F64, 20, n)).compute()
                    .requiresGrad();
            var y = SparseActivation.kWinners(k).forward(x);
            y.mul(Tensor.full(DType.F64, 3, 20, n)).sum().backward();
            double[][] in = x.detach().toRows(), out = y.detach().toRows(), gradient = x.grad().toRows();
            for (int i = 0; i < 20; i++) {
                double[] sorted = in[i].clone();
                Arrays.sort(sorted);
                double least = sorted[n - k];
                int left = k - (int) Arrays.stream(in[i]).filter(v -> v > least).count(), nonzero = 0;
                for (int j = 0; j < n; j++) {
                    boolean wins = in[i][j] > least || in[i][j] == least && left-- > 0;
                    if (out[i][j] != (wins ? in[i][j] : 0) || gradient[i][j] != (wins ? 3 : 0)) wrong++;
                    if (out[i][j] != 0) nonzero++;
                }
                if (nonzero != k) wrong++;
                rows++;
            }
        }
        Evidence.of("rows", rows, exactly(600));
        Evidence.of("units or gradients that are others, rows of another count", wrong, exactly(0));
    }

    @Tag("slow")
    @Acceptance(topic = "sparse-representation", clause = 5)
    @Test void aPriceOnActivityThinsTheCodeOfDigits() {
        var digits = Datasets.digits().flat().to(DType.F32).scaled(1.0 / 16);
        Tensor x = digits.x().narrow(0, 0, 1297).compute(), y = digits.y().narrow(0, 0, 1297),
                testX = digits.x().narrow(0, 1297, 500).compute(), testY = digits.y().narrow(0, 1297, 500);
        double[] free = trained(0, x, y, testX, testY);
        double before = free[0];
        int number = 0;
        for (double weight : new double[] {3e-4, 1e-3, 3e-3, 1e-2, 3e-2}) {
            double[] now = trained(weight, x, y, testX, testY);
            Evidence.of("L1 " + weight + ": active share over that of the weaker price", now[0] / before, below(1));
            if (number++ < 3) Evidence.of("L1 " + weight + ": points of accuracy lost", 100 * (free[1] - now[1]), atMost(2));
            before = now[0];
        }
        Evidence.of("strengths", number, exactly(5));
    }

    /** Active share of the hidden code and accuracy, both on the test half. */
    private static double[] trained(double weight, Tensor x, Tensor y, Tensor testX, Tensor testY) {
        var rng = Rng.of(1);
        Linear in = new Linear(64, 128, rng), out = new Linear(128, 10, rng);
        var hidden = new Sequential(in, Activation.RELU, SparseActivation.l1(weight));
        var network = new Sequential(hidden, out);
        var optimizer = new Adam(3e-3).over(network.parameters());
        for (int step = 0; step < 600; step++) {
            try (var scope = Scope.open("step")) {
                int[] rows = rng.sample(1297, 64);
                var penalties = new ArrayList<Tensor>();
                optimizer.zeroGrad();
                Loss.crossEntropy(network.forward(x.rows(rows), Pass.training(rng).collecting(penalties::add)), y.rows(rows))
                        .add(penalties.getFirst()).backward();
                optimizer.step();
            }
        }
        return new double[] {SparseActivation.population(hidden.forward(testX)).activeShare(),
                network.forward(testX).argmax(-1).eq(testY).to(DType.F64).mean().item()};
    }

    @Test void theProductThatSkipsZerosIsTheDenseOne() {
        var weight = Tensor.randn(Rng.of(1), 3072, 768).div(Math.sqrt(3072)).compute();
        double worst = 0;
        for (int rows : new int[] {1, 7}) {
            var h = Tensor.randn(Rng.of(2), rows, 3072).mul(Tensor.rand(Rng.of(3), rows, 3072).lt(0.05).to(DType.F32)).compute();
            double[] dense = h.to(DType.F64).matmul(weight.to(DType.F64)).toDoubleArray(),
                    own = SparseActivation.multiply(h, weight).toDoubleArray();
            for (int i = 0; i < own.length; i++) worst = Math.max(worst, Math.abs(own[i] - dense[i]) / Math.max(1, Math.abs(dense[i])));
            if (rows == 1) {
                long active = (long) h.countNonZero().item();
                Evidence.of("operations a stored number",
                        FlopCounter.count(() -> SparseActivation.multiply(h, weight).compute()).products() / (768.0 * active), exactly(2));
            }
        }
        Evidence.of("largest relative distance", worst, below(1e-6));
        Evidence.of("nothing active", SparseActivation.multiply(Tensor.zeros(3072), weight).abs().max().item(), exactly(0));
    }

    @Test void theProductThatSkipsZerosHasTheDenseOnesGradients() {
        for (int rows : new int[] {1, 6}) {
            var mask = Tensor.rand(Rng.of(7), DType.F64, rows, 20).lt(0.3).to(DType.F64).compute();
            Tensor h = Tensor.randn(Rng.of(8), DType.F64, rows, 20).mul(mask).compute(),
                    weight = Tensor.randn(Rng.of(9), DType.F64, 20, 5).compute();
            var byActive = Autograd.grad(x -> SparseActivation.multiply(x, weight).square().sum()).apply(h);
            var byDense = Autograd.grad(x -> x.matmul(weight).square().sum()).apply(h).mul(mask); // what is 0 has no gradient
            assertThat(byActive.toDoubleArray()).containsExactly(byDense.toDoubleArray(), within(1e-12));
            assertThat(Autograd.grad(w -> SparseActivation.multiply(h, w).square().sum()).apply(weight).toDoubleArray())
                    .containsExactly(Autograd.grad(w -> h.matmul(w).square().sum()).apply(weight).toDoubleArray(), within(1e-12));
        }
    }

    @Test void thresholdsAndPrices() {
        var x = Tensor.of(-2.0, -0.5, 0, 0.5, 2);
        assertThat(SparseActivation.hardThreshold(1).forward(x).toDoubleArray()).containsExactly(-2, 0, 0, 0, 2);
        assertThat(SparseActivation.softThreshold(1).forward(x).toDoubleArray()).containsExactly(-1, 0, 0, 0, 1);
        assertThat(SparseActivation.topK(2).forward(x).toDoubleArray()).containsExactly(-2, 0, 0, 0, 2);
        var seen = new double[1];
        SparseActivation.l1(0.5).forward(Tensor.of(new double[] {1, -2, 3, 0}, 2, 2),
                Pass.training(Rng.of(1)).collecting(p -> seen[0] = p.item()));
        assertThat(seen[0]).isEqualTo(1.5);
        SparseActivation.kl(0.1, 2).forward(Tensor.of(new double[] {0.1, 0.2, 0.1, 0.6}, 2, 2),
                Pass.training(Rng.of(1)).collecting(p -> seen[0] = p.item()));
        assertThat(seen[0]).isCloseTo(2 * (0.1 * Math.log(0.1 / 0.4) + 0.9 * Math.log(0.9 / 0.6)), within(1e-12));
        // Few inputs with all units, or all inputs with the same unit: alike by population, not by lifetime.
        var one = Tensor.of(new double[] {1, 0, 1, 0}, 2, 2);
        assertThat(SparseActivation.population(one).activeShare()).isEqualTo(0.5);
        assertThat(SparseActivation.lifetime(one).activeShare()).isEqualTo(0.5);
        assertThat(SparseActivation.lifetime(Tensor.eye(DType.F64, 2)).trevesRolls()).isEqualTo(0.5);
        assertThatThrownBy(() -> SparseActivation.kWinners(0)).hasMessageContaining("k is 0");
        assertThatThrownBy(() -> SparseActivation.kWinners(9).forward(x)).hasMessageContaining("9 winners");
        assertThatThrownBy(() -> SparseActivation.kl(1, 1)).hasMessageContaining("target is 1");
        assertThatThrownBy(() -> SparseActivation.multiply(x, Tensor.zeros(4, 2))).hasMessageContaining("(units, outputs)");
    }
}
