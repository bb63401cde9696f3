package lyceum.models.generative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import lyceum.DType;
import lyceum.nn.Pass;
import lyceum.optim.Sgd;
import lyceum.prob.ChiSquare;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RbmTest {
    private static Rbm random(int visible, int hidden, Rbm.Visible kind, Rng rng) {
        var rbm = new Rbm(visible, hidden, kind, DType.F64, rng);
        rbm.load(Map.of("weight", Tensor.randn(rng, DType.F64, hidden, visible).mul(0.7), "visible_bias",
                Tensor.randn(rng, DType.F64, visible).mul(0.5), "hidden_bias", Tensor.randn(rng, DType.F64, hidden).mul(0.5)));
        return rbm;
    }

    /** exp(-E(v, h)) straight from the energy. */
    private static double weight(Rbm rbm, int v, int h) {
        double[] w = rbm.weight().toDoubleArray(), a = rbm.visibleBias().toDoubleArray(), b = rbm.hiddenBias().toDoubleArray();
        double e = 0;
        for (int i = 0; i < a.length; i++) if ((v >> i & 1) == 1) e += a[i];
        for (int j = 0; j < b.length; j++) {
            if ((h >> j & 1) == 0) continue;
            e += b[j];
            for (int i = 0; i < a.length; i++) if ((v >> i & 1) == 1) e += w[j * a.length + i];
        }
        return Math.exp(e);
    }

    private static Tensor states(int bits) {
        var x = new double[(1 << bits) * bits];
        for (int s = 0; s < 1 << bits; s++) for (int i = 0; i < bits; i++) x[s * bits + i] = s >> i & 1;
        return Tensor.of(x, 1 << bits, bits);
    }

    @Acceptance(topic = "rbm", clause = 1)
    @Test void freeEnergiesSumToTheBruteForcePartition() {
        double worst = 0;
        for (int seed = 1; seed <= 20; seed++) {
            var rbm = random(6, 4, Rbm.Visible.BERNOULLI, Rng.of(seed));
            double brute = 0, free = 0;
            for (int v = 0; v < 64; v++) for (int h = 0; h < 16; h++) brute += weight(rbm, v, h);
            for (double f : rbm.freeEnergy(states(6)).toDoubleArray()) free += Math.exp(-f);
            worst = Math.max(worst, Math.abs(free / brute - 1));
            worst = Math.max(worst, Math.abs(rbm.logPartition() - Math.log(brute)));
            var wide = random(4, 6, Rbm.Visible.BERNOULLI, Rng.of(seed)); // sums over the visible layer
            double other = 0;
            for (int v = 0; v < 16; v++) for (int h = 0; h < 64; h++) other += weight(wide, v, h);
            worst = Math.max(worst, Math.abs(wide.logPartition() - Math.log(other)));
        }
        Evidence.of("relative difference of sums of weights", worst, Bound.below(1e-10));
    }

    /** p of the chi-square test of drawn states against exact probabilities, small cells pooled. */
    private static double p(int[] counts, double[] probabilities, int draws) {
        double statistic = 0, pooled = 0;
        int cells = 0, pool = 0;
        for (int s = 0; s < counts.length; s++) {
            double expected = probabilities[s] * draws;
            if (expected < 5) {
                pooled += expected;
                pool += counts[s];
                continue;
            }
            statistic += (counts[s] - expected) * (counts[s] - expected) / expected;
            cells++;
        }
        if (pooled > 0) {
            statistic += (pool - pooled) * (pool - pooled) / pooled;
            cells++;
        }
        return new ChiSquare(cells - 1).survival(statistic);
    }

    private static double[] exact(Rbm rbm) {
        var p = new double[64];
        double all = 0;
        for (int v = 0; v < 64; v++) for (int h = 0; h < 16; h++) p[v] += weight(rbm, v, h);
        for (double each : p) all += each;
        for (int v = 0; v < 64; v++) p[v] /= all;
        return p;
    }

    @Acceptance(topic = "rbm", clause = 2)
    @Test void aLongChainVisitsStatesAsOftenAsItShould() {
        var rng = Rng.of(1);
        var rbm = random(6, 4, Rbm.Visible.BERNOULLI, rng);
        int draws = 10_000;
        var counts = new int[64];
        // 100 chains side by side, 100 draws of each, 100 sweeps apart
        var chains = rbm.sample(100, 200, rng);
        for (int i = 0; i < draws / 100; i++) {
            chains = rbm.gibbs(chains, 100, rng);
            double[] v = chains.toDoubleArray();
            for (int c = 0; c < 100; c++) {
                int state = 0;
                for (int j = 0; j < 6; j++) state |= (int) v[c * 6 + j] << j;
                counts[state]++;
            }
        }
        double fits = p(counts, exact(rbm), draws);
        var changed = rbm.weight().toDoubleArray();
        changed[3] += 1;
        var other = random(6, 4, Rbm.Visible.BERNOULLI, rng);
        other.load(Map.of("weight", Tensor.of(changed, 4, 6), "visible_bias", rbm.visibleBias(), "hidden_bias", rbm.hiddenBias()));
        double rejects = p(counts, exact(other), draws);
        Evidence.of("p of the right machine", fits, Bound.above(0.01));
        var one = rbm.sample(1, 200, rng); // a single chain: 2,000 draws, 5 sweeps apart
        var alone = new int[64];
        for (int i = 0; i < 2_000; i++) {
            one = rbm.gibbs(one, 5, rng);
            double[] v = one.toDoubleArray();
            int state = 0;
            for (int j = 0; j < 6; j++) state |= (int) v[j] << j;
            alone[state]++;
        }
        Evidence.of("p of the right machine, 2,000 draws of one chain", p(alone, exact(rbm), 2_000), Bound.above(0.01));
        Evidence.of("p of a machine with one weight changed", rejects, Bound.below(1e-6));
    }

    /** The 14 patterns of 3 x 3 bars and stripes. */
    private static Tensor barsAndStripes() {
        var seen = new TreeSet<Integer>();
        for (int s = 0; s < 8; s++) {
            int rows = 0, columns = 0;
            for (int i = 0; i < 9; i++) {
                rows |= (s >> i / 3 & 1) << i;
                columns |= (s >> i % 3 & 1) << i;
            }
            seen.add(rows);
            seen.add(columns);
        }
        var x = new double[seen.size() * 9];
        int at = 0;
        for (int s : seen) for (int i = 0; i < 9; i++) x[at++] = s >> i & 1;
        return Tensor.of(x, seen.size(), 9);
    }

    @Acceptance(topic = "rbm", clause = 3)
    @Test void barsAndStripesAreLearnedNearlyToTheCeiling() {
        var x = barsAndStripes();
        assertThat(x.size(0)).isEqualTo(14);
        var rng = Rng.of(1);
        var rbm = new Rbm(9, 16, Rbm.Visible.BERNOULLI, DType.F64, rng);
        double before = rbm.logProbability(x, rbm.logPartition()).mean().item();
        new Trainer(new Sgd(0.1).withMomentum(0.5), 2500).withBatchSize(14).start(rbm, 14, rbm.contrast(x, 10, 0), null, rng)
                .finish(Progress.SILENT);
        double after = rbm.logProbability(x, rbm.logPartition()).mean().item();
        assertThat(after).isLessThan(-Math.log(14)); // what no model is above
        Evidence.of("mean log-likelihood before, off -6.24", Math.abs(before + 6.24), Bound.below(0.1));
        Evidence.of("and after", after, Bound.above(-3.5));
    }

    @Test void contrastWithManySweepsIsTheLikelihoodsGradient() {
        var rng = Rng.of(3);
        var rbm = random(6, 4, Rbm.Visible.BERNOULLI, rng);
        var x = states(6).rows(5, 9, 33, 60);
        rbm.contrast(x.rows(0, 1, 2, 3), 30, 20_000).of(new int[] {0, 1, 2, 3}, Pass.training(rng)).backward();
        var sampled = rbm.weight().grad().toDoubleArray();
        double[] p = exact(rbm), expected = new double[24];
        var all = states(6);
        double[] h = rbm.hidden(all).toDoubleArray(), v = all.toDoubleArray();
        for (int j = 0; j < 4; j++) for (int i = 0; i < 6; i++) {
            for (int s = 0; s < 64; s++) expected[j * 6 + i] += p[s] * h[s * 4 + j] * v[s * 6 + i];
            for (int s : new int[] {5, 9, 33, 60}) expected[j * 6 + i] -= h[s * 4 + j] * v[s * 6 + i] / 4;
        }
        for (int i = 0; i < 24; i++) assertThat(sampled[i]).isCloseTo(expected[i], Offset.offset(0.015));
    }

    @Test void annealedImportanceSamplingFindsThePartition() {
        for (var kind : Rbm.Visible.values()) {
            var rbm = random(8, 10, kind, Rng.of(4));
            var estimate = rbm.annealed(500, 200, Rng.of(5));
            assertThat(estimate.mean()).isCloseTo(rbm.logPartition(), Offset.offset(0.1));
            assertThat(rbm.logPartition()).isBetween(estimate.low() - 0.05, estimate.high() + 0.05);
        }
    }

    /** With normal visible units the sum over the hidden states of normal densities is the density: integrated over a grid it is 1. */
    @Test void normalUnitsHaveADensity() {
        var rbm = random(1, 3, Rbm.Visible.GAUSSIAN, Rng.of(6));
        var grid = Tensor.linspace(-12, 12, 4801).to(DType.F64).reshape(-1, 1);
        assertThat(rbm.logProbability(grid, rbm.logPartition()).exp().sum().item() * 0.005).isCloseTo(1, Offset.offset(1e-6));
        var drawn = rbm.sample(20_000, 50, Rng.of(7));
        double mean = rbm.logProbability(grid, rbm.logPartition()).exp().mul(grid.reshape(-1)).sum().item() * 0.005;
        assertThat(drawn.mean().item()).isCloseTo(mean, Offset.offset(0.05));
    }

    @Test void aStackGivesFeaturesAndANetworkToBeginWith() {
        var rng = Rng.of(8);
        var x = barsAndStripes();
        var trainer = new Trainer(new Sgd(0.1), 200).withBatchSize(14);
        var net = DeepBeliefNet.train(x, List.of(12, 5), Rbm.Visible.BERNOULLI, trainer, rng, Progress.SILENT);
        assertThat(net.features(x).shape().toArray()).containsExactly(14, 5);
        var network = net.network(2, rng);
        assertThat(network.layers().get(1).forward(net.layers().get(0).hidden(x), Pass.inference()).sigmoid().sub(net.features(x)).abs()
                .max().item()).isLessThan(1e-12);
        assertThatThrownBy(() -> new DeepBeliefNet(List.of(net.layers().get(1), net.layers().get(0))))
                .hasMessageContaining("visible units over");
    }

    @Test void whatDoesNotFitIsNamed() {
        var rbm = new Rbm(30, 30, Rbm.Visible.BERNOULLI, DType.F32, Rng.of(1));
        assertThatThrownBy(() -> rbm.freeEnergy(Tensor.zeros(2, 29))).hasMessageContaining("30 visible units");
        assertThatThrownBy(rbm::logPartition).hasMessageContaining("2^30 states");
        assertThatThrownBy(() -> rbm.contrast(Tensor.zeros(2, 30), 0, 0)).hasMessageContaining("0 sweeps");
        assertThatThrownBy(() -> rbm.annealed(1, 1, Rng.of(1))).hasMessageContaining("1 chains");
    }
}
