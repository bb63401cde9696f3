package lyceum.models.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.models.Architectures;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Norms inside the layers before them: predictions stay. */
class FoldedNormsTest {
    private final Tensor pictures = Tensor.rand(Rng.of(5), 2, 3, 16, 16).compute();

    /** With moments that some learning left. */
    private static <M extends Module> M learned(M network) {
        var rng = Rng.of(3);
        Autograd.noGrad(() -> network.state().forEach((name, t) -> {
            if (name.endsWith("running_var")) t.copy_(Tensor.rand(rng, t.shape().toArray()).add(0.5));
            else if (name.endsWith("running_mean") || name.endsWith("weight") && t.rank() == 1 || name.endsWith("bias"))
                t.copy_(t.add(Tensor.randn(rng, t.shape().toArray()).mul(0.3)));
        }));
        return network;
    }

    private static long norms(Module network) {
        return network.modules().values().stream().filter(m -> m instanceof BatchNorm norm && !norm.isFolded()).count();
    }

    private void folds(Module network, int left) {
        long all = norms(network);
        var expected = Autograd.noGrad(() -> network.forward(pictures));
        var folded = BatchNorm.fold(network, pictures);
        assertThat(all).isPositive();
        assertThat(norms(folded)).isEqualTo(left);
        assertThat(norms(network)).isEqualTo(all);
        var found = Autograd.noGrad(() -> folded.forward(pictures));
        assertThat(found.sub(expected).abs().max().item() / expected.abs().max().item()).isLessThan(1e-5);
        assertThat(folded.state().keySet()).noneMatch(name -> name.contains("running") && left == 0);
        if (left < all) assertThatThrownBy(() -> folded.forward(pictures, Pass.training(Rng.of(1))))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("folded");
    }

    @Test void residualNetworksOfAllKinds() {
        var small = ResNetConfig.cifar(8).withWidth(4).withBlocks(List.of(1, 2)).withClasses(5);
        folds(learned(new ResNet(small, Rng.of(1))), 0);
        folds(learned(new ResNet(small.withShortcut(ResNetConfig.Shortcut.PROJECTION), Rng.of(1))), 0);
        folds(learned(new ResNet(small.withBottleneck(true).withGroups(2).withShortcut(ResNetConfig.Shortcut.PROJECTION), Rng.of(1))), 0);
        folds(learned(new ResNet(small.withStem(ResNetConfig.Stem.IMAGENET), Rng.of(1))), 0);
        // Before activations, the first norm of each of three blocks and the last one read sums.
        folds(learned(new ResNet(small.withPreActivation(true), Rng.of(1))), 4);
    }

    @Test void everyVisionModelThatNormalisesBatches() {
        int found = 0;
        for (var kind : Architectures.all().values()) {
            if (!kind.model().getName().startsWith("lyceum.models.vision.")) continue;
            var network = learned(kind.build(kind.example().config(), Rng.of(1)));
            if (norms(network) == 0) continue;
            folds(network, 0);
            found++;
        }
        assertThat(found).isGreaterThanOrEqualTo(8);
    }

    @Test void featureLevelsStay() {
        var network = learned(new ResNet(ResNetConfig.cifar(8).withWidth(4).withClasses(0), Rng.of(1)));
        var expected = Autograd.noGrad(() -> network.levels(pictures, Pass.inference()));
        var found = Autograd.noGrad(() -> BatchNorm.fold(network, pictures).levels(pictures, Pass.inference()));
        assertThat(found.keySet()).containsExactly("layer1", "layer2", "layer3").isEqualTo(expected.keySet());
        expected.forEach((name, map) -> assertThat(found.get(name).sub(map).abs().max().item() / map.abs().max().item()).isLessThan(1e-5));
    }

    /** What a layer gives is read by its norm and by a sum. */
    private static final class Twice extends Module {
        private final Conv2d conv = new Conv2d(3, 3, 1, Rng.of(1));
        private final BatchNorm norm = new BatchNorm(3);

        @Override protected Tensor compute(Tensor x, Pass pass) {
            var y = conv.forward(x, pass);
            return norm.forward(y, pass).add(y);
        }
    }

    @Test void aLayerThatIsReadTwiceStays() { folds(learned(new Twice()), 1); }
}
