package lyceum.models.generative;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.Mode;
import lyceum.data.Datasets;
import lyceum.linalg.Svd;
import lyceum.nn.Activation;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AutoencoderTest {
    private static Trainer trainer(double rate, int epochs, int batch, int rows) {
        return new Trainer(new Adam(rate), epochs).withBatchSize(batch)
                .withSchedule(new Schedule.Cosine((long) epochs * ((rows + batch - 1) / batch)));
    }

    private static Tensor digits() { return Datasets.digits().x().to(DType.F32).reshape(-1, 64).compute(); }

    /** Against the singular vectors of the data. */
    @Acceptance(topic = "autoencoders", clause = 1)
    @Test void theLinearOneIsPca() {
        var x = digits().to(DType.F64);
        x = x.sub(x.mean(0)).div(16).compute();
        int n = (int) x.size(0);
        var rng = Rng.of(1);
        var model = Autoencoder.dense(MlpConfig.regressor(64, 10).withDtype(DType.F64), new AutoencoderConfig(), rng);
        model.fit(trainer(0.06, 100, 300, n), x, null, rng, Progress.SILENT);
        var svd = Svd.of(x);
        double[] s = svd.s().toDoubleArray();
        double best = 0;
        for (int i = 10; i < s.length; i++) best += s[i] * s[i] / n;
        double error = model.errors(x).mean().item();
        assertThat(error).isGreaterThanOrEqualTo(best * (1 - 1e-9));
        Evidence.of("error over that of PCA, less 1", error / best - 1, below(0.01));
        Tensor columns = model.decode(Tensor.eye(DType.F64, 10)).sub(model.decode(Tensor.zeros(DType.F64, 1, 10))).transpose();
        Evidence.of("largest principal angle in rad", largestAngle(columns, svd.v().narrow(1, 0, 10)), below(0.05));
    }

    /** Between the spans of columns: the sine is the largest singular value of what is left of one basis beside the other. */
    static double largestAngle(Tensor columns, Tensor basis) {
        var own = Svd.of(columns).u();
        return Math.asin(Math.min(1, Svd.values(own.sub(basis.matmul(basis.transpose().matmul(own)))).max().item()));
    }

    /** Against the whole Jacobian of each row by forward mode, differences, and Rifai's formula of one layer. */
    @Acceptance(topic = "autoencoders", clause = 2)
    @Test void theContractivePenaltyIsTheJacobiansSquare() {
        var rng = Rng.of(2);
        var one = MlpConfig.regressor(7, 4).withDtype(DType.F64);
        var deep = MlpConfig.regressor(7, 4, 6, 5).withActivation(Activation.TANH).withDtype(DType.F64);
        var penalty = new CodePenalty.Contractive(0.3);
        double jacobian = 0, differences = 0;
        for (var network : List.of(one, deep)) {
            var config = new AutoencoderConfig().withCode(Activation.SIGMOID).withPenalty(penalty);
            var model = Autoencoder.dense(network, config, rng);
            var x = Tensor.randn(rng, DType.F64, 9, 7);
            UnaryOperator<Tensor> encoder = z -> model.code(z, Pass.inference());
            double[] told = penalty.squaredJacobian(encoder, x, null).toDoubleArray();
            double mean = 0;
            for (int i = 0; i < 9; i++) {
                var row = x.narrow(0, i, 1);
                double whole = Autograd.jacobian(encoder, row, Mode.FORWARD).square().sum().item(), steps = 0;
                for (int j = 0; j < 7; j++) {
                    var step = Tensor.eye(DType.F64, 7).narrow(0, j, 1).mul(1e-5);
                    steps += encoder.apply(row.add(step)).sub(encoder.apply(row.sub(step))).div(2e-5).square().sum().item();
                }
                jacobian = Math.max(jacobian, Math.abs(told[i] - whole) / whole);
                differences = Math.max(differences, Math.abs(told[i] - steps) / steps);
                mean += whole / 9;
            }
            double plain = new Autoencoder(model.encoder(), model.decoder(), config.withPenalty(CodePenalty.NONE)).loss(x, Pass.inference())
                    .item();
            assertThat(model.loss(x, Pass.inference()).item() - plain).isCloseTo(0.3 * mean, Offset.offset(1e-9));
            if (network == one) {
                Tensor h = encoder.apply(x), slope = h.mul(h.rsub(1)).square(), w = model.parameters().get("encoder.layers.0.weight");
                assertThat(slope.matmul(w.square().sum(1)).sub(Tensor.of(told)).abs().max().item()).isLessThan(1e-12);
            }
            var estimate = new CodePenalty.Contractive(1, 4000).squaredJacobian(encoder, x.narrow(0, 0, 2), rng).toDoubleArray();
            for (int i = 0; i < 2; i++) assertThat(estimate[i] / told[i]).isCloseTo(1, Offset.offset(0.1));
        }
        Evidence.of("off the Jacobian's square, of it", jacobian, atMost(1e-5));
        Evidence.of("off the square by differences, of it", differences, atMost(1e-5));
    }

    @Acceptance(topic = "autoencoders", clause = 3)
    @Test void noiseIsTakenOffUnseenDigits() {
        var x = digits();
        Tensor train = x.narrow(0, 0, 1400), test = x.narrow(0, 1400, 397);
        var rng = Rng.of(3);
        var model = Autoencoder.dense(64, List.of(128), 32, new AutoencoderConfig().withCorruption(new Corruption.Gaussian(4)), rng);
        model.fit(trainer(3e-3, 30, 64, 1400), train, null, rng, Progress.SILENT);
        var noisy = test.add(Tensor.randn(Rng.of(4), DType.F32, 397, 64).mul(4));
        double before = noisy.sub(test).square().mean().item(), after = model.reconstruct(noisy).sub(test).square().mean().item();
        assertThat(before).isCloseTo(16, Offset.offset(0.5));
        Evidence.of("squared error left of the noise's", after / before, atMost(0.5));
    }

    @Acceptance(topic = "autoencoders", clause = 4)
    @Test void twoNumbersOfABentCodeSayMoreThanTwoComponents() {
        var x = digits().div(16);
        Tensor train = x.narrow(0, 0, 1400).compute(), test = x.narrow(0, 1400, 397).compute(), mean = train.mean(0);
        var rng = Rng.of(5);
        var network = MlpConfig.regressor(64, 2, 128, 32).withActivation(Activation.TANH);
        var model = Autoencoder.dense(network, new AutoencoderConfig(), rng);
        model.fit(trainer(5e-3, 30, 64, 1400), train, null, rng, Progress.SILENT);
        var basis = Svd.of(train.sub(mean).to(DType.F64)).v().narrow(1, 0, 2);
        Evidence.of("error over that of PCA on digits it learned", model.errors(train).mean().item() / left(train, mean, basis), below(1));
        Evidence.of("and on others", model.errors(test).mean().item() / left(test, mean, basis), below(1));
    }

    private static double left(Tensor x, Tensor mean, Tensor basis) {
        var off = x.sub(mean).to(DType.F64);
        return off.sub(off.matmul(basis).matmul(basis.transpose())).square().sum(1).mean().item();
    }

    private static List<Autoencoder> variants(DType type) {
        var rng = Rng.of(6);
        var network = MlpConfig.regressor(6, 3, 5).withActivation(Activation.TANH).withDtype(type);
        var plain = new AutoencoderConfig().withCode(Activation.SIGMOID);
        return List.of(Autoencoder.dense(network, plain, rng), Autoencoder.tied(network, plain, rng),
                Autoencoder.dense(network, plain.withPenalty(new CodePenalty.L1(0.1)), rng),
                Autoencoder.dense(network, plain.withPenalty(new CodePenalty.ActivityKl(0.1, 0.5)), rng),
                Autoencoder.dense(network, plain.withPenalty(new CodePenalty.Contractive(0.2)), rng),
                Autoencoder.dense(network, plain.withPenalty(new CodePenalty.Contractive(0.2, 2)), rng),
                Autoencoder.tied(network, plain.withCorruption(new Corruption.Masking(0.3)).withPenalty(new CodePenalty.L1(0.1)), rng));
    }

    /** Central differences of the loss along a direction in each parameter, with the draws held. */
    @Test void gradientsAreThoseOfTheLoss() {
        var x = Tensor.randn(Rng.of(7), DType.F64, 4, 6);
        for (var model : variants(DType.F64)) {
            model.loss(x, Pass.training(Rng.of(8))).backward();
            model.parameters().forEach((name, parameter) -> {
                var direction = Tensor.randn(Rng.of(9), DType.F64, parameter.shape().toArray());
                double told = parameter.grad().mul(direction).sum().item(), h = 1e-5;
                double slope = (moved(model, parameter, direction, h, x) - moved(model, parameter, direction, -h, x)) / (2 * h);
                assertThat(told).as(name).isNotZero().isCloseTo(slope, Offset.offset(1e-7));
            });
        }
    }

    private static double moved(Autoencoder model, Tensor parameter, Tensor direction, double by, Tensor x) {
        var before = parameter.detach().copy().compute();
        Autograd.noGrad(() -> parameter.add_(direction.mul(by)));
        double loss = model.loss(x, Pass.training(Rng.of(8))).item();
        Autograd.noGrad(() -> parameter.copy_(before));
        return loss;
    }

    @Test void tiedOnesHaveHalfOfTheWeights() {
        Autoencoder free = variants(DType.F32).get(0), tied = variants(DType.F32).get(1);
        assertThat(tied.state().keySet()).containsExactly("encoder.layers.0.weight", "encoder.layers.0.bias", "encoder.layers.1.weight",
                "encoder.layers.1.bias", "decoder.0.bias", "decoder.2.bias");
        assertThat(free.parameterCount() - tied.parameterCount()).isEqualTo(6 * 5 + 5 * 3);
        var w = tied.parameters().get("encoder.layers.1.weight");
        Tensor z = Tensor.randn(Rng.of(1), 2, 3), first = tied.parameters().get("encoder.layers.0.weight");
        var by = z.matmul(w).tanh().matmul(first);
        assertThat(tied.decode(z).sub(by).abs().max().item()).isLessThan(1e-6);
        var copy = Module.copy(tied);
        Autograd.noGrad(() -> copy.parameters().get("encoder.layers.0.weight").zero_());
        assertThat(copy.decode(z).abs().max().item()).isZero();
        assertThat(tied.decode(z).abs().max().item()).isPositive();
    }

    @Test void whatIsSavedComesBack(@TempDir Path folder) throws IOException {
        var x = Tensor.randn(Rng.of(1), 3, 6);
        List<Autoencoder> models = variants(DType.F32);
        for (int i = 0; i < 2; i++) {
            models.get(i).save(folder.resolve("model"));
            var other = i == 0 ? models.get(2) : models.get(6);
            other.load(folder.resolve("model"));
            assertThat(other.reconstruct(x).toDoubleArray()).containsExactly(models.get(i).reconstruct(x).toDoubleArray());
        }
    }

    @Test void convolutionsServeAsWell() {
        var rng = Rng.of(1);
        var model = Autoencoder.convolutional(1, 8, List.of(4, 8), 5, new AutoencoderConfig(), rng);
        var x = Datasets.digits().x().to(DType.F32).reshape(-1, 1, 8, 8).narrow(0, 0, 200).div(16).compute();
        double before = model.errors(x).mean().item();
        model.fit(new Trainer(new Adam(5e-3), 5), x, x, rng, Progress.SILENT);
        assertThat(model.errors(x).mean().item()).isLessThan(before / 2);
        assertThat(model.encode(x).shape()).isEqualTo(Shape.of(200, 5));
        assertThat(model.reconstruct(x).shape()).isEqualTo(x.shape());
        assertThatThrownBy(() -> Autoencoder.convolutional(1, 10, List.of(4, 8), 5, new AutoencoderConfig(), rng))
                .hasMessageContaining("halve a side of 10");
    }

    @Test void sparseCodesAreMostlyOff() {
        var x = digits().div(16).narrow(0, 0, 600).compute();
        var network = MlpConfig.regressor(64, 80);
        double[] on = new double[3];
        var configs = List.of(new AutoencoderConfig().withCode(Activation.RELU),
                new AutoencoderConfig().withCode(Activation.RELU).withPenalty(new CodePenalty.L1(0.3)),
                new AutoencoderConfig().withCode(Activation.SIGMOID).withPenalty(new CodePenalty.ActivityKl(0.05, 1)));
        for (int i = 0; i < 3; i++) {
            var rng = Rng.of(2);
            var model = Autoencoder.dense(network, configs.get(i), rng);
            model.fit(new Trainer(new Adam(5e-3), 15), x, null, rng, Progress.SILENT);
            on[i] = i < 2 ? model.encode(x).gt(1e-3).to(DType.F32).mean().item() : model.encode(x).mean().item();
        }
        assertThat(on[1]).isLessThan(on[0] / 2);
        assertThat(on[2]).isBetween(0.02, 0.1);
    }

    @Test void penaltiesAndNoiseAreWhatTheySay() {
        var code = Tensor.of(0.2, 0.5, 0.4, 0.1).reshape(2, 2);
        assertThat(new CodePenalty.L1(2).of(null, code, code, null).item()).isCloseTo(2 * 1.2 / 2, Offset.offset(1e-12));
        double expected = 0;
        for (double p : new double[] {0.3, 0.3}) expected += 0.1 * Math.log(0.1 / p) + 0.9 * Math.log(0.9 / (1 - p));
        assertThat(new CodePenalty.ActivityKl(0.1, 3).of(null, code, code, null).item()).isCloseTo(3 * expected, Offset.offset(1e-12));
        var x = Tensor.ones(DType.F64, 20_000, 1);
        assertThat(new Corruption.Masking(0.3).of(x, Rng.of(1)).mean().item()).isCloseTo(0.7, Offset.offset(0.02));
        assertThat(new Corruption.Gaussian(2).of(x, Rng.of(1)).std().item()).isCloseTo(2, Offset.offset(0.05));
        var salted = new Corruption.SaltAndPepper(0.2, -5, 7).of(x, Rng.of(1));
        assertThat(salted.eq(7).to(DType.F64).mean().item()).isCloseTo(0.1, Offset.offset(0.01));
        assertThat(salted.eq(-5).to(DType.F64).mean().item()).isCloseTo(0.1, Offset.offset(0.01));
        assertThat(salted.eq(1).to(DType.F64).mean().item()).isCloseTo(0.8, Offset.offset(0.02));
    }

    /** Rows off the plane where the training data lie are told by their error. */
    @Test void errorsTellAnomalies() {
        var rng = Rng.of(3);
        Tensor basis = Tensor.randn(rng, 2, 8), x = Tensor.randn(rng, 500, 2).matmul(basis).compute();
        var model = Autoencoder.dense(8, List.of(), 2, new AutoencoderConfig(), rng);
        model.fit(trainer(0.03, 30, 50, 500), x, null, rng, Progress.SILENT);
        var odd = Tensor.randn(rng, 100, 8).mul(2);
        assertThat(model.errors(odd).mean().item()).isGreaterThan(100 * model.errors(x).mean().item());
        assertThat(model.errors(x).shape()).isEqualTo(Shape.of(500));
    }

    @Test void whatDoesNotFitIsNamed() {
        var rng = Rng.of(1);
        var noisy = Autoencoder.dense(4, List.of(), 2, new AutoencoderConfig().withCorruption(new Corruption.Gaussian(1)), rng);
        assertThatThrownBy(() -> noisy.loss(Tensor.zeros(2, 4), Pass.inference())).hasMessageContaining("Pass.training");
        assertThatThrownBy(() -> new Autoencoder(noisy.encoder(), noisy.encoder(), new AutoencoderConfig()).errors(Tensor.zeros(2, 4)))
                .hasMessageContaining("4 inputs");
        assertThatThrownBy(() -> Autoencoder.tied(MlpConfig.regressor(4, 2).withDropout(0.1), new AutoencoderConfig(), rng))
                .hasMessageContaining("dropout");
        assertThatThrownBy(() -> new CodePenalty.L1(0)).hasMessageContaining("weight is 0");
        assertThatThrownBy(() -> new CodePenalty.ActivityKl(1, 1)).hasMessageContaining("rate is 1");
        assertThatThrownBy(() -> new CodePenalty.Contractive(1, -1)).hasMessageContaining("-1 directions");
        assertThatThrownBy(() -> new Corruption.Masking(1)).hasMessageContaining("share is 1");
        assertThatThrownBy(() -> new Corruption.Gaussian(-1)).hasMessageContaining("deviation is -1");
    }
}
