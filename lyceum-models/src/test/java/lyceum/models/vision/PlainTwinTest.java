package lyceum.models.vision;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.models.Clothes;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A narrow network of 50 layers with shortcuts and its twin without, on 14 x 14 clothes. */
class PlainTwinTest {
    private static final ResNetConfig RESIDUAL = ResNetConfig.cifar(50).withChannels(1).withWidth(4), PLAIN = RESIDUAL.withResidual(false);

    private static double lossAfter(ResNetConfig config, Dataset data, int epochs, long seed) {
        var net = new ResNet(config, Rng.of(seed));
        return new Trainer(new Sgd(0.05).withMomentum(0.9), epochs).withBatchSize(40).fit(net, Loss::crossEntropy, data, Rng.of(seed))
                .epochs().getLast().loss();
    }

    /**
     * Mean over pixels of the correlation of one logit's gradient at neighbouring points of a line between two pictures; norms have the
     * statistics of the data.
     */
    private static double autocorrelation(ResNetConfig config, Dataset data, int points, long seed) {
        var net = new ResNet(config, Rng.of(seed));
        for (int i = 0; i < 30; i++) {
            try (var scope = Scope.open()) {
                int from = i * 40 % data.size();
                Autograd.noGrad(() -> net.forward(data.x().narrow(0, from, 40), Pass.training(Rng.of(1))).compute());
            }
        }
        double sum = 0;
        for (int pair = 0; pair < 3; pair++) {
            var t = Tensor.linspace(0, 1, points).to(DType.F32).reshape(points, 1, 1, 1);
            var x = data.x().narrow(0, 2 * pair, 1).mul(t.rsub(1)).add(data.x().narrow(0, 2 * pair + 1, 1).mul(t)).compute().requiresGrad();
            net.forward(x, Pass.inference()).select(1, 0).sum().backward();
            var g = x.grad().to(DType.F64).reshape(points, -1);
            g = g.sub(g.mean(0));
            var products = g.narrow(0, 0, points - 1).mul(g.narrow(0, 1, points - 1)).sum(0).div(g.square().sum(0).add(1e-30));
            sum += products.mean().item();
        }
        return sum / 3;
    }

    @Acceptance(topic = "resnet", clause = 4)
    @Tag("heavy")
    @Test void thePlainTwinLearnsSlowerAndItsGradientsShatter() {
        var data = Clothes.small(400);
        double least = Double.MAX_VALUE, ratio = Double.MAX_VALUE, learned = 0;
        for (int seed = 1; seed <= 2; seed++) {
            least = Math.min(least, autocorrelation(RESIDUAL, data, 64, seed) - autocorrelation(PLAIN, data, 64, seed));
            double residual = lossAfter(RESIDUAL, data, 14, seed);
            ratio = Math.min(ratio, lossAfter(PLAIN, data, 14, seed) / residual);
            learned = Math.max(learned, residual);
        }
        Evidence.of("least gain of the gradients' lag-1 autocorrelation by shortcuts, 64 points, 2 seeds", least, atLeast(0.2));
        Evidence.of("least ratio of the plain twin's loss to the residual one's after 140 steps, 2 seeds", ratio, atLeast(2));
        Evidence.of("largest loss of the residual network", learned, below(1));
    }
}
