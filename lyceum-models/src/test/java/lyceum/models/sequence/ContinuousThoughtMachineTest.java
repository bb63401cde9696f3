package lyceum.models.sequence;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ContinuousThoughtMachineTest {

    @Acceptance(topic = "continuous-thought-machine", clause = 1)
    @Test void recursionEqualsTheDecayedSumOverHistory() {
        double worst = 0;
        int traces = 0;
        for (int seed = 1; seed <= 200; seed++) {
            var rng = Rng.of(seed);
            int neurons = 1 + rng.nextInt(6), pairs = 1 + rng.nextInt(8), ticks = 1 + rng.nextInt(60);
            var sync = new Synchronisation(neurons, pairs, DType.F32, rng);
            var rates = Tensor.randn(rng, pairs).mul(0.5).compute(); // some negative: they count as 0
            Autograd.noGrad(() -> { sync.state().get("decay").copy_(rates); });
            var z = Tensor.randn(rng, ticks, neurons).compute();
            Synchronisation.State state = null;
            for (int t = 0; t < ticks; t++) state = sync.step(state, z.narrow(0, t, 1));
            double[] found = state.value().toDoubleArray();
            for (int p = 0; p < pairs; p++) {
                int i = (int) sync.pairs()[0].itemLong(p), j = (int) sync.pairs()[1].itemLong(p);
                double r = Math.max(0, rates.item(p)), sum = 0, weights = 0;
                for (int s = 0; s < ticks; s++) {
                    double w = Math.exp(-r * (ticks - 1 - s));
                    sum += w * z.item(s, i) * z.item(s, j);
                    weights += w;
                }
                worst = Math.max(worst, Math.abs(found[p] - sum / Math.sqrt(weights)));
            }
            traces++;
        }
        Evidence.of("random traces", traces, exactly(200));
        Evidence.of("largest gap", worst, below(1e-5));
    }

    @Acceptance(topic = "continuous-thought-machine", clause = 2)
    @Test void gradientsPassAFiniteDifferenceCheck() {
        var machine = new ContinuousThoughtMachine(
                new ThoughtConfig(2, 3, 4, 4).withHistory(3).withHidden(2).withWidth(4).withDtype(DType.F64), Rng.of(1));
        var x = Tensor.randn(Rng.of(2), DType.F64, 3, 2, 2).compute();
        var y = Tensor.of(new long[] {0, 2, 1});
        machine.zeroGrad();
        machine.loss(x, y, Pass.inference()).backward();
        double worst = 0;
        int numbers = 0;
        for (var entry : machine.parameters().entrySet()) {
            var p = entry.getValue();
            double[] values = p.toDoubleArray(), gradient = p.grad() == null ? new double[values.length] : p.grad().toDoubleArray();
            for (int i = 0; i < values.length; i++) {
                double kept = values[i], h = 1e-5, up = at(machine, p, values, i, kept + h, x, y),
                        down = at(machine, p, values, i, kept - h, x, y);
                at(machine, p, values, i, kept, x, y);
                worst = Math.max(worst, Math.abs((up - down) / (2 * h) - gradient[i]) / Math.max(1, Math.abs(gradient[i])));
                numbers++;
            }
        }
        Evidence.of("parameters", numbers, atLeast(150));
        Evidence.of("largest gap from central differences", worst, below(1e-6));
        var decays = machine.parameters().entrySet().stream().filter(e -> e.getKey().endsWith("decay")).map(Map.Entry::getValue).toList();
        double least = decays.stream().mapToDouble(p -> p.grad().abs().max().item()).min().orElse(0);
        Evidence.of("largest gradient of a decay, the lesser of the two layers'", least, above(1e-9));
        var before = decays.stream().map(p -> p.detach().add(0.0).compute()).toList();
        Fitting.train(machine, new AdamW(0.01), null, 20, i -> machine.loss(x, y, Pass.inference()));
        double moved = IntStream.range(0, decays.size()).mapToDouble(i -> decays.get(i).detach().sub(before.get(i)).abs().max().item())
                .min().orElse(0);
        Evidence.of("layers with decays", decays.size(), exactly(2));
        Evidence.of("20 steps of training move decays by, the lesser of the two", moved, above(1e-3));
    }

    private static double at(ContinuousThoughtMachine machine, Tensor p, double[] values, int i, double value, Tensor x, Tensor y) {
        values[i] = value;
        return Autograd.noGrad(() -> {
            p.copy_(Tensor.of(values, p.shape().toArray()));
            return machine.loss(x, y, Pass.inference()).item();
        });
    }

    /** Four looks at a point at (-1, -1) or (1, 1), each with noise of a size from 0 to 3.5: elements, classes, and the noise of each input. */
    private record Noisy(Tensor x, Tensor y, double[] noise) {
        static Noisy draw(Rng rng, int n) {
            var x = new float[n * 8];
            var y = new long[n];
            var noise = new double[n];
            for (int i = 0; i < n; i++) {
                y[i] = rng.nextInt(2);
                noise[i] = 3.5 * rng.nextDouble();
                for (int k = 0; k < 8; k++) x[i * 8 + k] = (float) (2 * y[i] - 1 + noise[i] * rng.nextGaussian());
            }
            return new Noisy(Tensor.of(x, n, 4, 2), Tensor.of(y), noise);
        }
    }

    private static double[] ranks(double[] values) {
        var ranks = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            int below = 0, same = 0;
            for (double v : values) {
                if (v < values[i]) below++;
                if (v == values[i]) same++;
            }
            ranks[i] = below + (same - 1) / 2.0;
        }
        return ranks;
    }

    private static double spearman(double[] a, double[] b) {
        double[] x = ranks(a), y = ranks(b);
        double m = (a.length - 1) / 2.0, xy = 0, xx = 0, yy = 0;
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - m) * (y[i] - m);
            xx += (x[i] - m) * (x[i] - m);
            yy += (y[i] - m) * (y[i] - m);
        }
        return xy / Math.sqrt(xx * yy);
    }

    private static double right(int[] classes, Tensor y) {
        return IntStream.range(0, classes.length).filter(i -> classes[i] == y.itemLong(i)).count() / (double) classes.length;
    }

    @Tag("heavy")
    @Acceptance(topic = "continuous-thought-machine", clause = 3)
    @Test void noisyInputsAreThoughtAboutForLonger() {
        int ticks = 16;
        var machine = new ContinuousThoughtMachine(new ThoughtConfig(2, 2, 16, ticks), Rng.of(1));
        var data = Rng.of(11);
        Fitting.train(machine, new AdamW(0.01), new Schedule.Cosine(400).warmedUp(10), 400, i -> {
            var batch = Noisy.draw(data, 64);
            return machine.loss(batch.x, batch.y, Pass.inference());
        });
        var fresh = Noisy.draw(Rng.of(9), 1000);
        var early = machine.answer(fresh.x, 0.8);
        int[] last = LongStream.of(Autograd.noGrad(() -> machine.forward(fresh.x)).argmax(1).toLongArray()).mapToInt(i -> (int) i)
                .toArray();
        double full = right(last, fresh.y), stopped = right(early.classes(), fresh.y);
        double used = IntStream.of(early.ticks()).sum() / (1000.0 * ticks);
        Evidence.of("share right with all ticks", full, atLeast(0.75));
        Evidence.of("Spearman's correlation of exit tick and noise",
                spearman(IntStream.of(early.ticks()).asDoubleStream().toArray(), fresh.noise), atLeast(0.5));
        Evidence.of("share of ticks saved", 1 - used, atLeast(0.25));
        Evidence.of("points of accuracy lost", 100 * (full - stopped), atMost(1));
    }

    @Test void answersStopWhereTheyAreCertain() {
        var machine = new ContinuousThoughtMachine(new ThoughtConfig(2, 3, 6, 5), Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 7, 3, 2).compute();
        var thought = machine.think(x, Pass.inference());
        assertThat(thought.logits()).hasSize(5);
        for (int t = 0; t < 5; t++) {
            double[][] p = thought.logits().get(t).softmax(1).toRows();
            for (int b = 0; b < 7; b++) {
                double entropy = 0;
                for (double v : p[b]) entropy -= v * Math.log(v);
                assertThat(thought.certainties().get(t).item(b)).isCloseTo(1 - entropy / Math.log(3), offset(1e-5));
            }
        }
        double enough = thought.certainties().get(2).item(0);
        var answer = machine.answer(x, enough);
        for (int b = 0; b < 7; b++) {
            int row = b, first = IntStream.range(0, 5).filter(t -> thought.certainties().get(t).item(row) >= enough).findFirst().orElse(4);
            assertThat(answer.ticks()[b]).isEqualTo(first + 1);
            assertThat(answer.classes()[b]).isEqualTo((int) thought.logits().get(first).argmax(1).itemLong(b));
        }
        assertThatThrownBy(() -> machine.answer(x, 1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> machine.forward(Tensor.ones(2, 3, 4))).hasMessageContaining("(2, 3, 4)");
        assertThatThrownBy(() -> new ThoughtConfig(2, 1, 4, 4)).hasMessageContaining("classes 1");
    }
}
