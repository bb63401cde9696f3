package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.SequenceTasks;
import lyceum.memory.Storage;
import lyceum.nn.Gru;
import lyceum.nn.Linear;
import lyceum.nn.Lstm;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BpttTest {
    private static final RnnConfig SMALL = new RnnConfig(2, 3).withDtype(DType.F64);

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static Bptt.Step step(Rnn rnn, Tensor x) { return (t, state) -> rnn.step(x.select(1, t), state, Pass.inference()).state(); }

    /** A loss of every step that weighs states differently. */
    private static Bptt.StepLoss loss(Rnn rnn) {
        return (t, state) -> rnn.last(state).add(0.1 * t).sin().mul(Tensor.of(1.0, -2.0, 0.5)).sum();
    }

    private static double gap(Map<String, Tensor> a, Map<String, Tensor> b) {
        double worst = 0;
        for (var name : b.keySet())
            worst = Math.max(worst, a.get(name).sub(b.get(name)).abs().max().item() / Math.max(1, b.get(name).abs().max().item()));
        return worst;
    }

    @Acceptance(topic = "backprop-through-time", clause = 1)
    @Test void fullGradientsEqualForwardModeAndFiniteDifferences() {
        for (var rnn : List.of(new Rnn(SMALL, Rng.of(1)), new Lstm(SMALL, Rng.of(2)), new Gru(SMALL, Rng.of(3)))) {
            var name = rnn.getClass().getSimpleName();
            int steps = 8;
            var x = normal(4, 1, steps, 2);
            var initial = rnn.initial(1).map(h -> normal(5, 1, 3));
            var full = Bptt.full().gradients(rnn.parameters(), steps, initial, step(rnn, x), loss(rnn));
            Evidence.of(name + ": gap from real-time recurrent learning", gap(full.byName(), Rtrl.gradients(rnn, x, initial, loss(rnn))),
                    below(1e-8));
            var checkpointed = Bptt.full().withCheckpointed(true).gradients(rnn.parameters(), steps, initial, step(rnn, x), loss(rnn));
            Evidence.of(name + ": gap of the checkpointed sweep", gap(checkpointed.byName(), full.byName()), exactly(0));
            Evidence.of(name + ": gap from finite differences", gap(full.byName(), differences(rnn, x, initial)), below(1e-8));
        }
    }

    /** Richardson's central differences, fourth order: each parameter moved by plus and minus h and 2 h. */
    private static SequencedMap<String, Tensor> differences(Rnn rnn, Tensor x, RecurrentState initial) {
        var found = new LinkedHashMap<String, Tensor>();
        double h = 1e-3;
        rnn.parameters().forEach((name, p) -> {
            var slopes = new double[(int) p.count()];
            double[] at = p.detach().toDoubleArray();
            for (int i = 0; i < slopes.length; i++) {
                double[] f = new double[4], moves = {h, -h, 2 * h, -2 * h};
                for (int k = 0; k < 4; k++) {
                    var moved = at.clone();
                    moved[i] += moves[k];
                    f[k] = total(Module.with(rnn, Map.of(name, Tensor.of(moved).reshape(p.shape().toArray()))), x, initial);
                }
                slopes[i] = (8 * (f[0] - f[1]) - (f[2] - f[3])) / (12 * h);
            }
            found.put(name, Tensor.of(slopes).reshape(p.shape().toArray()));
        });
        return found;
    }

    private static double total(Rnn rnn, Tensor x, RecurrentState initial) {
        double sum = 0;
        var state = initial;
        for (int t = 0; t < x.size(1); t++) {
            state = rnn.step(x.select(1, t), state, Pass.inference()).state();
            sum += loss(rnn).at(t, state).item();
        }
        return sum;
    }

    @Acceptance(topic = "backprop-through-time", clause = 2)
    @Test void truncatedGradientsAreTheLastTermsOfTheSum() {
        int steps = 11;
        var rnn = new Rnn(SMALL, Rng.of(1));
        var x = normal(4, 1, steps, 2);
        double worst = 0, cut = Double.POSITIVE_INFINITY;
        int compared = 0;
        var full = Bptt.full().gradients(rnn.parameters(), steps, rnn.initial(1), step(rnn, x), loss(rnn));
        for (int[] k : new int[][] {{1, 1}, {1, 2}, {1, 4}, {1, 10}, {2, 3}, {3, 5}, {4, 4}, {5, 7}}) {
            var truncated = new Bptt(k[0], k[1]).gradients(rnn.parameters(), steps, rnn.initial(1), step(rnn, x), loss(rnn));
            var terms = terms(rnn, x, k[0], k[1]);
            for (var name : List.of("weight_hh_l0", "weight_ih_l0", "bias_hh_l0", "bias_ih_l0")) {
                worst = Math.max(worst, truncated.byName().get(name).sub(terms.get(name)).abs().max().item());
                if (k[1] < 10) cut = Math.min(cut, full.byName().get(name).sub(terms.get(name)).abs().max().item());
            }
            assertThat(truncated.byName()).hasSize(4);
            compared++;
        }
        Evidence.of("truncations", compared, exactly(8));
        Evidence.of("largest distance from the explicit sum", worst, below(1e-10));
        Evidence.of("least that a truncation leaves out", cut, above(1e-6));
        int identical = 0;
        for (var whole : List.of(new Bptt(1, steps), new Bptt(3, steps + 5), new Bptt(steps, steps), new Bptt(2, 1000))) {
            var found = whole.gradients(rnn.parameters(), steps, rnn.initial(1), step(rnn, x), loss(rnn));
            for (var name : full.byName().keySet())
                assertThat(found.byName().get(name).toDoubleArray()).isEqualTo(full.byName().get(name).toDoubleArray());
            identical++;
        }
        Evidence.of("settings with k2 >= T whose bits are those of the full gradient", identical, exactly(4));
        // And the full one is what one history over all steps gives.
        var sum = Tensor.scalar(0.0);
        var state = rnn.initial(1);
        for (int t = 0; t < steps; t++) {
            state = step(rnn, x).after(t, state);
            sum = sum.add(loss(rnn).at(t, state));
        }
        var names = new ArrayList<>(rnn.parameters().keySet());
        var gradients = Autograd.gradients(sum, rnn.parameters().values().toArray(Tensor[]::new), false);
        for (int i = 0; i < gradients.length; i++)
            assertThat(gradients[i].sub(full.byName().get(names.get(i))).abs().max().item()).isLessThan(1e-12);
    }

    /**
     * The gradients as sums of Jacobian products, on plain arrays: J_t = diag(1 - h_t^2) W, d+h_k/dW = diag(1 - h_k^2) h_(k-1)', with x_k' for W_ih and
     * with 1 for both biases.
     */
    private static Map<String, Tensor> terms(Rnn rnn, Tensor x, int every, int back) {
        int steps = (int) x.size(1), n = 3;
        double[][] w = rnn.state().get("weight_hh_l0").toRows(), h = new double[steps + 1][n], sum = new double[n][n],
                byInput = new double[n][2], inputs = x.get(0).toRows();
        var byBias = new double[n];
        var states = rnn.forward(x);
        for (int t = 0; t < steps; t++) h[t + 1] = states.get(0, t).toDoubleArray();
        double[] a = {1, -2, 0.5};
        for (int s = 0; s < steps; s++) {
            int end = Math.min(steps, (s / every + 1) * every);
            var v = new double[n];
            for (int i = 0; i < n; i++) v[i] = a[i] * Math.cos(h[s + 1][i] + 0.1 * s);
            for (int k = s; k >= Math.max(0, end - back); k--) {
                for (int i = 0; i < n; i++) v[i] *= 1 - h[k + 1][i] * h[k + 1][i];
                for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) sum[i][j] += v[i] * h[k][j];
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j < 2; j++) byInput[i][j] += v[i] * inputs[k][j];
                    byBias[i] += v[i];
                }
                var earlier = new double[n];
                for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) earlier[j] += v[i] * w[i][j];
                v = earlier;
            }
        }
        return Map.of("weight_hh_l0", Tensor.of(sum), "weight_ih_l0", Tensor.of(byInput), "bias_hh_l0", Tensor.of(byBias), "bias_ih_l0",
                Tensor.of(byBias));
    }

    @Test void lagsAddUpToTheGradient() {
        int steps = 9;
        var rnn = new Gru(SMALL, Rng.of(1));
        var x = normal(4, 1, steps, 2);
        var lags = new Bptt(1, 4).byLag(rnn.parameters(), steps, rnn.initial(1), step(rnn, x), loss(rnn));
        var whole = new Bptt(1, 4).gradients(rnn.parameters(), steps, rnn.initial(1), step(rnn, x), loss(rnn)).byName();
        assertThat(lags).hasSize(4);
        for (var name : whole.keySet()) {
            var sum = lags.getFirst().get(name);
            for (var lag : lags.subList(1, 4)) sum = sum.add(lag.get(name));
            assertThat(sum.sub(whole.get(name)).abs().max().item()).isLessThan(1e-12);
            assertThat(lags.get(3).get(name).abs().max().item()).isPositive();
        }
        // Only the last term of a loss with one step.
        assertThat(
                gap(lags.getFirst(), new Bptt(1, 1).gradients(rnn.parameters(), steps, rnn.initial(1), step(rnn, x), loss(rnn)).byName()))
                .isLessThan(1e-14);
    }

    /** Counts what the collector cannot take: the memory of the states that a run of T steps has made. */
    private static final class Census {
        private final List<WeakReference<Storage>> made = new ArrayList<>();
        private final int between;
        private int calls, most;

        Census(int between) { this.between = between; }

        RecurrentState after(RecurrentState before, Tensor w) {
            var h = before.get("h").mul(0.9).add(w).compute();
            made.add(new WeakReference<>(h.view().storage()));
            if (++calls % between == 0) {
                System.gc();
                made.removeIf(r -> r.get() == null);
                most = Math.max(most, made.size());
            }
            return RecurrentState.of("h", h);
        }
    }

    @Acceptance(topic = "backprop-through-time", clause = 3)
    @Tag("slow")
    @Test void fewStatesLive() {
        int size = 9000; // more than 32 KiB, so that each state has memory of its own
        var w = Tensor.full(DType.F32, 0.01, 1, size).compute().requiresGrad();
        var parameters = new LinkedHashMap<>(Map.of("w", w));
        int lengths = 0;
        double truncated = 0, checkpointed = 0, told = 0;
        for (int steps : new int[] {16, 64, 256, 1024, 4096}) {
            for (int[] k : new int[][] {{1, 10}, {5, 10}, {8, 8}}) {
                if (steps > 256 && k[0] != 5) continue;
                var census = new Census(steps * (1 + k[1] / k[0]) / 9);
                var found = new Bptt(k[0], k[1]).gradients(parameters, steps, RecurrentState.of("h", Tensor.zeros(1, size)),
                        (t, s) -> census.after(s, w), (t, s) -> s.get("h").sum());
                truncated = Math.max(truncated, census.most / (k[0] + k[1] + 1.0));
                told = Math.max(told, found.peakStates() / (k[0] + k[1] + 1.0));
            }
            var census = new Census(steps / 8 - 1);
            var found = Bptt.full().withCheckpointed(true).gradients(parameters, steps, RecurrentState.of("h", Tensor.zeros(1, size)),
                    (t, s) -> census.after(s, w), (t, s) -> t == steps - 1 ? s.get("h").sum() : null);
            checkpointed = Math.max(checkpointed, census.most / (3 * Math.sqrt(steps)));
            told = Math.max(told, found.peakStates() / (3 * Math.sqrt(steps)));
            lengths++;
        }
        Evidence.of("lengths from 16 to 4,096", lengths, exactly(5));
        Evidence.of("truncated: states alive over k1 + k2 + 1", truncated, between(0.1, 1));
        Evidence.of("full, checkpointed: states alive over 3 sqrt(T)", checkpointed, between(0.1, 1));
        Evidence.of("states told of over the bound", told, atMost(1));
    }

    @Acceptance(topic = "backprop-through-time", clause = 4)
    @Tag("slow")
    @Test void aDelayBeyondTheSweepIsNotLearnt() {
        Evidence.of("share right at lag 8 with k2 = 10", delayedCopy(10), above(0.99));
        Evidence.of("share right at lag 8 with k2 = 4", delayedCopy(4), between(0.45, 0.55));
    }

    private static double delayedCopy(int back) {
        int lag = 8, steps = 4000;
        var rnn = new Rnn(new RnnConfig(1, 32), Rng.of(1));
        var head = new Linear(32, 2, Rng.of(2));
        var parameters = new LinkedHashMap<>(rnn.parameters());
        head.parameters().forEach((name, p) -> parameters.put("head." + name, p));
        var optimizer = new Adam(2e-3).over(parameters).clippedBy(Clip.norm(1));
        var data = SequenceTasks.delayedCopy(Rng.of(3), 32, steps, lag);
        new Bptt(2, back).train(optimizer, parameters, steps, rnn.initial(32), step(rnn, data.x()),
                (t, state) -> t < lag ? null : Loss.crossEntropy(head.forward(rnn.last(state)), data.y().select(1, t)));
        var test = SequenceTasks.delayedCopy(Rng.of(4), 50, 200, lag);
        return Autograd.noGrad(
                () -> head.forward(rnn.forward(test.x())).argmax(2).eq(test.y()).narrow(1, lag, 200 - lag).to(DType.F64).mean().item());
    }

    @Test void trainingOverEverythingIsCheckpointedWhereThatIsAsked() {
        int size = 9000; // more than 32 KiB, so that each state has memory of its own
        var initial = RecurrentState.of("h", Tensor.zeros(1, size));
        int steps = 256;
        var weights = new ArrayList<double[]>();
        var most = new ArrayList<Integer>();
        for (boolean checkpointed : new boolean[] {false, true}) {
            var w = Tensor.full(DType.F32, 0.01, 1, size).compute().requiresGrad();
            var parameters = new LinkedHashMap<>(Map.of("w", w));
            var census = new Census(steps / 8 - 1);
            Bptt.full().withCheckpointed(checkpointed).train(new Adam(0.1).over(parameters), parameters, steps, initial,
                    (t, s) -> census.after(s, w), (t, s) -> t == steps - 1 ? s.get("h").sum() : null);
            weights.add(w.toDoubleArray());
            most.add(census.most);
        }
        assertThat(weights.get(1)).isEqualTo(weights.get(0)).isNotEqualTo(Tensor.full(DType.F32, 0.01, 1, size).toDoubleArray());
        assertThat(most.get(0)).isGreaterThan(200);
        assertThat(most.get(1)).isLessThanOrEqualTo(48);
    }

    @Test void badSettingsAreNamed() {
        assertThatThrownBy(() -> new Bptt(5, 4)).hasMessageContaining("back >= every");
        assertThatThrownBy(() -> new Bptt(0, 4)).hasMessageContaining("every 0");
        var rnn = new Rnn(SMALL, Rng.of(1));
        assertThatThrownBy(
                () -> Bptt.full().gradients(rnn.parameters(), 1, rnn.initial(1), step(rnn, normal(1, 1, 1, 2)), (t, s) -> s.get("l0.h")))
                .hasMessageContaining("a scalar");
    }
}
