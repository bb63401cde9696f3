package lyceum.models.generative;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.scenes.Sprites;
import lyceum.linalg.Svd;
import lyceum.nn.Activation;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BetaVaeTest {
    private static final double[] SPECTRUM = {8, 4, 2, 1, 0.5, 0.25, 0.08, 0.03};

    /** Rows whose covariance has exactly these eigenvalues, along drawn axes. */
    private static Tensor withSpectrum(int n, Rng rng) {
        int d = SPECTRUM.length;
        var drawn = Tensor.randn(rng, DType.F64, n, d);
        Tensor white = Svd.of(drawn.sub(drawn.mean(0))).u().mul(Math.sqrt(n)), turn = Svd.of(Tensor.randn(rng, DType.F64, d, d)).u();
        return white.mul(Tensor.of(SPECTRUM).sqrt()).matmul(turn).compute();
    }

    @Tag("slow")
    @Acceptance(topic = "beta-vae", clause = 1)
    @Test void latentsStayWhereTheEigenvaluePaysTheToll() {
        double s2 = 0.35;
        var x = withSpectrum(200, Rng.of(1));
        double off = 0, gap = 0;
        double[] betas = {0.5, 1, 2, 4, 8};
        for (double beta : betas) {
            var rng = Rng.of(2);
            var config = new VaeConfig(8).withObservation(new Observation.Gaussian(Math.sqrt(s2)))
                    .withBeta(new BetaSchedule.Constant(beta));
            var vae = Vae.dense(MlpConfig.regressor(8, 1).withDtype(DType.F64), config, rng);
            assertThat(vae.evaluate(x, Rng.of(3)).active(0.01)).isEqualTo(8);
            vae.fit(new Trainer(new Adam(0.06), 1500).withBatchSize(200).withSchedule(new Schedule.Cosine(1500)), x, null, rng,
                    Progress.SILENT);
            long expected = Arrays.stream(SPECTRUM).filter(law -> law > beta * s2).count();
            var found = vae.evaluate(x, Rng.of(3));
            off = Math.max(off, Math.abs(found.active(0.01) - expected));
            double[] rates = found.rates();
            Arrays.sort(rates);
            // At the optimum a direction carries ln(law / (beta s2)) / 2, or nothing.
            for (int i = 0; i < 8; i++) gap = Math.max(gap, Math.abs(rates[7 - i] - Math.max(0, Math.log(SPECTRUM[i] / (beta * s2)) / 2)));
        }
        Evidence.of("largest gap between active numbers of the code and eigenvalues above beta s2, of 5 betas", off, exactly(0));
        assertThat(gap).isLessThan(0.06);
    }

    private static Vae vae(int latents, double beta, Rng rng) {
        return Vae.dense(MlpConfig.regressor(256, 1, 64, 32).withActivation(Activation.TANH),
                new VaeConfig(latents).withObservation(new Observation.Gaussian(0.15)).withBeta(new BetaSchedule.Constant(beta)), rng);
    }

    @Acceptance(topic = "beta-vae", clause = 2)
    @Test void aHigherTollBuysLessCodeAndWorsePictures() {
        var sprites = new Sprites(16, 8, 3, 1);
        var x = sprites.pictures(sprites.all()).reshape(-1, 256).compute();
        double[] betas = {0.5, 1, 4, 16}, rates = new double[4], errors = new double[4];
        for (int i = 0; i < 4; i++) {
            var rng = Rng.of(4);
            var vae = vae(6, betas[i], rng);
            vae.fit(new Trainer(new Adam(5e-3), 75).withBatchSize(48).withSchedule(new Schedule.Cosine(300)), x, null, rng,
                    Progress.SILENT);
            var found = vae.evaluate(x.repeat(0, 5), Rng.of(5));
            rates[i] = found.rate();
            errors[i] = -found.logLikelihood();
        }
        double fall = Double.POSITIVE_INFINITY, rise = Double.POSITIVE_INFINITY;
        for (int i = 1; i < 4; i++) {
            fall = Math.min(fall, rates[i - 1] - rates[i]);
            rise = Math.min(rise, errors[i] - errors[i - 1]);
        }
        Evidence.of("least fall of the divergence between neighbours of 4 betas, in nats", fall, above(0));
        Evidence.of("least rise of the reconstruction's cost, in nats", rise, above(0));
    }

    @Tag("heavy")
    @Acceptance(topic = "beta-vae", clause = 3)
    @Test void aTightCodeDisentanglesSquares() {
        var sprites = new Sprites(16, 12, 1, 1);
        int[][] all = sprites.all();
        var x = sprites.pictures(all).reshape(-1, 256).compute();
        double[] medians = new double[3], betas = {1, 16, 40};
        for (int i = 0; i < 3; i++) {
            var scores = new double[5];
            for (int seed = 0; seed < 5; seed++) {
                var rng = Rng.of(seed + 1);
                var vae = vae(4, betas[i], rng);
                vae.fit(new Trainer(new Adam(5e-3), 400).withBatchSize(48).withSchedule(new Schedule.Cosine(1200)), x, null, rng,
                        Progress.SILENT);
                scores[seed] = new Disentanglement(vae.encode(x), all).mig(20);
            }
            Arrays.sort(scores);
            medians[i] = scores[2];
        }
        Evidence.of("median MIG at the best beta above 1, less that at 1", Math.max(medians[1], medians[2]) - medians[0], atLeast(0));
    }

    @Test void schedulesAreWhatTheySay() {
        var kl = Tensor.scalar(5.0);
        var annealed = new BetaSchedule.Annealed(0, 2, 10);
        assertThat(annealed.price(kl, 0).item()).isZero();
        assertThat(annealed.price(kl, 5).item()).isEqualTo(5);
        assertThat(annealed.price(kl, 50).item()).isEqualTo(10);
        var again = new BetaSchedule.Annealed(0, 1, 10, 20);
        assertThat(again.beta(25)).isEqualTo(0.5);
        assertThat(again.beta(19)).isEqualTo(1);
        var capacity = new BetaSchedule.Capacity(3, 2, 10, 4);
        assertThat(capacity.capacity(2)).isEqualTo(6);
        assertThat(capacity.price(kl, 2).item()).isEqualTo(3);
        assertThat(capacity.price(kl, 0).item()).isEqualTo(9);
        assertThat(BetaSchedule.CONSTANT.price(kl, 7).item()).isEqualTo(5);
        assertThatThrownBy(() -> new BetaSchedule.Constant(-1)).hasMessageContaining("beta is -1");
        assertThatThrownBy(() -> new BetaSchedule.Annealed(0, 1, 10, 5)).hasMessageContaining("period is 5");
        assertThatThrownBy(() -> new BetaSchedule.Capacity(1, 0, 1, 0)).hasMessageContaining("steps is 0");
    }

    /** The price follows the steps of the training, and the capacity is what the code holds. */
    @Test void theCodeHoldsItsCapacity() {
        var x = withSpectrum(100, Rng.of(1));
        var rng = Rng.of(6);
        var config = new VaeConfig(8).withObservation(new Observation.Gaussian(0.6)).withBeta(new BetaSchedule.Capacity(100, 0, 3, 300));
        var vae = Vae.dense(MlpConfig.regressor(8, 1).withDtype(DType.F64), config, rng);
        var run = vae.start(new Trainer(new Adam(0.02), 400).withBatchSize(100), x, null, rng);
        while (run.steps() < 150) run.step();
        assertThat(vae.evaluate(x, Rng.of(7)).rate()).isCloseTo(1.5, Offset.offset(0.3));
        run.finish(Progress.SILENT);
        assertThat(vae.evaluate(x, Rng.of(7)).rate()).isCloseTo(3, Offset.offset(0.3));
        assertThat(vae.beta(BetaSchedule.CONSTANT).parameters().get("encoder.layers.0.weight"))
                .isSameAs(vae.parameters().get("encoder.layers.0.weight"));
    }
}
