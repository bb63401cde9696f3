package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.LongFunction;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.SequenceTasks;
import lyceum.nn.NtmConfig.Controller;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NeuralTuringMachineTest {
    private static Tensor normal(long seed, DType type, long... shape) { return Tensor.randn(Rng.of(seed), type, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    private static Rnn network(NtmConfig config, long seed) {
        return new Rnn(new RnnConfig(config.inputs(), config.outputs()).withDtype(config.dtype()),
                (inputs, r) -> new NeuralTuringMachine(config, r), Rng.of(seed));
    }

    @Acceptance(topic = "neural-turing-machine", clause = 1)
    @Test void weightsAreADistributionForAThousandRandomControls() {
        double least = Double.POSITIVE_INFINITY, gap = 0;
        int seen = 0;
        for (int trial = 0; trial < 20; trial++) {
            // Controls from timid to saturated, over memories from empty to large.
            var controls = normal(trial, DType.F32, 50, TapeAddress.size(6, 2)).mul(Math.pow(4, trial % 5 - 1));
            var memory = normal(trial + 100, DType.F32, 50, 11, 6).mul(trial % 4 == 0 ? 0 : Math.pow(10, trial % 4 - 2));
            var previous = normal(trial + 200, DType.F32, 50, 11).mul(3).softmax(-1);
            var weights = TapeAddress.of(controls, 6, 2).weights(memory, previous);
            least = Math.min(least, weights.min().item());
            gap = Math.max(gap, distance(weights.to(DType.F64).sum(-1), Tensor.ones(DType.F64, 50)));
            seen += (int) weights.size(0);
        }
        Evidence.of("controls", seen, exactly(1000));
        Evidence.of("least weight", least, atLeast(0));
        Evidence.of("largest distance of a sum from 1", gap, below(1e-6));
    }

    @Acceptance(topic = "neural-turing-machine", clause = 2)
    @Test void aShutGateAndACertainShiftRotateTheWeights() {
        double worst = 0;
        int seen = 0;
        for (int seed = 0; seed < 20; seed++) for (int by = -2; by <= 2; by++) {
            int rows = 5 + seed % 7;
            var previous = normal(seed, DType.F64, 3, rows).mul(3).softmax(-1);
            var ones = Tensor.ones(DType.F64, 3, 1);
            var address = new TapeAddress(normal(seed, DType.F64, 3, 4), ones.mul(5), ones.mul(0),
                    Tensor.of(by + 2).oneHot(DType.F64, 5).expand(3, 5), ones);
            double[] got = address.weights(normal(seed + 50, DType.F64, 3, rows, 4), previous).toDoubleArray(),
                    before = previous.toDoubleArray();
            for (int b = 0; b < 3; b++)
                for (int i = 0; i < rows; i++)
                    worst = Math.max(worst, Math.abs(got[b * rows + Math.floorMod(i + by, rows)] - before[b * rows + i]));
            seen++;
        }
        Evidence.of("rotations", seen, exactly(100));
        Evidence.of("largest distance from the rotated weights", worst, below(1e-12));
    }

    @Acceptance(topic = "neural-turing-machine", clause = 3)
    @Test void gradientsPassFiniteDifferences() {
        double worst = 0;
        int seen = 0;
        for (var controller : Controller.values()) for (int heads = 1; heads <= 2; heads++) {
            var config = new NtmConfig(3, 2, 5, 3).withController(controller).withUnits(4).withReadHeads(heads).withWriteHeads(heads)
                    .withMemory(0.3).withDtype(DType.F64);
            var network = network(config, 1);
            Tensor x = normal(2, DType.F64, 2, 4, 3), upstream = normal(3, DType.F64, 2, 4, 2);
            network.forward(x).mul(upstream).sum().backward();
            for (var p : network.parameters().values()) {
                double[] values = p.toDoubleArray(), gradient = p.grad().toDoubleArray();
                long[] shape = p.shape().toArray();
                for (int i = 0; i < values.length; i += 3) {
                    double kept = values[i], h = 1e-5;
                    double slope = (at(network, p, values, shape, i, kept + h, x, upstream)
                            - at(network, p, values, shape, i, kept - h, x, upstream)) / (2 * h);
                    at(network, p, values, shape, i, kept, x, upstream);
                    worst = Math.max(worst, Math.abs(slope - gradient[i]) / Math.max(1, Math.abs(gradient[i])));
                    seen++;
                }
            }
            assertThat(network.parameters().values()).allSatisfy(p -> assertThat(p.grad().abs().max().item()).isPositive());
        }
        Evidence.of("derivatives", seen, above(300));
        Evidence.of("largest gap from central differences", worst, below(1e-6));
    }

    private static double at(Rnn network, Tensor p, double[] values, long[] shape, int i, double value, Tensor x, Tensor upstream) {
        values[i] = value;
        return Autograd.noGrad(() -> {
            p.copy_(Tensor.of(values, shape));
            return network.forward(x).mul(upstream).sum().item();
        });
    }

    /** A network that copies four bits, and the share of bits that it gets wrong at lengths 1 to 4 and at 8. */
    private record Copier(Layer network, double inRange, double beyond) {
        static Copier trained(Rnn network, Layer head, long seed) {
            var all = network.then(head);
            var rng = Rng.of(seed + 77);
            Recurrent.train(all.parameters(), 0.01, 700, i -> {
                int length = 1 + rng.nextInt(4);
                var task = SequenceTasks.copy(rng, 32, 4, length);
                return Loss.bce(all.forward(task.x()).narrow(1, length + 1, length), task.y());
            });
            double in = 0;
            for (int length = 1; length <= 4; length++) in += wrong(all, length) * length / 10;
            return new Copier(all, in, wrong(all, 8));
        }

        private static double wrong(Layer network, int length) {
            var task = SequenceTasks.copy(Rng.of(4321), 500, 4, length);
            return Autograd.noGrad(() -> network.forward(task.x()).narrow(1, length + 1, length).gt(0).to(DType.F32).ne(task.y())
                    .to(DType.F64).mean().item());
        }

        static Copier best(LongFunction<Copier> trained) {
            Copier best = null;
            for (long seed = 1; seed <= 3; seed++) {
                var next = trained.apply(seed);
                if (best == null || next.inRange < best.inRange) best = next;
            }
            return best;
        }
    }

    @Acceptance(topic = "neural-turing-machine", clause = 4)
    @Tag("slow")
    @Test void itCopiesBeyondTheLengthsThatItLearnedFrom() {
        var config = new NtmConfig(5, 4, 16, 6).withUnits(32);
        int units = 18;
        long here = network(config, 1).parameterCount(),
                there = new Lstm(new RnnConfig(5, units), Rng.of(1)).parameterCount() + 4L * units + 4;
        Evidence.of("parameters of the LSTM over the machine's", (double) there / here, atLeast(1));
        Evidence.of("not many more", (double) there / here, atMost(1.1));
        var machine = Copier.best(seed -> Copier.trained(network(config, seed), Activation.IDENTITY, seed));
        var lstm = Copier.best(
                seed -> Copier.trained(new Lstm(new RnnConfig(5, units), Rng.of(seed)), new Linear(units, 4, Rng.of(seed + 9)), seed));
        Evidence.of("machine: share of wrong bits at lengths 1 to 4", machine.inRange, below(0.02));
        Evidence.of("machine: at length 8", machine.beyond, below(0.25));
        Evidence.of("LSTM: at length 8, half by chance", lstm.beyond, between(0.01, 0.55));
        Evidence.of("LSTM: at lengths 1 to 4", lstm.inRange, below(0.25));
        Evidence.of("machine over LSTM at length 8", machine.beyond / lstm.beyond, below(0.5));
    }

    @Test void aStepWritesThenReads() {
        var config = new NtmConfig(3, 2, 5, 3).withUnits(4).withDtype(DType.F64).withReach(0);
        var machine = new NeuralTuringMachine(config, Rng.of(1));
        var p = machine.parameters();
        var state = machine.initial(1);
        var x = normal(1, DType.F64, 1, 3);
        var after = machine.step(x, state, Pass.inference());
        var u = Tensor.concat(1, x, Tensor.zeros(DType.F64, 1, 3)).affine(p.get("layer.weight"), p.get("layer.bias")).tanh();
        var c = u.affine(p.get("heads.weight"), p.get("heads.bias"));
        // With a reach of 0 an address has 3 + 4 numbers.
        var w = TapeAddress.of(c.narrow(1, 0, 7), 3, 0).weights(state.get("memory"), state.get("write0"));
        var memory = new double[15];
        for (int i = 0; i < 5; i++) for (int k = 0; k < 3; k++) {
            double erase = 1 / (1 + Math.exp(-c.item(0, 7 + k))), weight = w.item(0, i);
            memory[3 * i + k] = 0.01 * (1 - weight * erase) + weight * c.item(0, 10 + k);
        }
        var written = Tensor.of(memory, 1, 5, 3);
        assertThat(distance(after.get("memory"), written)).isLessThan(1e-15);
        var look = TapeAddress.of(c.narrow(1, 13, 7), 3, 0).weights(written, state.get("read0"));
        var seen = look.matmul(written.get(0));
        assertThat(distance(after.get("seen0"), seen)).isLessThan(1e-15);
        assertThat(distance(after.get("h"), Tensor.concat(1, u, seen).affine(p.get("output.weight"), p.get("output.bias"))))
                .isLessThan(1e-14);
    }

    /** Cosine, gate, shift and sharpening of controls that are neither shut nor certain, row by row. */
    @Test void theFourStepsOfAnAddressAreThoseOfThePaper() {
        int rows = 6, width = 3;
        for (int seed = 0; seed < 20; seed++) {
            var controls = normal(seed, DType.F64, 1, TapeAddress.size(width, 1)).mul(2);
            double[][] memory = normal(seed + 50, DType.F64, 1, rows, width).mul(3).get(0).toRows();
            double[] c = controls.toDoubleArray(), before = normal(seed + 90, DType.F64, 1, rows).softmax(-1).toDoubleArray();
            double strength = softplus(c[width]), gate = 1 / (1 + Math.exp(-c[width + 1])), sharpness = 1 + softplus(c[width + 5]);
            double[] content = new double[rows], shift = new double[3], gated = new double[rows], expected = new double[rows];
            double key = 0, contents = 0, shifts = 0, total = 0;
            for (int k = 0; k < width; k++) key += Math.pow(Math.tanh(c[k]), 2);
            for (int i = 0; i < rows; i++) {
                double dot = 0, norm = 0;
                for (int k = 0; k < width; k++) {
                    dot += Math.tanh(c[k]) * memory[i][k];
                    norm += memory[i][k] * memory[i][k];
                }
                contents += content[i] = Math.exp(strength * dot / Math.sqrt(norm * key));
            }
            for (int s = 0; s < 3; s++) shifts += shift[s] = Math.exp(c[width + 2 + s]);
            for (int i = 0; i < rows; i++) gated[i] = gate * content[i] / contents + (1 - gate) * before[i];
            for (int i = 0; i < rows; i++) {
                for (int s = 0; s < 3; s++) expected[i] += gated[Math.floorMod(i - (s - 1), rows)] * shift[s] / shifts;
                total += expected[i] = Math.pow(expected[i], sharpness);
            }
            double[] got = TapeAddress.of(controls, width, 1).weights(Tensor.of(memory).unsqueeze(0), Tensor.of(before).unsqueeze(0))
                    .toDoubleArray();
            for (int i = 0; i < rows; i++) assertThat(got[i]).isCloseTo(expected[i] / total, within(1e-6));
        }
    }

    private static double softplus(double x) { return Math.log1p(Math.exp(x)); }

    @Test void aSharpHeadFindsARowByItsContentAndMayWalkOn() {
        var memory = Tensor.eye(DType.F64, 4).unsqueeze(0);
        Tensor one = Tensor.ones(DType.F64, 1, 1), key = Tensor.of(0, 0, 1, 0).to(DType.F64).reshape(1, 4),
                previous = Tensor.full(DType.F64, 0.25, 1, 4);
        var stay = Tensor.of(0, 1, 0).to(DType.F64).reshape(1, 3);
        assertThat(new TapeAddress(key, one.mul(60), one, stay, one).weights(memory, previous).item(0, 2)).isGreaterThan(0.999999);
        var on = Tensor.of(0, 0, 1).to(DType.F64).reshape(1, 3);
        assertThat(new TapeAddress(key, one.mul(60), one, on, one).weights(memory, previous).item(0, 3)).isGreaterThan(0.999999);
        // The article's numbers: a head that stays for 20 steps with shifts of 0.1, 0.8, 0.1.
        var blur = Tensor.of(0.1, 0.8, 0.1).reshape(1, 3);
        for (double sharpness : new double[] {1, 2}) {
            var w = Tensor.arange(30).eq(15).to(DType.F64).reshape(1, 30);
            var address = new TapeAddress(Tensor.ones(DType.F64, 1, 2), one, one.mul(0), blur, one.mul(sharpness));
            for (int t = 0; t < 20; t++) w = address.weights(Tensor.ones(DType.F64, 1, 30, 2), w);
            assertThat(w.max().item()).isBetween(sharpness == 1 ? 0.19 : 0.955, sharpness == 1 ? 0.21 : 0.975);
        }
    }

    @Test void stateTravelsAndLengthsAreKept() {
        for (var controller : Controller.values()) {
            var config = new NtmConfig(3, 2, 6, 4).withController(controller).withUnits(5).withReadHeads(2).withDtype(DType.F64);
            var network = network(config, 1);
            var x = normal(1, DType.F64, 2, 7, 3);
            assertThat(RecurrentState.insufficiency(network, x, 3)).isLessThan(1e-14);
            var out = network.run(x, null, new int[] {7, 4}, Pass.inference());
            var alone = network.run(x.narrow(0, 1, 1).narrow(1, 0, 4), null, Pass.inference());
            assertThat(distance(out.state().get("l0.memory").narrow(0, 1, 1), alone.state().get("l0.memory"))).isLessThan(1e-14);
        }
        // Rows of zeros have a gradient.
        var empty = network(new NtmConfig(3, 2, 6, 4).withMemory(1e-30), 1);
        empty.forward(normal(1, DType.F32, 2, 7, 3)).sum().backward();
        assertThat(empty.parameters().values()).allSatisfy(p -> assertThat(p.grad().isFinite().all().toBooleanArray()).containsOnly(true));
    }

    @Test void whatDoesNotFitIsNamed() {
        assertThatThrownBy(() -> new NtmConfig(3, 2, 4, 4).withReach(2)).hasMessageContaining("reach of 2 over 4 rows");
        assertThatThrownBy(() -> new NtmConfig(3, 2, 4, 4).withMemory(0)).hasMessageContaining("memory begins as 0.0");
        assertThatThrownBy(() -> TapeAddress.of(Tensor.ones(2, 9), 4, 1)).isInstanceOf(ShapeException.class).hasMessageContaining("(2, 9)");
        var address = TapeAddress.of(Tensor.ones(2, 10), 4, 1);
        assertThatThrownBy(() -> address.weights(Tensor.ones(2, 5, 3), Tensor.ones(2, 5))).hasMessageContaining("memory (2, 5, 3)");
    }
}
