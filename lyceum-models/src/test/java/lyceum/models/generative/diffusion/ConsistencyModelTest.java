package lyceum.models.generative.diffusion;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.DType;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ConsistencyModelTest {
    private static final EdmPath PATH = new EdmPath();
    private static final double SD = 0.5;
    /** Times come as 250 log t: waves of 5 log t and slower. */
    private static final PointDenoiserConfig CONFIG = new PointDenoiserConfig(2).withTimeScale(0.02);

    @Acceptance(topic = "consistency-models", clause = 1)
    @Test void atTheLeastTimeItIsTheIdentity() {
        int off = 0, moved = 0;
        for (int seed = 1; seed <= 5; seed++)
            for (double deviation : new double[] {0.5, 1.4}) for (double least : new double[] {0.002, 0.01}) {
                var network = new PointDenoiser(CONFIG, Rng.of(seed));
                var model = new ConsistencyModel(network, new EdmPath(least, 80), deviation);
                var x = Tensor.randn(Rng.of(seed), 50, 2).mul(3).compute();
                float[] before = x.toFloatArray(), after = model.at(x, least, null).toFloatArray();
                float[] later = model.at(x, 1, null).toFloatArray();
                for (int i = 0; i < before.length; i++) {
                    if (before[i] != after[i]) off++;
                    if (before[i] != later[i]) moved++;
                }
            }
        Evidence.of("numbers that differ at the least time", off, exactly(0));
        Evidence.of("numbers that differ at time 1", moved, above(1_900));
    }

    private static ConsistencyModel gaussian;

    private static synchronized ConsistencyModel gaussian() {
        if (gaussian == null) {
            var teacher = new MixtureDenoiser(PATH, Prediction.CLEAN, new double[][] {{0, 0}}, new double[] {SD}, new double[] {1});
            var network = new PointDenoiser(CONFIG, Rng.of(1));
            gaussian = new ConsistencyModel(network, PATH, SD);
            int steps = 2_000, rows = 5_120;
            new ConsistencyTraining(steps).distil(gaussian, network, teacher.model(), teacher.draw(rows, Rng.of(2)).to(DType.F32),
                    Planar.trainer(rows, steps, 2e-3), Rng.of(3), Progress.SILENT);
        }
        return gaussian;
    }

    /** The point at the least time of the path through x at t: the flow of a Gaussian scales. */
    private static double scale(double t) { return Math.sqrt((SD * SD + PATH.least() * PATH.least()) / (SD * SD + t * t)); }

    @Tag("slow")
    @Acceptance(topic = "consistency-models", clause = 2)
    @Test void forGaussianDataTheMapIsTheClosedForm() {
        double worst = 0, untrained = 0;
        var fresh = new ConsistencyModel(new PointDenoiser(CONFIG, Rng.of(1)), PATH, SD);
        for (double t : new double[] {0.1, 0.5, 2, 10, 80}) {
            var x = Tensor.randn(Rng.of(11), 2_000, 2).mul(Math.sqrt(SD * SD + t * t)).compute();
            var end = x.mul(scale(t));
            worst = Math.max(worst, gaussian().at(x, t, null).sub(end).norm().item() / end.norm().item());
            untrained = Math.max(untrained, fresh.at(x, t, null).sub(end).norm().item() / end.norm().item());
        }
        Evidence.of("largest relative error of five times", worst, atMost(0.05));
        Evidence.of("of an untrained network", untrained, above(0.3));
    }

    @Tag("slow")
    @Acceptance(topic = "consistency-models", clause = 3)
    @Test void pointsOfOneTrajectoryHaveOneImage() {
        var end = Tensor.randn(Rng.of(12), 500, 2).mul(Math.sqrt(SD * SD + PATH.least() * PATH.least())).compute();
        Tensor sum = Tensor.zeros(500, 2), squares = Tensor.zeros(500, 2);
        for (int i = 0; i < 20; i++) {
            double t = PATH.time(i, 20);
            var image = gaussian().at(end.div(scale(t)), t, null);
            sum = sum.add(image);
            squares = squares.add(image.square());
        }
        // The root mean square over 20 times of the distance from their mean, a trajectory; averaged over trajectories.
        double spread = squares.div(20).sub(sum.div(20).square()).sum(1).div(2).maximum(0.0).sqrt().mean().item();
        Evidence.of("mean spread over the data's deviation", spread / SD, atMost(0.05));
    }

    @Tag("heavy")
    @Acceptance(topic = "consistency-models", clause = 4)
    @Test void oneStepIsNearlyAsGoodAsTheTeachersForty() {
        double one = 0, two = 0, teachers = 0;
        for (int seed = 1; seed <= 3; seed++) {
            double[] found = planar(seed, 2_000);
            one += found[0] / 3;
            two += found[1] / 3;
            teachers += found[2] / 3;
        }
        Evidence.of("one step over the teacher's 40", one / teachers, atMost(2));
        Evidence.of("two steps over one", two / one, atMost(1));
    }

    /** Sliced W2 of one step, of two (noise of 10 anew: by then which mode it will be is open again), and of the teacher's 40. */
    private static double[] planar(int seed, int steps) {
        var teacher = MixtureDenoiser.ring(PATH, Prediction.CLEAN, 8, 2, 0.2);
        var network = new PointDenoiser(CONFIG, Rng.of(seed));
        var model = new ConsistencyModel(network, PATH, 1.4);
        int rows = 5_120;
        new ConsistencyTraining(steps).distil(model, network, teacher.model(), teacher.draw(rows, Rng.of(seed + 10)).to(DType.F32),
                Planar.trainer(rows, steps, 2e-3), Rng.of(seed + 20), Progress.SILENT);
        var data = Planar.points(8_000, 70 + seed);
        var noise = NoiseStreams.of(Rng.of(30 + seed), 8_000);
        var start = teacher.model().start(noise, DType.F32, 2);
        double one = Planar.sliced(model.sample(start, null), data), two = Planar.sliced(model.sample(start, null, noise, 10), data);
        return new double[] {one, two,
                Planar.sliced(new EdmSampler(40).sample(teacher.model(), start, null, noise, Progress.SILENT), data)};
    }

    @Test void trainingFromScratchStagesAndBadInput() {
        var training = new ConsistencyTraining(100).withTargetDecay(0).withHuber(0.03);
        assertThat(training.timesAt(0)).isEqualTo(10);
        assertThat(training.timesAt(50)).isEqualTo(20);
        assertThat(training.timesAt(99)).isEqualTo(40);
        assertThat(training.timesAt(1_000)).isEqualTo(40);
        var data = Tensor.randn(Rng.of(1), 512, 2).mul(SD).compute();
        var network = new PointDenoiser(CONFIG, Rng.of(1));
        var model = new ConsistencyModel(network, PATH, SD);
        double before = training.loss(model, model, null, data, 20, Pass.training(Rng.of(5))).item();
        training.train(model, network, data, Planar.trainer(512, 100, 2e-3), Rng.of(3), Progress.SILENT);
        assertThat(training.loss(model, model, null, data, 20, Pass.training(Rng.of(5))).item()).isLessThan(before);
        var perfect = MixtureDenoiser.ring(PATH, Prediction.CLEAN, 8, 2, 0.2).model();
        var unsure = perfect.with(denoiser -> (x, t, condition, pass) -> {
            var said = denoiser.predict(x, t, condition, pass);
            return Tensor.concat(1, said, said.zerosLike());
        });
        assertThat(training.loss(model, model, unsure, data, 20, Pass.training(Rng.of(5))).item())
                .isEqualTo(training.loss(model, model, perfect, data, 20, Pass.training(Rng.of(5))).item());
        var elsewhere = MixtureDenoiser.ring(new EdmPath(0.01, 50), Prediction.CLEAN, 8, 2, 0.2).model();
        assertThatThrownBy(() -> training.distil(model, network, elsewhere, data, Planar.trainer(512, 1, 1e-3), Rng.of(1), Progress.SILENT))
                .hasMessageContaining("path");
        assertThatThrownBy(() -> model.at(data, 100, null)).hasMessageContaining("100");
        assertThatThrownBy(() -> new EdmPath(0, 1)).hasMessageContaining("rise");
        assertThatThrownBy(() -> new ConsistencyTraining(5).withFirstTimes(1)).hasMessageContaining("at least 2");
    }
}
