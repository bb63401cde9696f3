package lyceum.models.generative;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.data.Datasets;
import lyceum.linalg.Eigen;
import lyceum.models.Clothes;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.ConvTranspose2d;
import lyceum.nn.Linear;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.prob.MultivariateNormal;
import lyceum.prob.Normal;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VaeTest {
    private static final int DRAWS = 100_000;

    /** ln q(z) - ln p(z) by the distributions of the library, averaged over draws of the unit. */
    @Acceptance(topic = "vae", clause = 1)
    @Test void theDivergenceIsWhatDrawsSay() {
        var rng = Rng.of(1);
        int rows = 6, k = 4;
        Tensor mean = Tensor.randn(rng, DType.F64, rows, k).mul(1.5), logVariance = Tensor.randn(rng, DType.F64, rows, k);
        double[] rates = new Vae.Posterior(mean, logVariance).rates().sum(1).toDoubleArray();
        double worst = 0;
        for (int i = 0; i < rows; i++) {
            var one = new Vae.Posterior(mean.narrow(0, i, 1).expand(DRAWS, k), logVariance.narrow(0, i, 1).expand(DRAWS, k));
            double[] z = one.draw(rng).toDoubleArray(), terms = new double[DRAWS];
            for (int j = 0; j < k; j++) {
                var q = new Normal(mean.item(i, j), Math.exp(logVariance.item(i, j) / 2));
                var p = new Normal(0, 1);
                for (int s = 0; s < DRAWS; s++) terms[s] += q.logDensity(z[s * k + j]) - p.logDensity(z[s * k + j]);
            }
            var t = Tensor.of(terms);
            double error = t.std(0).item() / Math.sqrt(DRAWS);
            assertThat(error / rates[i]).isBetween(1e-4, 0.02); // the estimate tells
            worst = Math.max(worst, Math.abs(t.mean().item() - rates[i]) / error);
        }
        Evidence.of("largest of 6 gaps between formula and 100,000 draws in standard errors", worst, atMost(3));
    }

    @Acceptance(topic = "vae", clause = 2)
    @Test void aLinearOneReachesProbabilisticPca() {
        var rng = Rng.of(2);
        int n = 300, d = 8, k = 3;
        Tensor basis = Tensor.randn(rng, DType.F64, k, d), scale = Tensor.of(1.5, 1, 0.7).reshape(k, 1);
        var x = Tensor.randn(rng, DType.F64, n, k).matmul(basis.mul(scale)).add(Tensor.randn(rng, DType.F64, n, d).mul(0.5)).add(1)
                .compute();
        var vae = Vae.dense(MlpConfig.regressor(d, 1).withDtype(DType.F64),
                new VaeConfig(k).withObservation(new Observation.Gaussian(1, true)), rng);
        double[] law = eigenvalues(x);
        double best = probabilisticPca(law, k), plain = probabilisticPca(law, 0);
        double before = vae.evaluate(x, Rng.of(3)).elbo();
        vae.fit(new Trainer(new Adam(0.06), 1100).withBatchSize(n).withSchedule(new Schedule.Cosine(1100)), x, null, rng, Progress.SILENT);
        double bound = vae.evaluate(x.repeat(0, 20), Rng.of(3)).elbo(), exact = likelihood(vae, x);
        assertThat(before).isLessThan(1.5 * best);
        assertThat((best - plain) / Math.abs(best)).isGreaterThan(0.2); // what a spherical law reaches
        assertThat(exact).isLessThanOrEqualTo(best + 1e-9); // the optimum is one
        Evidence.of("exact likelihood under the closed form's optimum, of it", (best - exact) / Math.abs(best), below(0.005));
        Evidence.of("bound under the closed form's optimum, of it", Math.abs(best - bound) / Math.abs(best), below(0.005));
        assertThat(vae.deviation()).isCloseTo(0.5, Offset.offset(0.02));
    }

    /** Falling eigenvalues of the covariance of rows. */
    private static double[] eigenvalues(Tensor x) {
        var off = x.sub(x.mean(0));
        double[] law = Eigen.symmetricValues(off.transpose().matmul(off).div(x.size(0))).toDoubleArray();
        Arrays.sort(law);
        return Tensor.of(law).flip(0).toDoubleArray();
    }

    /** Tipping and Bishop (1999), equation 8 with their estimates: the largest mean log-likelihood of rows. */
    private static double probabilisticPca(double[] law, int k) {
        double noise = 0, logs = 0;
        for (int i = k; i < law.length; i++) noise += law[i] / (law.length - k);
        for (int i = 0; i < law.length; i++) logs += Math.log(i < k ? law[i] : noise);
        return -0.5 * (law.length * Math.log(2 * Math.PI) + logs + law.length);
    }

    /** Mean ln N(x; b, W W' + s^2 I) of a linear decoder's W and b. */
    private static double likelihood(Vae vae, Tensor x) {
        int k = (int) vae.config().latent().count();
        Tensor b = vae.decode(Tensor.zeros(DType.F64, 1, k)), w = vae.decode(Tensor.eye(DType.F64, k)).sub(b);
        var covariance = w.transpose().matmul(w).add(Tensor.eye(DType.F64, x.size(1)).mul(vae.deviation() * vae.deviation()));
        return new MultivariateNormal(b.toDoubleArray(), covariance.toRows()).logDensity(x).mean().item();
    }

    /** A linear model whose encoder is off after 40 steps, so that the bounds lie apart, and whose likelihood is known. */
    @Acceptance(topic = "vae", clause = 3)
    @Test void moreImportanceWeightsRaiseTheBoundTowardsTheLikelihood() {
        var rng = Rng.of(4);
        var vae = Vae.dense(MlpConfig.regressor(6, 1).withDtype(DType.F64), new VaeConfig(2).withObservation(new Observation.Gaussian(0.8)),
                rng);
        var x = vae.observe(vae.sample(400, rng), rng);
        vae.fit(new Trainer(new Adam(0.02), 40).withBatchSize(400), x, null, rng, Progress.SILENT);
        double[] bounds = new double[3], errors = new double[3], gains = new double[3];
        int[] counts = {1, 8, 64};
        Tensor last = null;
        for (int i = 0; i < 3; i++) {
            var each = vae.bound(x, counts[i], Rng.of(5));
            bounds[i] = each.mean().item();
            if (last != null) {
                gains[i] = each.sub(last).mean().item();
                errors[i] = each.sub(last).std(0).item() / Math.sqrt(400);
            }
            last = each;
        }
        double likelihood = likelihood(vae, x);
        Evidence.of("gain from 1 to 8 codes in standard errors", gains[1] / errors[1], atLeast(-2));
        Evidence.of("gain from 8 to 64 codes in standard errors", gains[2] / errors[2], atLeast(-2));
        Evidence.of("gain from 1 to 64 codes in nats, which are not one bound", bounds[2] - bounds[0], above(0.05));
        Evidence.of("bound of 64 codes above the likelihood in nats", bounds[2] - likelihood, below(0.02));
        assertThat(likelihood - bounds[2]).isLessThan(0.3 * (likelihood - bounds[0]));
        // One code is the evidence lower bound, and many small parts are one sum.
        Tensor few = x.narrow(0, 0, 20).repeat(0, 500), one = vae.bound(few, 1, Rng.of(6));
        assertThat(vae.evaluate(few, Rng.of(6)).elbo()).isCloseTo(one.mean().item(), Offset.offset(4 * one.std(0).item() / 100));
        assertThat(vae.bound(x.narrow(0, 0, 2), 100_000, Rng.of(9)).mean().item()).isCloseTo(likelihood(vae, x.narrow(0, 0, 2)),
                Offset.offset(0.1));
    }

    /** Grey pixels as parts of a coin, whose own entropy no model gets below, and black and white ones, of which the bound is one of a likelihood. */
    @Tag("slow")
    @Acceptance(topic = "vae", clause = 4)
    @Test void clothesAreBoundedFarBelowIndependentPixels() {
        for (boolean coins : new boolean[] {false, true}) {
            var rng = Rng.of(7);
            Tensor train = Clothes.grey(Datasets.fashionMnist().train().head(5000)),
                    test = Clothes.grey(Datasets.fashionMnist().test().head(2000));
            if (coins) {
                train = train.gt(0.5).to(DType.F32).compute();
                test = test.gt(0.5).to(DType.F32).compute();
            }
            var vae = Vae.dense(196, List.of(128), new VaeConfig(10), rng);
            var history = vae.fit(new Trainer(new Adam(5e-3), coins ? 8 : 16).withBatchSize(100), train, null, rng, Progress.SILENT);
            assertThat(history.epochs().getLast().steps()).isEqualTo(coins ? 400 : 800);
            Tensor rate = train.mean(0).mul(5000).add(1).div(5002).to(DType.F64), x = test.to(DType.F64);
            double independent = -x.mul(rate.log()).add(x.rsub(1).mul(rate.rsub(1).log())).sum(1).mean().item();
            var score = vae.evaluate(test, Rng.of(8));
            Evidence.of("minus the bound over the cost of independent " + (coins ? "coins" : "grey pixels"), -score.elbo() / independent,
                    atMost(0.8));
            assertThat(score.active(0.01)).isBetween(3, 10);
            Tensor drawn = vae.sample(500, rng), nearest = Tensor.of(GenerativeMetrics.nearest(drawn, train));
            assertThat(nearest.mean().item())
                    .isLessThan(Tensor.of(GenerativeMetrics.nearest(Tensor.rand(rng, 500, 196), train)).mean().item() / 2);
        }
    }

    /** Central differences of the loss in every parameter, with the draws held. */
    @Test void gradientsAreThoseOfTheLoss() {
        for (var observation : List.of(Observation.BERNOULLI, new Observation.Gaussian(0.7, true))) {
            for (int samples : new int[] {1, 3}) {
                var rng = Rng.of(10);
                var vae = Vae.dense(MlpConfig.regressor(5, 1, 4).withDtype(DType.F64).withActivation(Activation.TANH),
                        new VaeConfig(2).withObservation(observation).withSamples(samples), rng);
                var x = Tensor.rand(rng, DType.F64, 3, 5);
                vae.loss(x, 0, Pass.training(Rng.of(11))).backward();
                assertThat(vae.parameters()).hasSize(observation == Observation.BERNOULLI ? 8 : 9);
                vae.parameters().forEach((name, parameter) -> {
                    var direction = Tensor.randn(Rng.of(12), DType.F64, parameter.shape().toArray());
                    double told = parameter.grad().mul(direction).sum().item(), h = 1e-5;
                    double up = moved(vae, parameter, direction, h, x), down = moved(vae, parameter, direction, -h, x);
                    assertThat(told).as(name).isNotZero().isCloseTo((up - down) / (2 * h), Offset.offset(1e-6));
                });
            }
        }
    }

    private static double moved(Vae vae, Tensor parameter, Tensor direction, double by, Tensor x) {
        return Autograd.noGrad(() -> {
            var before = parameter.detach().copy();
            parameter.add_(direction.mul(by));
            double loss = vae.loss(x, 0, Pass.training(Rng.of(11))).item();
            parameter.copy_(before);
            return loss;
        });
    }

    @Test void whatIsSavedComesBack(@TempDir Path folder) throws IOException {
        var config = new VaeConfig(3).withObservation(new Observation.Gaussian(0.5, true));
        Vae vae = Vae.dense(6, List.of(5), config, Rng.of(1)), other = Vae.dense(6, List.of(5), config, Rng.of(2));
        assertThat(vae.state().keySet()).containsExactly("encoder.layers.0.weight", "encoder.layers.0.bias", "encoder.layers.1.weight",
                "encoder.layers.1.bias", "decoder.layers.0.weight", "decoder.layers.0.bias", "decoder.layers.1.weight",
                "decoder.layers.1.bias", "log_variance");
        vae.save(folder.resolve("vae"));
        other.load(folder.resolve("vae"));
        var x = Tensor.randn(Rng.of(3), 4, 6);
        assertThat(other.bound(x, 5, Rng.of(4)).toDoubleArray()).containsExactly(vae.bound(x, 5, Rng.of(4)).toDoubleArray());
        assertThat(other.sample(2, Rng.of(5)).toDoubleArray()).containsExactly(vae.sample(2, Rng.of(5)).toDoubleArray());
    }

    /** Codes with places, as the compressors of diffusion models have. */
    @Test void convolutionsServeAsWell() {
        var rng = Rng.of(1);
        var halve = new Convolution().withStride(2).withPadding(1);
        var vae = new Vae(new Conv2d(1, 4, 3, halve, rng), new ConvTranspose2d(2, 1, 4, halve, rng), new VaeConfig(2, 4, 4));
        var x = Tensor.rand(rng, 6, 1, 8, 8);
        double before = vae.evaluate(x, Rng.of(2)).elbo();
        vae.fit(new Trainer(new Adam(0.02), 60), x, null, rng, Progress.SILENT);
        assertThat(vae.evaluate(x, Rng.of(2)).elbo()).isGreaterThan(before + 1);
        assertThat(vae.encode(x).shape()).isEqualTo(Shape.of(6, 2, 4, 4));
        assertThat(vae.reconstruct(x).shape()).isEqualTo(x.shape());
        assertThat(vae.forward(x).toDoubleArray()).containsExactly(vae.reconstruct(x).toDoubleArray());
        assertThat(vae.sample(3, rng).shape()).isEqualTo(Shape.of(3, 1, 8, 8));
        assertThat(vae.bound(x, 2, rng).shape()).isEqualTo(Shape.of(6));
        assertThat(vae.evaluate(x, rng).rates()).hasSize(32);
    }

    @Test void lawsOfDataAreDensities() {
        Tensor grid = Tensor.linspace(-6, 6, 2401).reshape(-1, 1), said = Tensor.full(DType.F64, 0.3, 2401, 1);
        var logVariance = Tensor.scalar(2 * Math.log(0.6));
        assertThat(new Observation.Gaussian(0.6).logDensity(grid, said, logVariance).exp().sum().item() * 0.005).isCloseTo(1,
                Offset.offset(1e-9));
        double one = Observation.BERNOULLI.logDensity(Tensor.of(1.0).reshape(1, 1), Tensor.of(0.3).reshape(1, 1), null).exp().item(),
                none = Observation.BERNOULLI.logDensity(Tensor.of(0.0).reshape(1, 1), Tensor.of(0.3).reshape(1, 1), null).exp().item();
        assertThat(one + none).isCloseTo(1, Offset.offset(1e-12));
        assertThat(one).isCloseTo(Observation.BERNOULLI.mean(Tensor.scalar(0.3)).item(), Offset.offset(1e-12));
        Tensor far = Tensor.of(800.0, -800).reshape(1, 2);
        assertThat(Observation.BERNOULLI.logDensity(Tensor.of(0.0, 0).reshape(1, 2), far, null).item()).isEqualTo(-800);
        var drawn = Observation.BERNOULLI.draw(Tensor.full(DType.F64, 0.2, 20_000), null, Rng.of(1));
        assertThat(drawn.mean().item()).isCloseTo(0.2, Offset.offset(0.01));
    }

    @Test void whatDoesNotFitIsNamed() {
        var rng = Rng.of(1);
        var vae = Vae.dense(4, List.of(), new VaeConfig(2), rng);
        var x = Tensor.rand(rng, 3, 4);
        assertThatThrownBy(() -> vae.fit(new Trainer(new Adam(1e-3), 1), x.mul(3), null, rng, Progress.SILENT))
                .hasMessageContaining("for coins");
        assertThatThrownBy(() -> vae.fit(new Trainer(new Adam(1e-3), 1), x.mul(Double.NaN), null, rng, Progress.SILENT))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> vae.loss(x, 0, Pass.inference())).hasMessageContaining("Pass.training");
        assertThatThrownBy(() -> vae.bound(x, 0, rng)).hasMessageContaining("k is 0");
        assertThatThrownBy(() -> new Vae(vae.encoder(), vae.decoder(), new VaeConfig(3)).encode(x)).hasMessageContaining("3 log variances");
        assertThatThrownBy(() -> new Vae(vae.encoder(), new Linear(2, 5, rng), new VaeConfig(2)).loss(x, 0, Pass.training(rng)))
                .hasMessageContaining("(3, 5)");
        assertThatThrownBy(() -> new VaeConfig()).hasMessageContaining("at least one number");
        assertThatThrownBy(() -> new VaeConfig(2).withSamples(0)).hasMessageContaining("samples is 0");
        assertThatThrownBy(() -> new VaeConfig(2).withSamples(5).withBeta(new BetaSchedule.Constant(4))).hasMessageContaining("no beta");
        assertThatThrownBy(() -> new Observation.Gaussian(0)).hasMessageContaining("deviation is 0");
    }
}
