package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.linalg.Qr;
import lyceum.nn.Activation;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;
import org.junit.jupiter.api.Test;

class FullFineTuneTest {
    private static Sequential network(Rng rng) {
        return new Sequential(new Linear(128, 256, rng), Activation.TANH, new Linear(256, 192, rng), Activation.TANH,
                new Linear(192, 128, rng));
    }

    @Acceptance(topic = "full-fine-tune", clause = 1)
    @Test void thePlanIsWhatAStepHolds() {
        for (var type : List.of(DType.F32, DType.BF16)) {
            var model = Module.to(network(Rng.of(1)), type);
            long numbers = model.parameterCount();
            var plan = TrainingMemory.of(model, new AdamW(1e-3), type);
            var x = Tensor.randn(Rng.of(2), 8, 128).to(type).compute();
            var optimizer = new AdamW(1e-3).over(model.parameters());
            if (type == DType.BF16) optimizer.withMasterWeights();
            model.forward(x).square().mean().backward();
            var held = new ArrayList<Tensor>();
            model.parameters().values().forEach(p -> {
                held.add(p);
                held.add(p.grad().compute());
            });
            optimizer.step();
            held.addAll(optimizer.state().tensors().values());
            var storages = Collections.newSetFromMap(new IdentityHashMap<Tensor, Boolean>());
            storages.addAll(held);
            long bytes = storages.stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum();
            Evidence.of(type + ": planned over allocated bytes, less 1", (double) plan.states() / bytes - 1, atMost(0.01));
            Evidence.of(type + ": allocated over planned bytes, less 1", (double) bytes / plan.states() - 1, atMost(0.01));
            Evidence.of(type + ": planned bytes a parameter", (double) plan.states() / numbers, exactly(16));
        }
    }

    @Acceptance(topic = "full-fine-tune", clause = 2)
    @Test void everyTensorMovesAndEveryElementThatHadAGradient() {
        var rng = Rng.of(3);
        Layer mean = Layer.of(t -> t.mean(1, false));
        var model = new Sequential(new Embedding(30, 8, rng), mean, new Linear(8, 16, rng), Activation.RELU, new Linear(16, 3, rng));
        var x = Tensor.randint(rng, 0, 20, 64, 5).compute(); // words 20 to 29 never occur
        var data = new Dataset(x, Tensor.randint(rng, 0, 3, 64).compute(), List.of(), List.of("a", "b", "c"), "random");
        var before = new LinkedHashMap<String, double[]>();
        model.parameters().forEach((name, p) -> before.put(name, p.toDoubleArray()));
        var hadGradient = new LinkedHashMap<String, boolean[]>();
        BatchLoss plain = BatchLoss.of(model, Loss::crossEntropy, data);
        var run = FineTuner.full(new Trainer(new Adam(1e-3), 3)).start(model, 64, (rows, pass) -> {
            model.parameters().forEach((name, p) -> {
                double[] g = Autograd.grad(w -> plainAt(model, name, w, data, rows)).apply(p.detach()).toDoubleArray();
                var had = hadGradient.computeIfAbsent(name, n -> new boolean[g.length]);
                for (int i = 0; i < g.length; i++) had[i] |= g[i] != 0;
            });
            return plain.of(rows, pass);
        }, null, Rng.of(4));
        while (run.step()) {
        }
        long still = 0, stuck = 0, without = 0;
        for (var entry : model.parameters().entrySet()) {
            double[] old = before.get(entry.getKey()), now = entry.getValue().toDoubleArray();
            boolean moved = false;
            for (int i = 0; i < old.length; i++) {
                moved |= old[i] != now[i];
                if (hadGradient.get(entry.getKey())[i] && old[i] == now[i]) stuck++;
                if (!hadGradient.get(entry.getKey())[i]) without++;
            }
            if (!moved) still++;
        }
        Evidence.of("parameter tensors that did not change", still, exactly(0));
        Evidence.of("elements with a gradient in some step that did not change", stuck, exactly(0));
        Evidence.of("elements that never had one", without, above(79));
    }

    private static Tensor plainAt(Module model, String name, Tensor value, Dataset data, int[] rows) {
        var there = Module.with(model, Map.of(name, value));
        return Loss.crossEntropy(there.forward(data.x().rows(rows)), data.y().rows(rows));
    }

    /** Settles a linear layer on a shifted teacher with whitened inputs; what is left of the sum of squares, over the rows. */
    private static double residual(int rank, double[] sigma, int steps, double rate) {
        int inputs = 12, outputs = sigma.length, rows = 48;
        var rng = Rng.of(31);
        var x = Qr.of(Tensor.randn(rng, DType.F64, rows, inputs)).q().mul(Math.sqrt(rows)).compute();
        Tensor u = Qr.of(Tensor.randn(rng, DType.F64, outputs, outputs)).q(), v = Qr.of(Tensor.randn(rng, DType.F64, inputs, outputs)).q();
        var layer = Module.to(new Linear(inputs, outputs, false, DType.F32, Init.torchLinear(inputs), rng), DType.F64);
        var target = Autograd.noGrad(() -> layer.forward(x).add(x.matmul(v.mul(Tensor.of(sigma)).matmul(u.transpose()))).compute());
        if (rank > 0) Peft.of(layer, new Lora(rank, rank), "shift", rng);
        BatchLoss loss = (rows0, pass) -> layer.forward(x, pass).sub(target).square().sum().div(rows);
        var trainer = new Trainer(new Adam(rate), steps).withBatchSize(rows).withSchedule(new Schedule.Cosine(steps));
        var run = FineTuner.full(trainer).start(layer, rows, loss, null, rng);
        while (run.step()) {
        }
        return Autograd.noGrad(() -> layer.forward(x).sub(target).square().sum().item() / rows);
    }

    @Acceptance(topic = "full-fine-tune", clause = 3)
    @Test void fullTuningReachesTheShiftAndLowRankTheTailSum() {
        var sigma = new double[10];
        for (int i = 0; i < sigma.length; i++) sigma[i] = 2 * Math.pow(1 / 1.25, i);
        Evidence.of("residual of full tuning", residual(0, sigma, 1000, 0.02), below(1e-6));
        double furthest = 0;
        for (int rank : new int[] {1, 2, 4, 8}) {
            double tail = 0;
            for (int i = rank; i < sigma.length; i++) tail += sigma[i] * sigma[i];
            furthest = Math.max(furthest, Math.abs(residual(rank, sigma, 1500, 0.02) / tail - 1));
        }
        Evidence.of("distance of LoRA's residual from the tail sum, over it, ranks 1, 2, 4, 8", furthest, atMost(0.01));
    }

    @Test void frozenWeightsCostTheirBytesAlone() {
        var model = network(Rng.of(1));
        long all = model.parameterCount();
        Peft.of(model, new Lora(2, 2), "a", Rng.of(2));
        long few = model.parameterCount();
        var plan = TrainingMemory.of(model, new AdamW(1e-3), DType.BF16);
        assertThat(plan.weights()).isEqualTo(2 * (all + few));
        assertThat(plan.states() - plan.weights()).isEqualTo(14 * few);
        assertThat(TrainingMemory.of(model, new Sgd(0.1), DType.F32).optimizer()).isZero();
        assertThat(plan.toString()).contains("bytes of states: weights ", "activations 0");
        var x = Tensor.randn(Rng.of(2), 16, 128).compute();
        long one = plan.withActivations(() -> model.forward(x.narrow(0, 0, 8)).sum()).activations(),
                two = plan.withActivations(() -> model.forward(x).sum()).activations();
        assertThat(one).isGreaterThan(8 * 4 * (256 + 192));
        assertThat((double) two / one).isBetween(1.5, 2.1);
        assertThatThrownBy(() -> TrainingMemory.of(model, new Sgd(0.1), DType.I32)).hasMessageContaining("parameters of I32");
    }
}
