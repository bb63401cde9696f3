package lyceum.models.ssl;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;

import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.models.Clothes;
import lyceum.models.vision.PatchEmbedding;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.LinearProbe;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Masked autoencoders of 14 x 14 clothes against the mean picture, and their encoders against ones that did not learn. */
@Tag("heavy")
class MaskedOnClothesTest {
    private static final int IMAGES = 4000, SEEDS = 3, A_CLASS = 100, STEPS = 1000;
    private static final VisionTransformerConfig VIT = new VisionTransformerConfig(14, 2, 1, 32, 4, 4).withHidden(64)
            .withPool(VisionTransformerConfig.Pool.MEAN).withPositions(VisionTransformerConfig.Positions.SINUSOIDAL);

    @Acceptance(topic = "mae", clause = 4)
    @Test void hiddenPatchesAreToldAndTheEncoderReadsClothes() {
        Dataset train = Clothes.small(IMAGES), test = Clothes.smallTest(2000);
        double error = 0, gain = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            var mae = new MaskedAutoencoder(new MaskedAutoencoderConfig(VIT), Rng.of(seed));
            double before = probe(mae.encoder(), train, test, seed);
            new Trainer(new AdamW(4e-3), STEPS * 64 / IMAGES).withBatchSize(64).withSchedule(new Schedule.Cosine(STEPS))
                    .start(mae, IMAGES, mae.objective(train.x()), null, Rng.of(seed)).finish(Progress.SILENT);
            double after = probe(mae.encoder(), train, test, seed), share = share(mae, train.x(), test.x(), seed);
            error = Math.max(error, share);
            gain += 100 * (after - before) / SEEDS;
        }
        Evidence.of("largest masked-patch error over the mean picture's", error, atMost(0.5));
        Evidence.of("mean points of the probe over the random encoder's", gain, atLeast(3));
    }

    /** Error over hidden patches of held-out pictures, over that of the mean picture at the same patches. */
    static double share(MaskedAutoencoder mae, Tensor train, Tensor images, int seed) {
        return Autograd.noGrad(() -> {
            var told = mae.reconstruct(images, Pass.sampling(Rng.of(seed)));
            Tensor hidden = told.shuffle().hidden().unsqueeze(2).to(images.dtype()), pixels = PatchEmbedding.patches(images, 2);
            Tensor mean = PatchEmbedding.patches(train.mean(0).unsqueeze(0), 2);
            return told.predicted().sub(pixels).square().mul(hidden).sum().item() / mean.sub(pixels).square().mul(hidden).sum().item();
        });
    }

    /** Accuracy of a linear probe of 100 labels a class. */
    static double probe(VisionTransformer encoder, Dataset train, Dataset test, int seed) {
        var few = perClass(train.shuffled(Rng.of(seed)), A_CLASS);
        return LinearProbe.fit(encoder.features(few.x(), 500), few.y()).accuracy(encoder.features(test.x(), 500), test.y());
    }

    static Dataset perClass(Dataset data, int each) {
        var left = new int[10];
        var rows = new java.util.ArrayList<Integer>();
        long[] y = data.y().toLongArray();
        for (int i = 0; i < y.length; i++) if (left[(int) y[i]]++ < each) rows.add(i);
        return data.rows(rows.stream().mapToInt(i -> i).toArray());
    }
}
