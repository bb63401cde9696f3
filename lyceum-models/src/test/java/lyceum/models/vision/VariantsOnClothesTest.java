package lyceum.models.vision;

import static lyceum.testing.Bound.above;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.models.Clothes;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.GradientNorms;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tiny forms of the variants on 14 x 14 clothes: what a linear map reads from each encoder, against the same encoder before it learned. */
@Tag("heavy")
class VariantsOnClothesTest {
    private static final int IMAGES = 2000;
    private static final VisionTransformerConfig VIT = new VisionTransformerConfig(14, 2, 1, 32, 2, 4).withHidden(64);
    private final Dataset train = Clothes.small(IMAGES),
            test = Clothes.smallTest(2000);

    private void learn(Module model, int epochs, BatchLoss loss, Trainer.Listener... listeners) {
        var trainer = new Trainer(new AdamW(2e-3), epochs).withBatchSize(50).withListeners(List.of(listeners));
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
        private final Tensor token, scale, bias;

        Roof(Module a, Module b, Module c, int width) {
            this.a = a;
            this.b = b;
            this.c = c;
            token = Tensor.zeros(1, 1, width).compute().requiresGrad();
            scale = Tensor.full(DType.F32, 2.3).compute().requiresGrad();
            bias = Tensor.full(DType.F32, -3.0).compute().requiresGrad();
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return a.forward(x, pass); }
    }

    private static Tensor unit(Tensor x) { return x.div(x.square().sum(1, true).add(1e-9).sqrt()); }

    /** The same moved by up to a pixel, mirrored in half of the cases. */
    private static Tensor view(Tensor x, Rng rng) {
        var moved = x.pad(2, 1, 1, -0.8).pad(3, 1, 1, -0.8).narrow(2, rng.nextInt(3), 14).narrow(3, rng.nextInt(3), 14);
        return rng.nextDouble() < 0.5 ? moved.flip(3) : moved;
    }

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

        var mae = new VisionTransformer(VIT, Rng.of(1));
        var decoder = new Roof(mae, new TransformerEncoder(VIT.block(), 1, Rng.of(6)), new Linear(32, 4, Rng.of(7)), 32);
        learn(decoder, 20, (rows, pass) -> {
            var x = train.x().rows(rows);
            var order = Tensor.of(pass.rng().permutation(49));
            Tensor visible = order.narrow(0, 0, 16), back = order.argsort(0);
            var seen = mae.through(mae.patches(x, pass).indexSelect(1, visible), pass).narrow(1, 1, 16);
            var all = Tensor.concat(1, seen, decoder.token.expand(rows.length, 33, 32)).indexSelect(1, back)
                    .add(VisionTransformer.sinusoidal(7, 7, 32).to(DType.F32));
            var hidden = back.ge(16).unsqueeze(0).expand(rows.length, 49);
            return VitVariants.maskedError(decoder.c.forward(decoder.b.forward(all, pass), pass), PatchEmbedding.patches(x, 2), hidden,
                    false);
        });
        Evidence.of("MAE's probe over the random encoder's", probe(mae) - random, above(0));

        var student = new Roof(new VisionTransformer(VIT, Rng.of(1)), new Linear(32, 64, Rng.of(8)), new Linear(1, 1, Rng.of(9)), 32);
        var slow = Module.copy(student);
        slow.freeze("*");
        double[] centre = new double[64]; // outlives a step's scope
        learn(student, 8, (rows, pass) -> {
            var x = train.x().rows(rows);
            Tensor one = view(x, pass.rng()), two = view(x, pass.rng());
            var told = Autograd.noGrad(() -> slow.b.forward(unit(slow.a.forward(two)).mul(5)).compute());
            var loss = VitVariants.selfDistillation(student.b.forward(unit(student.a.forward(one, pass)).mul(5), pass), told,
                    Tensor.of(centre).to(DType.F32), 0.2, 0.1).compute();
            double[] mean = told.mean(0).toDoubleArray();
            for (int i = 0; i < 64; i++) centre[i] = 0.9 * centre[i] + 0.1 * mean[i];
            return loss;
        }, new Trainer.Listener() {
            @Override public void epochEnded(TrainingRun run, History.Epoch epoch) {}

            @Override public void stepEnded(TrainingRun run, GradientNorms norms) {
                Autograd.noGrad(() -> slow.state().forEach((name, p) -> p.copy_(p.lerp(student.state().get(name), 0.01))));
            }
        });
        Evidence.of("self-distillation's probe over the random encoder's", probe((VisionTransformer) student.a) - random, above(0));

        var siglip = new Roof(new VisionTransformer(VIT, Rng.of(1)), new Linear(32, 16, Rng.of(8)), new Linear(10, 16, Rng.of(9)), 32);
        learn(siglip, 5, (rows, pass) -> {
            var images = unit(siglip.b.forward(siglip.a.forward(train.x().rows(rows), pass), pass));
            var texts = unit(siglip.c.forward(train.y().rows(rows).oneHot(DType.F32, 10), pass)); // the caption is the class's name
            return VitVariants.sigmoidLoss(images, texts, siglip.scale.exp(), siglip.bias);
        });
        Evidence.of("SigLIP's probe over the random encoder's", probe((VisionTransformer) siglip.a) - random, above(0));
    }
}
