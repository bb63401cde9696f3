package lyceum.train.compress;

import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.train.Trainer;

/** A small network for pictures of 28 x 28, and how it is trained. */
final class FashionCnn {
    static final Fashion DATA = Fashion.of(3000, 2500).pictures();
    private static Sequential trained;

    private FashionCnn() {}

    /** One for all tests of a JVM; a copy for each. */
    static synchronized Sequential trained() {
        if (trained == null) {
            trained = of(Rng.of(3));
            trainer(5).fit(trained, Loss::crossEntropy, DATA.train(), Rng.of(4));
        }
        return Module.copy(trained);
    }

    static Sequential of(Rng rng) {
        var halving = new Convolution().withStride(2).withPadding(1);
        return new Sequential(new Conv2d(1, 16, 3, halving, rng), new BatchNorm(16), Activation.RELU, new Conv2d(16, 32, 3, halving, rng),
                new BatchNorm(32), Activation.RELU, Layer.of(x -> x.reshape(x.size(0), -1)), new Linear(32 * 49, 64, rng), Activation.RELU,
                new Linear(64, 10, rng));
    }

    static Trainer trainer(int epochs) { return new Trainer(new Adam(2e-3), epochs).withBatchSize(100); }
}
