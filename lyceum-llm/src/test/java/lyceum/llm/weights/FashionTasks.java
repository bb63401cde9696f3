package lyceum.llm.weights;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Fashion-MNIST cut in two: classes 0 to 4 and 5 to 9. */
final class FashionTasks {
    final Dataset train, validation, test;

    FashionTasks(int trained, int validated, int tested) {
        var all = Datasets.fashionMnist();
        var rows = Rng.of(77).permutation(all.train().size());
        train = flat(all.train().rows(Arrays.copyOf(rows, trained)));
        validation = flat(all.train().rows(Arrays.copyOfRange(rows, trained, trained + validated)));
        test = flat(all.test().head(tested));
    }

    private static Dataset flat(Dataset data) { return data.flat().to(DType.F32).scaled(1 / 255.0); }

    /** Rows of half 0 or 1; labels stay 0 to 9. */
    static Dataset half(Dataset data, int half) {
        var labels = data.labels();
        return data.rows(IntStream.range(0, labels.length).filter(i -> labels[i] / 5 == half).toArray());
    }

    static Mlp fresh(int width, long seed) { return new Mlp(MlpConfig.classifier(784, 10, width), Rng.of(seed)); }

    static Mlp tuned(Mlp from, Dataset data, Loss loss, double rate, int epochs, long seed) {
        var model = Module.copy(from);
        new Trainer(new Adam(rate), epochs).withBatchSize(100).fit(model, loss, data, Rng.of(seed));
        return model;
    }

    /** Per cent right of ten. */
    static double accuracy(Module model, Dataset data) {
        return Autograd.noGrad(() -> 100 * model.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item());
    }

    /** Cross-entropy over the five outputs of a half: a head of its own. */
    static Loss head(int half) { return (z, y) -> Loss.crossEntropy(z.narrow(1, 5 * half, 5), y.sub(5L * half)); }

    /** Per cent right of the five of a half. */
    static double headAccuracy(Module model, Dataset data, int half) {
        return Autograd.noGrad(() -> 100
                * model.forward(data.x()).narrow(1, 5 * half, 5).argmax(1).add(5L * half).eq(data.y()).to(DType.F64).mean().item());
    }

    static double gap(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }
}
