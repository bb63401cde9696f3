package lyceum.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Whole training steps: forward, cross-entropy, backward and AdamW. The targets are for one thread. */
final class NnSuite implements Suite {
    private static final int VOCABULARY = 65, LAYERS = 4, HEADS = 4, WIDTH = 128, BLOCK = 64, BATCH = 12;

    @Override public void measure(SideBySide bench) {
        mlp(bench, 128, 1.5, 784, 512, 512, 10);
        mlp(bench, 32, 5, 4, 64, 2);
        cnn(bench, 32, 30, 3, 20, 40);
        gpt(bench);
    }

    /** Convolutions with batch norms: small enough that what is not a product counts. */
    private static void cnn(SideBySide bench, int batch, int size, Integer... channels) {
        var all = List.of(channels);
        int classes = 10;
        var c = new Case("step of CNN " + String.join("-", all.stream().map(String::valueOf).toList()) + " with batch norms",
                "batch " + batch + ", " + size + "x" + size, DType.F32, Unit.MILLISECONDS)
                .beside("train_cnn", Map.of("channels", all, "size", size, "batch", batch, "classes", classes)).atLeast(1);
        bench.measure(c, () -> {
            var rng = Rng.of(1);
            var layers = new ArrayList<Layer>();
            for (int i = 1; i < all.size(); i++) {
                layers.add(new Conv2d(all.get(i - 1), all.get(i), 3, new Convolution().withPadding(1), rng));
                layers.add(new BatchNorm(all.get(i)));
                layers.add(Activation.RELU);
            }
            layers.add(Layer.of(x -> x.mean(2, 3)));
            layers.add(new Linear(all.getLast(), classes, rng));
            return step(new Sequential(layers), Tensor.randn(Rng.of(2), batch, all.getFirst(), size, size).compute(),
                    Tensor.randint(Rng.of(3), 0, classes, batch).compute());
        });
    }

    private static void gpt(SideBySide bench) {
        var c = new Case("step of GPT, " + LAYERS + " layers, " + HEADS + " heads, " + WIDTH + " wide", "batch " + BATCH + "x" + BLOCK,
                DType.F32, Unit.MILLISECONDS)
                .beside("train_gpt",
                        Map.of("vocabulary", VOCABULARY, "layers", LAYERS, "heads", HEADS, "width", WIDTH, "block", BLOCK, "batch", BATCH))
                .atLeast(bench.threads() == 1 ? 1.5 : Double.NaN);
        bench.measure(c, NnSuite::gpt);
    }

    /** A step of the GPT. */
    static Supplier<?> gpt() { return gpt(VOCABULARY, LAYERS, HEADS, WIDTH, BLOCK, BATCH); }

    /** The same of another size. */
    static Supplier<?> gpt(int vocabulary, int layers, int heads, int width, int block, int batch) {
        var network = new TinyGpt(vocabulary, layers, heads, width, block, Rng.of(1));
        return step(network, Tensor.randint(Rng.of(2), 0, vocabulary, batch, block).compute(),
                Tensor.randint(Rng.of(3), 0, vocabulary, (long) batch * block).compute());
    }

    private static void mlp(SideBySide bench, int batch, double target, Integer... sizes) {
        var all = List.of(sizes);
        int inputs = all.getFirst(), classes = all.getLast();
        var name = String.join("-", all.stream().map(String::valueOf).toList());
        var c = new Case("step of MLP " + name, "batch " + batch, DType.F32, Unit.MILLISECONDS)
                .beside("train_mlp", Map.of("sizes", all, "batch", batch)).atLeast(bench.threads() == 1 ? target : Double.NaN);
        bench.measure(c, () -> {
            var hidden = new ArrayList<>(all.subList(1, all.size() - 1)).stream().mapToInt(Integer::intValue).toArray();
            var network = new Mlp(MlpConfig.classifier(inputs, classes, hidden), Rng.of(1));
            return step(network, Tensor.randn(Rng.of(2), batch, inputs).compute(), Tensor.randint(Rng.of(3), 0, classes, batch).compute());
        });
    }

    /** A step of a classifier. */
    static Supplier<?> step(Module network, Tensor x, Tensor y) {
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
