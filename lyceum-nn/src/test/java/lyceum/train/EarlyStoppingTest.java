package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.linalg.Linalg;
import lyceum.linalg.Svd;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class EarlyStoppingTest {

    /** Steps that are improvements, each beyond the one before: by the definition, of whole sums and not of running ones. */
    private static List<Integer> improvements(EarlyStopping s, double[] values) {
        var watched = new double[values.length];
        for (int t = 0; t < values.length; t++) {
            watched[t] = Math.pow(s.smoothing(), t) * values[0];
            for (int u = 1; u <= t; u++) watched[t] += (1 - s.smoothing()) * Math.pow(s.smoothing(), t - u) * values[u];
            if (s.mode() == EarlyStopping.Mode.MAX) watched[t] = -watched[t];
        }
        var found = new ArrayList<Integer>();
        for (int t = s.warmUp(); t < values.length; t++)
            if (found.isEmpty() || watched[found.getLast()] - watched[t] > s.least()) found.add(t);
        return found;
    }

    @Test
    @Acceptance(topic = "early-stopping", clause = 1) void stopAndBestEqualTheDefinition() {
        var rng = Rng.of(1);
        int wrong = 0, stopped = 0, cases = 0;
        for (int c = 0; c < 500; c++) {
            var s = new EarlyStopping(1 + rng.nextInt(8), c % 3 == 0 ? 0 : 0.3 * rng.nextDouble(), true,
                    c % 2 == 0 ? EarlyStopping.Mode.MIN : EarlyStopping.Mode.MAX, c % 5 < 3 ? 0 : 0.9 * rng.nextDouble(), rng.nextInt(6),
                    null);
            var values = new double[8 + rng.nextInt(60)];
            for (int t = 0; t < values.length; t++) values[t] = c % 4 == 0 ? rng.nextInt(5) : Math.cos(t * 0.1) + rng.nextGaussian() * 0.3; // ties, and a curve
            int stop = -1, best = -1;
            for (int t = 0; t < values.length && stop < 0; t++) {
                int now = t;
                var so = improvements(s, values).stream().filter(i -> i <= now).toList();
                best = so.isEmpty() ? -1 : so.getLast();
                if (t - Math.max(best, s.warmUp() - 1) >= s.patience()) stop = t;
            }
            var watch = s.watch();
            while (!watch.isOver() && watch.steps() < values.length) watch.see(values[watch.steps()]);
            if (watch.bestStep() != best || (watch.isOver() ? watch.steps() - 1 : -1) != stop) wrong++;
            if (stop >= 0) stopped++;
            cases++;
        }
        Evidence.of("sequences", cases, exactly(500));
        Evidence.of("sequences that stop before their end", stopped, atLeast(200));
        Evidence.of("other stop or best step", wrong, exactly(0));
    }

    @Test
    @Acceptance(topic = "early-stopping", clause = 2) void restoredWeightsAreThoseOfTheBestStep() {
        var data = Datasets.moons(Rng.of(1), 60, 0.15).to(DType.F32);
        int runs = 0, early = 0;
        double differing = 0;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(100 + seed);
            var model = new Sequential(new Linear(2, 8, rng), new BatchNorm(8), Activation.RELU, new Linear(8, 2, rng));
            var snapshots = new ArrayList<Map<String, double[]>>();
            var scores = IntStream.range(0, 30).mapToDouble(i -> rng.nextDouble()).toArray();
            int[] at = {0};
            var history = new Trainer(new Adam(0.01), 30).withEarlyStopping(new EarlyStopping(4)).withListener((run, epoch) -> {
                var copy = new TreeMap<String, double[]>();
                model.state().forEach((name, t) -> copy.put(name, t.toDoubleArray()));
                snapshots.add(copy);
            }).start(model, data.size(), BatchLoss.of(model, Loss::crossEntropy, data), () -> scores[at[0]++], rng.split(1))
                    .finish(Progress.SILENT);
            int best = 0; // of what was seen
            for (int e = 1; e < history.size(); e++) if (scores[e] < scores[best]) best = e;
            if (best < history.size() - 1) early++;
            var kept = snapshots.get(best);
            for (var entry : model.state().entrySet()) {
                double[] now = entry.getValue().toDoubleArray(), then = kept.get(entry.getKey());
                for (int i = 0; i < now.length; i++) if (Double.doubleToLongBits(now[i]) != Double.doubleToLongBits(then[i])) differing++;
            }
            runs++;
        }
        Evidence.of("runs whose best epoch is not their last", early, atLeast(15));
        Evidence.of("runs", runs, exactly(20));
        Evidence.of("numbers that differ in a bit", differing, exactly(0));
    }

    @Test
    @Acceptance(topic = "early-stopping", clause = 3) void stoppedDescentShrinksEachSingularDirection() {
        var rng = Rng.of(3);
        double worst = 0, least = 1;
        int seen = 0;
        for (int c = 0; c < 8; c++) {
            int p = 3 + c, n = p + 10;
            var x = Tensor.randn(rng, DType.F64, n, p).div(Math.sqrt(n)).compute();
            var y = Tensor.randn(rng, DType.F64, n, 1).compute();
            var svd = Svd.of(x);
            double[] s = svd.s().toDoubleArray();
            double rate = 0.5 / (s[0] * s[0]);
            int stop = 1 + 7 * c;
            var model = new Linear(Tensor.zeros(DType.F64, 1, p), null);
            int[] epoch = {0};
            new Trainer(new Sgd(rate), 500).withBatchSize(n).withEarlyStopping(new EarlyStopping(3))
                    .start(model, n, (rows, pass) -> model.forward(x.rows(rows), pass).sub(y.rows(rows)).square().sum().div(2),
                            () -> Math.abs(++epoch[0] - stop), Rng.of(1))
                    .finish(Progress.SILENT);
            double[] got = svd.vt().matmul(model.weight().detach().reshape(p)).toDoubleArray();
            double[] ols = svd.u().transpose().matmul(y.reshape(n)).toDoubleArray();
            for (int i = 0; i < p; i++) {
                double share = 1 - Math.pow(1 - rate * s[i] * s[i], stop);
                worst = Math.max(worst, Math.abs(got[i] - share * ols[i] / s[i]));
                least = Math.min(least, share);
                seen++;
            }
        }
        Evidence.of("directions", seen, exactly(52));
        Evidence.of("smallest share", least, atMost(0.9));
        Evidence.of("largest gap to the closed form", worst, atMost(1e-10));
    }

    @Test
    @Acceptance(topic = "early-stopping", clause = 4) void theStoppedModelBeatsTheConvergedOne() {
        int wins = 0;
        double least = 1;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(200 + seed);
            var w = Tensor.randn(rng, DType.F64, 60, 1).div(Math.sqrt(60)).mul(2).compute();
            Dataset train = noisy(rng, w, 80), validation = noisy(rng, w, 40), test = noisy(rng, w, 2000);
            var model = new Linear(Tensor.zeros(DType.F64, 1, 60), null);
            var history = new Trainer(new Sgd(0.05), 400).withBatchSize(80).withEarlyStopping(new EarlyStopping(10)).fit(model, Loss::mse,
                    train, validation, rng.split(1), Progress.SILENT);
            assertThat(history.stoppedEarly()).isTrue();
            double stopped = Loss.mse(model.forward(test.x()), test.y()).item();
            double converged = Loss.mse(test.x().matmul(Linalg.pinv(train.x()).matmul(train.y())), test.y()).item();
            double gain = 1 - stopped / converged;
            least = Math.min(least, gain);
            if (gain >= 0.1) wins++;
        }
        Evidence.of("seeds in which stopping gains 10 percent", wins, exactly(10));
        Evidence.of("least gain", least, above(0.1));
    }

    private static Dataset noisy(Rng rng, Tensor w, int n) {
        var x = Tensor.randn(rng, DType.F64, n, 60).compute();
        return Dataset.of(x, x.matmul(w).add(Tensor.randn(rng, DType.F64, n, 1).mul(2)).compute());
    }

    @Test void wrapsAnyLoop() {
        var values = new double[] {3, 2, 1, 1.5, 1.2, 1.1, 0};
        var seen = new ArrayList<Integer>();
        for (int i : new EarlyStopping(2).over(IntStream.range(0, values.length).boxed().toList(), i -> values[i])) seen.add(i);
        assertThat(seen).containsExactly(0, 1, 2, 3, 4);
        var all = new ArrayList<Integer>();
        for (int i : new EarlyStopping(5).over(List.of(0, 1, 2), i -> values[i])) all.add(i);
        assertThat(all).containsExactly(0, 1, 2);
    }

    @Test void watchesAMetricByName() {
        var data = Datasets.moons(Rng.of(1), 60, 0.15).to(DType.F32);
        var model = new Linear(2, 2, Rng.of(1));
        double[] scripted = {0.1, 0.5, 0.4, 0.3, 0.9};
        int[] at = {0};
        var trainer = new Trainer(new Adam(0.01), 5).withMetric("scripted", (output, target) -> {
            assertThat(output.size(0)).isEqualTo(60);
            return scripted[at[0]++];
        }).withEarlyStopping(new EarlyStopping(2).withMetric("scripted").withMode(EarlyStopping.Mode.MAX));
        var history = trainer.fit(model, Loss::crossEntropy, data, data, Rng.of(2), Progress.SILENT);
        assertThat(history.best()).isEqualTo(1);
        assertThat(history.metric("scripted")).containsExactly(0.1, 0.5, 0.4, 0.3);
        assertThatThrownBy(() -> trainer.fit(model, Loss::crossEntropy, data, Rng.of(2))).hasMessageContaining("need validation data");
        assertThatThrownBy(
                () -> trainer.withMetrics(new LinkedHashMap<>()).fit(model, Loss::crossEntropy, data, data, Rng.of(2), Progress.SILENT))
                .hasMessage("EarlyStopping: there is no metric scripted; there are []");
    }

    @Test void undefinedValuesAreNoImprovement() {
        var watch = new EarlyStopping(2).withSmoothing(0.5).watch();
        assertThat(watch.see(Double.NaN)).isFalse();
        assertThat(watch.see(4)).isTrue();
        assertThat(watch.see(Double.NaN)).isFalse();
        assertThat(watch.see(2)).isTrue();
        assertThat(watch.best()).isEqualTo(3);
        assertThat(watch.isOver()).isFalse();
    }

    @Test void settingsAreChecked() {
        assertThatThrownBy(() -> new EarlyStopping(1).withSmoothing(1)).hasMessage("EarlyStopping: smoothing is 1.0; it lies in [0, 1)");
        assertThatThrownBy(() -> new EarlyStopping(1).withWarmUp(-1)).hasMessage("EarlyStopping: warmUp is -1; it is at least 0");
        assertThatThrownBy(() -> new EarlyStopping(1).withLeast(-1)).hasMessageContaining("least is -1.0");
    }
}
