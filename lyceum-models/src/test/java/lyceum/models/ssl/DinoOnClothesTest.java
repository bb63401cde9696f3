package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;

import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.models.vision.VisionTransformer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A small DINOv2 on 14 x 14 clothes: whether it collapses, and what its neighbours say. */
@Tag("heavy")
class DinoOnClothesTest {
    @Acceptance(topic = "dinov2", clause = 4)
    @Test void balanceAndSharpeningKeepItFromCollapse() {
        var healthy = LearnedOnClothes.entropies();
        Evidence.of("looks at the targets", healthy.size(), atLeast(25));
        Evidence.of("largest entropy of a picture's target over log K", perPicture(healthy), below(0.9));
        Evidence.of("least entropy of the mean target over log K", ofMean(healthy), above(0.5));

        var neither = LearnedOnClothes.DINO.withBalance(new PrototypeBalance.None())
                .withTeacherTemperature(LearnedOnClothes.DINO.studentTemperature());
        var collapsed = LearnedOnClothes.distil(new DinoV2(neither, Rng.of(1)), 200);
        Evidence.of("entropy of the mean target over log K without both", ofMean(collapsed.subList(collapsed.size() - 1, collapsed.size())),
                below(0.5));
    }

    private static double perPicture(List<DinoV2.Entropies> seen) {
        return seen.stream().mapToDouble(DinoV2.Entropies::perPicture).max().orElseThrow();
    }

    private static double ofMean(List<DinoV2.Entropies> seen) {
        return seen.stream().mapToDouble(DinoV2.Entropies::ofMean).min().orElseThrow();
    }

    @Acceptance(topic = "dinov2", clause = 5)
    @Test void neighboursTellClothes() {
        double random = neighbours(new VisionTransformer(LearnedOnClothes.DINO.backbone(), Rng.of(1)));
        Evidence.of("points of 10 nearest neighbours over the random encoder's",
                100 * (neighbours(LearnedOnClothes.dino().encoder()) - random), atLeast(3));
    }

    /** Share of held-out pictures whose label most of the 10 nearest by cosine have. */
    private static double neighbours(VisionTransformer encoder) {
        return Autograd.noGrad(() -> {
            Dataset known = LearnedOnClothes.train(), asked = LearnedOnClothes.test();
            Tensor train = unit(encoder.features(known.x(), 500)), test = unit(encoder.features(asked.x(), 500));
            var order = test.matmul(train.transpose()).argsort(1, true).narrow(1, 0, 10).contiguous().toLongArray();
            long[] y = known.y().toLongArray(), wanted = asked.y().toLongArray();
            int right = 0;
            for (int i = 0; i < wanted.length; i++) {
                var votes = new int[10];
                for (int k = 0; k < 10; k++) votes[(int) y[(int) order[10 * i + k]]]++;
                int best = 0;
                for (int c = 1; c < 10; c++) if (votes[c] > votes[best]) best = c;
                if (best == wanted[i]) right++;
            }
            return right / (double) wanted.length;
        });
    }

    private static Tensor unit(Tensor x) { return x.div(x.square().sum(1, true).sqrt()); }
}
