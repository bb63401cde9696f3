package lyceum.models.vision;

import static lyceum.testing.Bound.above;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.models.Clothes;
import lyceum.models.ssl.LearnedOnClothes;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tiny forms of the variants on 14 x 14 clothes: what a linear map reads from each encoder, against the same encoder before it learned. */
@Tag("heavy")
class VariantsOnClothesTest {
    private static final int IMAGES = 2000;
    private static final VisionTransformerConfig VIT = new VisionTransformerConfig(14, 2, 1, 32, 2, 4).withHidden(64);
    private final Dataset train = Clothes.small(IMAGES), test = Clothes.smallTest(2000);

    private void learn(Module model, int epochs, BatchLoss loss) {
        var trainer = new Trainer(new AdamW(2e-3), epochs).withBatchSize(50);
        trainer.start(model, IMAGES, loss, null, Rng.of(2)).finish(Progress.SILENT);
    }

    private static Tensor seen(VisionEncoder encoder, Tensor x) {
        return encoder.frozen(x, 500, f -> Tensor.concat(1, f.pooled(), f.map().mean(new int[] {2, 3}, false)));
    }

    private double probe(VisionEncoder encoder) {
        Tensor x = seen(encoder, train.x()), mean = x.mean(0), deviation = x.std(0).add(1e-6);
        var probe = new Linear(x.size(1), 10, Rng.of(3));
        new Trainer(new AdamW(1e-2), 15).withBatchSize(50).fit(probe, Loss::crossEntropy,
                Dataset.of(x.sub(mean).div(deviation).compute(), train.y()), Rng.of(4));
        var logits = probe.forward(seen(encoder, test.x()).sub(mean).div(deviation));
        return logits.argmax(1).eq(test.y()).countNonZero().item() / test.size();
    }

    /** Everything that a step learns, under one roof. */
    private static final class Roof extends Module {
        private final Module a, b, c;
        private final Tensor scale, bias;

        Roof(Module a, Module b, Module c) {
            this.a = a;
            this.b = b;
            this.c = c;
            scale = Tensor.full(DType.F32, 2.3).compute().requiresGrad();
            bias = Tensor.full(DType.F32, -3.0).compute().requiresGrad();
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return a.forward(x, pass); }
    }

    private static Tensor unit(Tensor x) { return x.div(x.square().sum(1, true).add(1e-9).sqrt()); }

    @Acceptance(topic = "vit-variants", clause = 6)
    @Test void eachVariantBeatsItsEncoderBeforeItLearned() {
        double random = probe(new VisionTransformer(VIT, Rng.of(1)));

        var teacher = new ResNet(ResNetConfig.cifar(8).withChannels(1).withWidth(8), Rng.of(5));
        learn(teacher, 4, BatchLoss.of(teacher, Loss::crossEntropy, train));
        var deit = new VisionTransformer(VIT.withClasses(10).withDistilled(true), Rng.of(1));
        learn(deit, 5, (rows, pass) -> {
            var x = train.x().rows(rows);
            return VitVariants.hardDistillation(deit.heads(x, pass), train.y().rows(rows),
                    Autograd.noGrad(() -> teacher.forward(x).compute()));
        });
        Evidence.of("DeiT's probe over the random encoder's", probe(deit) - random, above(0));

        var config = new SwinTransformerConfig(1, 1, 16, List.of(2, 2), List.of(2, 4), 7, true, 2, 0, 10, DType.F32);
        var swin = new SwinTransformer(config, Rng.of(1));
        double before = probe(swin);
        learn(swin, 4, BatchLoss.of(swin, Loss::crossEntropy, train));
        Evidence.of("Swin's probe over the random encoder's", probe(swin) - before, above(0));

        var mae = LearnedOnClothes.autoencoder(1).encoder();
        Evidence.of("MAE's probe over the random encoder's", probe(mae) - probe(new VisionTransformer(mae.config(), Rng.of(1))), above(0));

        var dino = LearnedOnClothes.dino().encoder();
        Evidence.of("DINOv2's probe over the random encoder's", probe(dino) - probe(new VisionTransformer(dino.config(), Rng.of(1))),
                above(0));

        var siglip = new Roof(new VisionTransformer(VIT, Rng.of(1)), new Linear(32, 16, Rng.of(8)), new Linear(10, 16, Rng.of(9)));
        learn(siglip, 5, (rows, pass) -> {
            var images = unit(siglip.b.forward(siglip.a.forward(train.x().rows(rows), pass), pass));
            var texts = unit(siglip.c.forward(train.y().rows(rows).oneHot(DType.F32, 10), pass)); // the caption is the class's name
            return VitVariants.sigmoidLoss(images, texts, siglip.scale.exp(), siglip.bias);
        });
        Evidence.of("SigLIP's probe over the random encoder's", probe((VisionTransformer) siglip.a) - random, above(0));
    }
}
