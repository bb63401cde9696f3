package lyceum.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Whole training steps: forward, cross-entropy, backward and AdamW. The targets are for one thread. */
final class NnSuite implements Suite {
    @Override public void measure(SideBySide bench) {
        mlp(bench, 128, 1.5, 784, 512, 512, 10);
        mlp(bench, 32, 5, 4, 64, 2);
        gpt(bench);
    }

    private static void gpt(SideBySide bench) {
        int vocabulary = 65, layers = 4, heads = 4, width = 128, block = 64, batch = 12;
        var c = new Case("step of GPT, " + layers + " layers, " + heads + " heads, " + width + " wide", "batch " + batch + "x" + block, DType.F32, Unit.MILLISECONDS)
                .beside("train_gpt", Map.of("vocabulary", vocabulary, "layers", layers, "heads", heads, "width", width, "block", block, "batch", batch)).atLeast(bench.threads() == 1 ? 1.5 : Double.NaN);
        bench.measure(c, () -> step(new TinyGpt(vocabulary, layers, heads, width, block, Rng.of(1)), Tensor.randint(Rng.of(2), 0, vocabulary, batch, block).compute(),
                Tensor.randint(Rng.of(3), 0, vocabulary, (long) batch * block).compute()));
    }

    private static void mlp(SideBySide bench, int batch, double target, Integer... sizes) {
        var all = List.of(sizes);
        int inputs = all.getFirst(), classes = all.getLast();
        var name = String.join("-", all.stream().map(String::valueOf).toList());
        var c = new Case("step of MLP " + name, "batch " + batch, DType.F32, Unit.MILLISECONDS).beside("train_mlp", Map.of("sizes", all, "batch", batch)).atLeast(bench.threads() == 1 ? target : Double.NaN);
        bench.measure(c, () -> {
            var hidden = new ArrayList<>(all.subList(1, all.size() - 1)).stream().mapToInt(Integer::intValue).toArray();
            var network = new Mlp(MlpConfig.classifier(inputs, classes, hidden), Rng.of(1));
            return step(network, Tensor.randn(Rng.of(2), batch, inputs).compute(), Tensor.randint(Rng.of(3), 0, classes, batch).compute());
        });
    }

    private static Supplier<?> step(Module network, Tensor x, Tensor y) {
        var optimizer = new AdamW(1e-3).over(network.parameters());
        var pass = Pass.training(Rng.of(4));
        return () -> {
            optimizer.zeroGrad();
            var logits = network.forward(x, pass);
            Loss.crossEntropy(logits.reshape(-1, logits.size(-1)), y).backward();
            optimizer.step();
            optimizer.zeroGrad();
            return optimizer;
        };
    }
}
