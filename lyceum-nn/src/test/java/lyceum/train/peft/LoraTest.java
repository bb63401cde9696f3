package lyceum.train.peft;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Conv1d;
import lyceum.nn.Conv2d;
import lyceum.nn.Conv3d;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.Twin;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class LoraTest {
    private record Case(Module layer, Tensor x, long count) {}

    /** One of each kind of layer, with its input and what r = 1 costs. */
    private static List<Case> layers() {
        var rng = Rng.of(4);
        return List.of(new Case(new Linear(7, 5, rng), Tensor.randn(rng, 3, 4, 7).compute(), 7 + 5),
                new Case(new Conv1d(3, 6, 5, new Convolution().withPadding(2).withDilation(2), rng), Tensor.randn(rng, 2, 3, 12).compute(),
                        3 * 5 + 6),
                new Case(new Conv2d(3, 8, 3, new Convolution().withStride(2).withPadding(1), rng), Tensor.randn(rng, 2, 3, 9, 8).compute(),
                        3 * 9 + 8),
                new Case(new Conv3d(2, 4, 2, rng), Tensor.randn(rng, 2, 2, 4, 5, 3).compute(), 2 * 8 + 4),
                new Case(new Embedding(11, 6, rng), Tensor.randint(rng, 0, 11, 2, 5).compute(), 11 + 6));
    }

    @Acceptance(topic = "lora", clause = 1)
    @Test void anUpdateBeginsAtNothing() {
        long differ = 0, seen = 0;
        for (boolean stable : new boolean[] {false, true}) for (var c : layers()) {
            byte[] before = TinyText.bits(c.layer.forward(c.x));
            Peft.of(c.layer, new Lora(2, 16).withRankStabilized(stable), "a", Rng.of(5));
            differ += Arrays.equals(before, TinyText.bits(c.layer.forward(c.x))) ? 0 : 1;
            seen++;
        }
        Evidence.of("layers seen: linear, three convolutions, embedding, at both scales", seen, exactly(10));
        Evidence.of("layers whose output differs in a bit", differ, exactly(0));
    }

    private static void randomise(Peft tuning, long seed) {
        var rng = Rng.of(seed);
        Autograd.noGrad(
                () -> tuning.parameters().values().forEach(t -> t.copy_(Tensor.randn(rng, t.dtype(), t.shape().toArray()).mul(0.5))));
    }

    @Acceptance(topic = "lora", clause = 2)
    @Test void mergedAndUnmergedOutputsAgree() {
        double gap = 0, effect = 10;
        for (var c : layers()) {
            var base = c.layer.forward(c.x).compute();
            var tuning = Peft.of(c.layer, new Lora(2, 4), "a", Rng.of(5));
            randomise(tuning, 6);
            var beside = c.layer.forward(c.x).compute();
            tuning.merge();
            gap = Math.max(gap, c.layer.forward(c.x).sub(beside).abs().max().item());
            effect = Math.min(effect, beside.sub(base).abs().max().item());
            tuning.unmerge();
            gap = Math.max(gap, c.layer.forward(c.x).sub(beside).abs().max().item());
        }
        Evidence.of("gap of outputs, five kinds of layers", gap, below(1e-5));
        assertThat(effect).as("the update matters").isGreaterThan(0.1);
    }

    @Acceptance(topic = "lora", clause = 3)
    @Test void gradientsOfBothFactorsEqualPyTorch() {
        var golden = Golden.load("golden/lora.json");
        for (var kind : List.of("linear", "conv", "embedding")) {
            var gap = Gap.relativeBeyondOne();
            var cases = golden.cases(kind);
            for (var c : cases) {
                int[] n = c.ints("input.sizes"); // batch, inputs, outputs, rank
                boolean stable = c.number("input.stable") == 1;
                var twin = new Twin((long) c.number("input.seed"));
                var rng = Rng.of(1);
                Module layer = Module.to(switch (kind) {
                    case "linear" -> new Linear(n[1], n[2], rng);
                    case "conv" -> new Conv2d(n[1], n[2], 3, new Convolution().withStride(2).withPadding(1), rng);
                    default -> new Embedding(n[1], n[2], rng);
                }, DType.F64);
                Peft.of(layer, new Lora(n[3], c.number("input.alpha")).withRankStabilized(stable), "t", rng);
                layer.unfreeze("*");
                twin.fill(layer);
                if (kind.equals("embedding")) {
                    var indices = Tensor.of(c.ints("input.indices")).to(DType.I64);
                    twin.compare(gap, c, layer.parameters(), List.of(), List.of(layer.forward(indices)));
                } else {
                    var x = (kind.equals("linear") ? twin.draw(n[0], n[1]) : twin.draw(n[0], n[1], 6, 5)).requiresGrad();
                    twin.compare(gap, c, layer.parameters(), List.of(x), List.of(layer.forward(x)));
                }
            }
            Evidence.of(kind + ": cases", cases.size(), exactly(10));
            Evidence.of(kind + ": gap of outputs and gradients", gap, below(1e-6));
        }
    }

    @Acceptance(topic = "lora", clause = 4)
    @Test void onWhitenedInputsItLearnsTheTruncatedShift() {
        int inputs = 12, outputs = 10, rows = 48;
        double furthest = 0;
        for (int rank : new int[] {1, 2, 4}) {
            var rng = Rng.of(20 + rank);
            var x = Qr.of(Tensor.randn(rng, DType.F64, rows, inputs)).q().mul(Math.sqrt(rows)).compute(); // X'X = n I
            Tensor u = Qr.of(Tensor.randn(rng, DType.F64, outputs, outputs)).q(),
                    v = Qr.of(Tensor.randn(rng, DType.F64, inputs, outputs)).q();
            var sigma = new double[outputs];
            for (int i = 0; i < outputs; i++) sigma[i] = 2 * Math.pow(1 / 1.2, i); // every gap is 1.2, the least allowed
            var shift = u.mul(Tensor.of(sigma)).matmul(v.transpose()).compute();
            var layer = Module.to(new Linear(inputs, outputs, rng), DType.F64);
            var target = Autograd.noGrad(() -> layer.forward(x).add(x.matmul(shift.transpose())).compute());
            var tuning = Peft.of(layer, new Lora(rank, 2 * rank), "shift", rng);
            var optimizer = new Adam(0.02).over(layer.parameters()).scheduledBy(new Schedule.Cosine(1500));
            for (int step = 0; step < 1500; step++) {
                try (var scope = Scope.open("step")) {
                    optimizer.zeroGrad();
                    layer.forward(x).sub(target).square().mean().backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                }
            }
            Tensor a = tuning.parameters().get("lora_A.weight"), b = tuning.parameters().get("lora_B.weight");
            var best = Svd.of(shift).lowRank(rank);
            var gap = b.detach().matmul(a.detach()).mul(2).sub(best);
            furthest = Math.max(furthest, Math.sqrt(gap.square().sum().item() / best.square().sum().item()));
        }
        Evidence.of("distance of s B A from the truncated SVD, over its norm, ranks 1, 2, 4", furthest, atMost(0.01));
    }

    @Acceptance(topic = "lora", clause = 5)
    @Test void theCountIsTheRankTimesInputsAndOutputs() {
        long wrong = 0, seen = 0;
        for (int rank : new int[] {1, 2, 3, 8}) for (var c : layers()) {
            var tuning = Peft.of(c.layer, new Lora(rank, 4), "a", Rng.of(5));
            wrong += c.layer.parameterCount() == rank * c.count && tuning.parameterCount() == rank * c.count ? 0 : 1;
            seen++;
        }
        Evidence.of("layers and ranks seen", seen, exactly(20));
        Evidence.of("counts other than r (inputs + outputs)", wrong, exactly(0));
    }

    @Test void theScaleIsAlphaOverTheRankOrItsRoot() {
        assertThat(new Lora(4, 8).scale()).isEqualTo(2);
        assertThat(new Lora(4, 8).withRankStabilized(true).scale()).isEqualTo(4);
        var layer = new Linear(Tensor.zeros(2, 2), null);
        var tuning = Peft.of(layer, new Lora(1, 3), "a", Rng.of(1));
        Autograd.noGrad(() -> tuning.parameters().values().forEach(t -> t.fill_(1)));
        assertThat(layer.forward(Tensor.of(1f, 2f).reshape(1, 2)).toDoubleArray()).containsExactly(9, 9);
    }

    @Test void dropoutActsWhileLearningOnTheUpdateAlone() {
        var rng = Rng.of(2);
        var layer = new Linear(50, 4, rng);
        var tuning = Peft.of(layer, new Lora(2, 2).withDropout(0.5), "a", rng);
        var x = Tensor.randn(rng, 8, 50).compute();
        var base = layer.forward(x).toDoubleArray();
        assertThat(layer.forward(x, Pass.training(Rng.of(3))).toDoubleArray()).as("B is zero").isEqualTo(base);
        randomise(tuning, 4);
        assertThat(layer.forward(x, Pass.training(Rng.of(3))).toDoubleArray()).isNotEqualTo(layer.forward(x).toDoubleArray());
    }

    @Test void fusedActivationsStandBackForAnUpdate() {
        var rng = Rng.of(2);
        var network = new Sequential(new Conv2d(2, 3, 3, rng), Activation.RELU);
        var tuning = Peft.of(network, new Lora(2, 2), "a", rng);
        randomise(tuning, 4);
        var x = Tensor.randn(rng, 1, 2, 5, 5).compute();
        assertThat(network.forward(x).min().item()).isGreaterThanOrEqualTo(0);
        tuning.merge();
        var merged = network.forward(x).compute();
        tuning.unmerge();
        assertThat(network.forward(x).sub(merged).abs().max().item()).isLessThan(1e-5);
    }
}
