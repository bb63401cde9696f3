package lyceum.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.backend.x86.asm.Feature;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.GptBlock;
import lyceum.nn.Layer;
import lyceum.nn.LeNet;
import lyceum.nn.Linear;
import lyceum.nn.Lstm;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RnnConfig;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.Autocast;
import lyceum.tensor.Tensor;

/** Training steps: forward, cross-entropy, backward and AdamW; and forward and backward alone. Targets of the MLPs and the GPT are for one thread. */
final class NnSuite implements Suite {
    private static final int VOCABULARY = 65, LAYERS = 4, HEADS = 4, WIDTH = 128, BLOCK = 64, BATCH = 12, CLASSES = 10;

    @Override public void measure(SideBySide bench) {
        mlp(bench, 128, 1.5, 784, 512, 512, 10);
        mlp(bench, 1, 5, 784, 512, 512, 10);
        mlp(bench, 32, 5, 4, 64, 2);
        cnn(bench, 32, 30, 3, 20, 40);
        lenet(bench, 64, 3, 32);
        resnet(bench, 64, 3, 32);
        lstm(bench, 32, 100, 256);
        gpt(bench);
        blocks(bench, 12, 12, 768, 4, 64);
    }

    /** Convolutions with batch norms: small enough that what is not a product counts. */
    private static void cnn(SideBySide bench, int batch, int size, Integer... channels) {
        var all = List.of(channels);
        var c = new Case("step of CNN " + String.join("-", all.stream().map(String::valueOf).toList()) + " with batch norms",
                "batch " + batch + ", " + size + "x" + size, DType.F32, Unit.MILLISECONDS)
                .beside("train_cnn", Map.of("channels", all, "size", size, "batch", batch, "classes", CLASSES)).atLeast(1);
        bench.measure(c, () -> {
            var rng = Rng.of(1);
            var layers = new ArrayList<Layer>();
            for (int i = 1; i < all.size(); i++) {
                layers.add(new Conv2d(all.get(i - 1), all.get(i), 3, new Convolution().withPadding(1), rng));
                layers.add(new BatchNorm(all.get(i)));
                layers.add(Activation.RELU);
            }
            layers.add(Layer.of(x -> x.mean(2, 3)));
            layers.add(new Linear(all.getLast(), CLASSES, rng));
            return step(new Sequential(layers), Tensor.randn(Rng.of(2), batch, all.getFirst(), size, size).compute(),
                    Tensor.randint(Rng.of(3), 0, CLASSES, batch).compute());
        });
    }

    private static void lenet(SideBySide bench, int batch, int channels, int size) {
        bench.measure(pictures("LeNet", "pass_lenet", batch, channels, size),
                () -> swept(new LeNet(channels, size, CLASSES, Rng.of(1)), Tensor.randn(Rng.of(2), batch, channels, size, size)));
    }

    private static void resnet(SideBySide bench, int batch, int channels, int size) {
        var config = ResNetConfig.resnet18().withStem(ResNetConfig.Stem.CIFAR).withChannels(channels).withClasses(CLASSES);
        bench.measure(pictures("ResNet-18 for small pictures", "pass_resnet18", batch, channels, size),
                () -> swept(new ResNet(config, Rng.of(1)), Tensor.randn(Rng.of(2), batch, channels, size, size)));
    }

    private static Case pictures(String name, String op, int batch, int channels, int size) {
        return new Case(name + ", forward and backward", "batch " + batch + ", " + channels + "x" + size + "x" + size, DType.F32,
                Unit.MILLISECONDS).beside(op, Map.of("channels", channels, "size", size, "batch", batch, "classes", CLASSES)).atLeast(1);
    }

    private static void lstm(SideBySide bench, int batch, int length, int units) {
        var c = new Case("LSTM " + units + ", forward and backward", "batch " + batch + ", length " + length, DType.F32, Unit.MILLISECONDS)
                .beside("pass_lstm", Map.of("inputs", units, "units", units, "length", length, "batch", batch)).atLeast(1);
        bench.measure(c, () -> swept(new Lstm(new RnnConfig(units, units), Rng.of(1)), Tensor.randn(Rng.of(2), batch, length, units)));
    }

    /** GPT-2's blocks without its ends; in BF16 also beside our F32, where tiles give it twice the pace. */
    private static void blocks(SideBySide bench, int layers, int heads, int width, int batch, int length) {
        var shape = "batch " + batch + "x" + length;
        var name = layers + " blocks of " + width + ", forward and backward";
        for (var type : List.of(DType.F32, DType.BF16)) {
            boolean half = type == DType.BF16;
            var c = new Case(name, shape, type, Unit.MILLISECONDS)
                    .beside("pass_blocks",
                            Map.of("layers", layers, "heads", heads, "width", width, "batch", batch, "length", length, "bf16", half))
                    .atLeast(half ? Double.NaN : 1);
            if (half) c = c.besideOurs("our F32", FeatureLevel.has(Feature.AMX_BF16) ? 2 : Double.NaN,
                    () -> blocks(layers, heads, width, batch, length, DType.F32));
            bench.measure(c, () -> blocks(layers, heads, width, batch, length, type));
        }
    }

    private static Supplier<?> blocks(int layers, int heads, int width, int batch, int length, DType type) {
        var rng = Rng.of(1);
        var all = new Sequential(IntStream.range(0, layers).<Layer>mapToObj(i -> new GptBlock(width, heads, rng)).toList());
        return swept(all, type, Tensor.randn(Rng.of(2), batch, length, width));
    }

    private static Supplier<?> swept(Module network, Tensor x) { return swept(network, DType.F32, x); }

    /** Forward with products of a type, and backward from a gradient of ones. */
    private static Supplier<?> swept(Module network, DType type, Tensor x) {
        var input = x.compute();
        var pass = Pass.training(Rng.of(4));
        Supplier<Tensor> forward = () -> network.forward(input, pass);
        return Sweep.of(true, _ -> computed(type, forward), network.parameters().values().toArray(Tensor[]::new));
    }

    private static Tensor computed(DType type, Supplier<Tensor> forward) {
        return type == DType.F32 ? forward.get() : Autocast.in(type, forward);
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
    static Supplier<?> gpt() { return gpt(VOCABULARY, LAYERS, HEADS, WIDTH, BLOCK, BATCH, DType.F32); }

    /** The same of another size, with products of a type. */
    static Supplier<?> gpt(int vocabulary, int layers, int heads, int width, int block, int batch, DType type) {
        var network = new TinyGpt(vocabulary, layers, heads, width, block, Rng.of(1));
        return step(network, type, Tensor.randint(Rng.of(2), 0, vocabulary, batch, block).compute(),
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
    static Supplier<?> step(Module network, Tensor x, Tensor y) { return step(network, DType.F32, x, y); }

    private static Supplier<?> step(Module network, DType type, Tensor x, Tensor y) {
        var optimizer = new AdamW(1e-3).over(network.parameters());
        var pass = Pass.training(Rng.of(4));
        return () -> {
            optimizer.zeroGrad();
            var logits = computed(type, () -> network.forward(x, pass));
            Loss.crossEntropy(logits.reshape(-1, logits.size(-1)), y).backward();
            optimizer.step();
            optimizer.zeroGrad();
            return optimizer;
        };
    }
}
