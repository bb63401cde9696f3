package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;

import lyceum.DType;
import lyceum.data.scenes.MovingShapes;
import lyceum.linalg.LeastSquares;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.models.vision.VisionTransformerConfig.Pool;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** V-JEPA of moving squares: what a linear map of one vector a clip, the mean over all its tokens, says of how fast the square goes, and where. */
@Tag("heavy")
class JepaOnClipsTest {
    private static final int CLIPS = 2000, BATCH = 32, STEPS = 500;

    @Acceptance(topic = "jepa", clause = 6)
    @Test void velocityIsLinearInTheFeatures() {
        var scene = new MovingShapes(16, 8);
        MovingShapes.Clips train = scene.draw(CLIPS, Rng.of(1)), test = scene.draw(1000, Rng.of(2));
        Tensor seen = standard(train.frames()), held = standard(test.frames());
        var vit = new VisionTransformerConfig(16, 4, 2, 32, 3, 4).withHidden(64).withPool(Pool.MEAN).withClassToken(false);
        var config = new JepaConfig(vit).withFrames(8).withTubelet(2).withMasks(BlockMasks.clips()).withMomentum(0.98);
        var jepa = new Jepa(config, Rng.of(3));
        double pixels = explained(means(seen), train.velocity(), means(held), test.velocity());
        double before = explained(jepa.features(seen, 250), train.velocity(), jepa.features(held, 250), test.velocity());
        new Trainer(new AdamW(2e-3), (STEPS * BATCH + CLIPS - 1) / CLIPS).withBatchSize(BATCH).withSchedule(new Schedule.Cosine(STEPS))
                .withListener(jepa.following(STEPS)).start(jepa, CLIPS, jepa.objective(seen), null, Rng.of(4)).finish(Progress.SILENT);
        double after = explained(jepa.features(seen, 250), train.velocity(), jepa.features(held, 250), test.velocity());
        Evidence.of("R^2 of velocity from the mean of each frame's pixels", pixels, below(0.5)); // else anything would do
        Evidence.of("R^2 of velocity from the encoder before it learned", before, above(0));
        Evidence.of("R^2 of velocity from JEPA's features", after, atLeast(0.8));
    }

    /** Of mean 0 and deviation 1: a sixteenth of the pixels is white. */
    private static Tensor standard(Tensor frames) { return frames.sub(1 / 16.0).mul(16 / Math.sqrt(15)).compute(); }

    private static Tensor means(Tensor frames) { return frames.mean(new int[] {2, 3, 4}, false); }

    /** Share of the variance of both components, on held-out clips, that a linear map of standardised features explains. */
    static double explained(Tensor x, Tensor y, Tensor heldOut, Tensor wanted) {
        Tensor mean = x.mean(0), deviation = x.std(0).add(1e-6);
        double error = 0, total = 0;
        for (int axis = 0; axis < 2; axis++) {
            var w = LeastSquares.solve(ones(x.sub(mean).div(deviation)), y.select(1, axis)).coefficients();
            var truth = wanted.select(1, axis);
            error += ones(heldOut.sub(mean).div(deviation)).matmul(w).sub(truth).square().sum().item();
            total += truth.sub(truth.mean()).square().sum().item();
        }
        return 1 - error / total;
    }

    private static Tensor ones(Tensor x) { return Tensor.concat(1, x.to(DType.F64), Tensor.ones(DType.F64, x.size(0), 1)).compute(); }
}
