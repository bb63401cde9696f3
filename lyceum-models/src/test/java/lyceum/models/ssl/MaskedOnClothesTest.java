package lyceum.models.ssl;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;

import lyceum.autograd.Autograd;
import lyceum.models.vision.PatchEmbedding;
import lyceum.models.vision.VisionTransformer;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Masked autoencoders of 14 x 14 clothes against the mean picture, and their encoders against ones that did not learn. */
@Tag("heavy")
class MaskedOnClothesTest {
    private static final int SEEDS = 3;

    @Acceptance(topic = "mae", clause = 4)
    @Test void hiddenPatchesAreToldAndTheEncoderReadsClothes() {
        double error = 0, gain = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            var mae = LearnedOnClothes.autoencoder(seed);
            error = Math.max(error, share(mae, LearnedOnClothes.train().x(), LearnedOnClothes.test().x(), seed));
            gain += 100 * (probe(mae.encoder()) - probe(new VisionTransformer(LearnedOnClothes.VIT, Rng.of(seed)))) / SEEDS;
        }
        Evidence.of("largest masked-patch error over the mean picture's", error, atMost(0.5));
        Evidence.of("mean points of the probe over the random encoder's", gain, atLeast(3));
    }

    /** Error over hidden patches of held-out pictures, over that of the mean picture at the same patches. */
    private static double share(MaskedAutoencoder mae, Tensor train, Tensor images, int seed) {
        return Autograd.noGrad(() -> {
            var told = mae.reconstruct(images, Pass.sampling(Rng.of(seed)));
            Tensor hidden = told.shuffle().hidden().unsqueeze(2).to(images.dtype()), pixels = PatchEmbedding.patches(images, 2);
            Tensor mean = PatchEmbedding.patches(train.mean(0).unsqueeze(0), 2);
            return told.predicted().sub(pixels).square().mul(hidden).sum().item() / mean.sub(pixels).square().mul(hidden).sum().item();
        });
    }

    private static double probe(VisionTransformer encoder) {
        return LearnedOnClothes.probe(encoder, LearnedOnClothes.train(), LearnedOnClothes.test(), 100, 2);
    }
}
