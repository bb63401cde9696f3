package lyceum.train.peft;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepresentationTuningTest {
    private static final int P = 7, PLUS = P, EQUALS = P + 1;

    private static TinyText model(long seed) {
        return new TinyText(TinyText.config(64, 4, 128).causal(), 3, P + 2, 6, P, false, Rng.of(seed));
    }

    /** All of {@code a + b = ?, + c}: the sum of three numbers modulo 7 in two steps, as a + b + c =. */
    private static Tensor[] sums(int[] order, int from, int to) {
        var x = new int[(to - from) * 6];
        var y = new long[to - from];
        for (int i = from; i < to; i++) {
            int a = order[i] / (P * P), b = order[i] / P % P, c = order[i] % P, at = (i - from) * 6;
            for (int token : new int[] {a, PLUS, b, PLUS, c, EQUALS}) x[at++] = token;
            y[i - from] = (a + b + c) % P;
        }
        return new Tensor[] {Tensor.of(x).reshape(to - from, 6), Tensor.of(y)};
    }

    private static Tensor last(Tensor logits) { return logits.select(1, 5); }

    private static RepresentationTuning.Flow flow(Module model) {
        return RepresentationTuning.Flow.of(model, "encoder.layers.?.attention", logits -> last(logits).logSoftmax(1).max(1, false).sum());
    }

    @Acceptance(topic = "crft", clause = 1)
    @Acceptance(topic = "crft", clause = 2)
    @Acceptance(topic = "crft", clause = 3)
    @Test void editsBeginAtNothingStayOrthonormalAndLeaveTheBase(@TempDir Path folder) throws IOException {
        var model = model(1);
        var bits = TinyText.bits(model);
        long numbers = model.parameterCount();
        var data = sums(Rng.of(2).permutation(P * P * P), 0, 64);
        var before = model.forward(data[0]).compute();
        var places = flow(model).critical(data[0], 4);
        var tuning = RepresentationTuning.attach(model, "encoder.layers.?", 2, Rng.of(3));
        Evidence.of("states edited in each sequence", places.sum().item() / 64, exactly(4));
        Evidence.of("gap of logits at W = R and b = 0", tuning.at(places, () -> model.forward(data[0])).sub(before).abs().max().item(),
                below(1e-6));
        assertThat(tuning.parameterCount()).isEqualTo(3 * 2 * (2 * 64 + 1));
        assertThat(model.parameterCount()).isEqualTo(tuning.parameterCount());
        Evidence.of("trained share of the model", (double) tuning.parameterCount() / numbers, below(0.01));
        var optimizer = new Adam(0.05).over(tuning.parameters());
        double furthest = 0;
        for (int step = 0; step < 30; step++) {
            optimizer.zeroGrad();
            Loss.crossEntropy(last(tuning.at(places, () -> model.forward(data[0]))), data[1]).backward();
            optimizer.step();
            for (var layer : tuning.layers()) {
                double[] r = tuning.subspace(layer).toDoubleArray();
                for (int i = 0; i < 2; i++) for (int j = 0; j < 2; j++) {
                    double dot = i == j ? -1 : 0;
                    for (int k = 0; k < 64; k++) dot += r[i * 64 + k] * r[j * 64 + k];
                    furthest = Math.max(furthest, Math.abs(dot));
                }
            }
        }
        Evidence.of("distance of R R' from the identity in 30 steps, three layers", furthest, atMost(1e-5));
        var after = tuning.at(places, () -> model.forward(data[0])).compute();
        assertThat(after.sub(before).abs().max().item()).isGreaterThan(0.1);
        assertThat(TinyText.bits(model.forward(data[0]))).as("outside of at").isEqualTo(TinyText.bits(before));
        tuning.save(folder.resolve("edits.safetensors"));
        tuning.detach();
        Evidence.of("base tensors that changed", TinyText.changed(bits, model), exactly(0));
        var again = RepresentationTuning.attach(model, "encoder.layers.?", 2, Rng.of(9));
        again.load(folder.resolve("edits.safetensors"));
        assertThat(TinyText.bits(again.at(places, () -> model.forward(data[0])))).isEqualTo(TinyText.bits(after));
    }

    private static final int Q = 11, LENGTH = 8, ANSWER = 7;

    /** Two steps written out, {@code a + b = s + c =}, and what comes after each sign of equality: s and t, sums modulo 11. */
    private static Tensor[] steps(int[] order, int from, int to) {
        var x = new int[(to - from) * LENGTH];
        long[] s = new long[to - from], t = new long[to - from];
        for (int i = from; i < to; i++) {
            int a = order[i] / (Q * Q), b = order[i] / Q % Q, c = order[i] % Q, at = (i - from) * LENGTH, sum = (a + b) % Q;
            for (int token : new int[] {a, Q, b, Q + 1, sum, Q, c, Q + 1}) x[at++] = token;
            s[i - from] = sum;
            t[i - from] = (sum + c) % Q;
        }
        return new Tensor[] {Tensor.of(x).reshape(to - from, LENGTH), Tensor.of(s), Tensor.of(t)};
    }

    private static Tensor answer(Tensor logits) { return logits.select(1, ANSWER); }

    private static double accuracy(Tensor logits, Tensor y) {
        return Autograd.noGrad(() -> answer(logits).argmax(1).eq(y).to(DType.F64).mean().item());
    }

    /** All states where the flow is, or as many drawn at random, of each sequence. */
    @Acceptance(topic = "crft", clause = 4)
    @Tag("heavy")
    @Test void editsAtCriticalStatesTeachMoreThanAtRandomOnes() {
        double base = 0, critical = 0, random = 0, least = 1, most = 0;
        int n = Q * Q * Q, known = 600, count = 8;
        for (int seed = 10; seed < 13; seed++) {
            var rng = Rng.of(seed);
            int[] order = rng.permutation(n);
            Tensor[] train = steps(order, 0, known), test = steps(order, known, n);
            var model = new TinyText(TinyText.config(64, 4, 128).causal(), 3, Q + 2, LENGTH, Q, false, rng.split(0));
            var optimizer = new Adam(1e-3).over(model.parameters());
            double reached = 0;
            for (int step = 0; step < 2_000 && reached < 0.45; step++) {
                try (var scope = Scope.open("step")) {
                    optimizer.zeroGrad();
                    var logits = model.forward(train[0]);
                    Loss.crossEntropy(logits.select(1, 3), train[1]).add(Loss.crossEntropy(answer(logits), train[2])).backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                }
                if (step % 5 == 4) reached = accuracy(model.forward(test[0]), test[2]);
            }
            least = Math.min(least, reached);
            most = Math.max(most, reached);
            base += reached / 3;
            var flow = RepresentationTuning.Flow.of(model, "encoder.layers.?.attention",
                    logits -> answer(logits).logSoftmax(1).max(1, false).sum());
            for (int way = 0; way < 2; way++) {
                Tensor there = way == 0 ? flow.critical(train[0], count) : random(rng.split(1), known, count),
                        elsewhere = way == 0 ? flow.critical(test[0], count) : random(rng.split(2), n - known, count);
                var tuning = RepresentationTuning.attach(model, "encoder.layers.?", 2, rng.split(3));
                var edits = new Adam(0.03).over(tuning.parameters());
                for (int step = 0; step < 150; step++) {
                    try (var scope = Scope.open("step")) {
                        edits.zeroGrad();
                        Loss.crossEntropy(answer(tuning.at(there, () -> model.forward(train[0]))), train[2]).backward();
                        edits.step();
                        edits.zeroGrad();
                    }
                }
                double after = accuracy(tuning.at(elsewhere, () -> model.forward(test[0])), test[2]);
                if (way == 0) critical += after / 3;
                else random += after / 3;
                tuning.detach();
            }
        }
        Evidence.of("least held-out accuracy of a base", least, atLeast(0.4));
        Evidence.of("largest", most, atMost(0.7));
        Evidence.of("points of held-out accuracy above the frozen base, mean of 3 seeds", 100 * (critical - base), atLeast(10));
        Evidence.of("accuracy with edits at critical states less at as many random ones", critical - random, above(0));
    }

    private static Tensor random(Rng rng, int rows, int count) {
        return RepresentationTuning.top(Tensor.rand(rng, 3, rows, LENGTH).compute(), count);
    }

    @Test void theWidthIsThatOfTheStatesAndNotOfHeads() {
        var plain = TinyText.config(64, 4, 96);
        var model = new TinyText(plain.withAttention(plain.attention().withQkNorm(true)), 2, 9, 6, 9, false, Rng.of(4));
        assertThat(RepresentationTuning.attach(model, "encoder.layers.?", 2, Rng.of(5)).parameterCount()).isEqualTo(2 * 2 * (2 * 64 + 1));
        var bare = new Linear(5, 5, false, DType.F32, Init.torchLinear(5), Rng.of(1));
        assertThatThrownBy(() -> RepresentationTuning.attach(bare, "*", 2, Rng.of(2))).hasMessageContaining("nothing tells the width");
        assertThat(RepresentationTuning.attach(bare, "*", 2, 5, Rng.of(2)).parameterCount()).isEqualTo(2 * 11);
        var layer = new Linear(5, 5, Rng.of(1));
        var narrow = RepresentationTuning.attach(layer, "*", 2, 4, Rng.of(2));
        assertThatThrownBy(() -> narrow.at(Tensor.ones(1, 1, 2), () -> layer.forward(Tensor.zeros(1, 2, 5))))
                .hasMessageContaining("edits of width 4");
    }

    @Test void anEditRewritesItsSubspaceAndNothingElse() {
        var layer = new Linear(5, 5, Rng.of(1));
        var tuning = RepresentationTuning.attach(layer, "*", 2, Rng.of(2));
        var p = tuning.parameters();
        Autograd.noGrad(() -> p.forEach((name, t) -> t.copy_(Tensor.randn(Rng.of(name.hashCode()), t.shape().toArray()))));
        var x = Tensor.randn(Rng.of(3), 1, 2, 5).compute();
        var h = x.affine(layer.weight(), layer.bias());
        var y = tuning.at(Tensor.of(new float[] {1, 0}, 1, 1, 2), () -> layer.forward(x));
        Tensor r = tuning.subspace(""), w = p.get(".edit_weight"), b = p.get(".edit_bias");
        assertThat(y.select(1, 1).sub(h.select(1, 1)).abs().max().item()).isZero();
        Tensor edited = y.select(1, 0), plain = h.select(1, 0);
        assertThat(edited.matmul(r.transpose()).sub(plain.affine(w, b)).abs().max().item()).as("coordinates inside").isLessThan(1e-5);
        var outside = edited.sub(plain).sub(edited.sub(plain).matmul(r.transpose()).matmul(r));
        assertThat(outside.abs().max().item()).as("change outside").isLessThan(1e-5);
    }

    @Test void flowSeesWhatReachesTheAnswer() {
        var model = model(1);
        var x = sums(Rng.of(2).permutation(P * P * P), 0, 8)[0];
        var scores = flow(model).scores(x);
        assertThat(scores.shape().toArray()).containsExactly(3, 8, 6);
        assertThat(scores.min().item()).isGreaterThanOrEqualTo(0);
        var both = flow(model).scores(x);
        var self = new RepresentationTuning.Flow(model, "encoder.layers.?.attention", flow(model).answer(), true, true, false).scores(x);
        var multi = new RepresentationTuning.Flow(model, "encoder.layers.?.attention", flow(model).answer(), true, false, true).scores(x);
        assertThat(self.add(multi).sub(both).abs().max().item()).isLessThan(1e-5);
        assertThat(multi.select(2, 5).abs().max().item()).as("nothing comes after the last").isZero();
        var received = new RepresentationTuning.Flow(model, "encoder.layers.?.attention", flow(model).answer(), false, true, true)
                .scores(x);
        assertThat(received.sum().item()).as("each query gives one, of each of 4 heads").isCloseTo(3 * 8 * 6 * 4, within(1e-2));
        assertThatThrownBy(() -> RepresentationTuning.attach(model, "nothing.*", 1, Rng.of(1)))
                .hasMessageContaining("no module matches nothing.*");
        assertThatThrownBy(() -> RepresentationTuning.top(scores, 19)).hasMessageContaining("19 of 18 states");
    }
}
