package lyceum.nn.loss;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.prob.Gamma;
import lyceum.prob.Normal;
import lyceum.prob.StudentT;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;

class LikelihoodTest {

    @Test
    @Acceptance(topic = "negative-log-likelihood", clause = 1) void equalsTorchForClassesGaussiansAndCounts() {
        Gap classes = Gap.relativeBeyondOne(), gaussian = Gap.relativeBeyondOne(), counts = Gap.relativeBeyondOne();
        var all = LossCase.named("nll", "gaussian", "poisson", "poissonOfRate");
        for (var c : all) c.see(c.name().equals("nll") ? classes : c.name().equals("gaussian") ? gaussian : counts, DType.F64);
        Evidence.of("cases", all.size(), exactly(200));
        Evidence.of("NLLLoss", classes, atMost(1e-6));
        Evidence.of("GaussianNLLLoss", gaussian, atMost(1e-6));
        Evidence.of("PoissonNLLLoss", counts, atMost(1e-6));
        // The same by mean and variance, without the logarithm between.
        for (var c : LossCase.named("gaussian")) {
            Tensor mean = c.prediction().select(1, 0), variance = c.prediction().select(1, 1).exp();
            gaussian.see(c.golden(), "expected.mean", Loss.gaussianNll(mean, variance, c.target()).item());
            double[] slopes = Autograd.grad(v -> Loss.gaussianNll(mean, v, c.target())).apply(variance.compute()).mul(variance)
                    .toDoubleArray(), flat = c.golden().doubles("expected.meanGradient");
            for (int i = 0; i < slopes.length; i++) gaussian.see("variance " + i, slopes[i], flat[2 * i + 1]);
        }
        Evidence.of("GaussianNLLLoss by variance", gaussian, atMost(1e-6));
    }

    @Test
    @Acceptance(topic = "negative-log-likelihood", clause = 2) void ofLogSoftmaxIsCrossEntropy() {
        double f64 = 0, f32 = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(200 + run);
            Tensor z = Tensor.randn(rng, DType.F64, 30, 7, 2).mul(3).compute(), y = Tensor.randint(rng, 0, 7, 30, 2);
            f64 = Math.max(f64, Math.abs(Loss.nll(z.logSoftmax(1), y).item() - Loss.crossEntropy(z, y).item()));
            var single = z.to(DType.F32);
            f32 = Math.max(f32, Math.abs(Loss.nll(single.logSoftmax(1), y).item() / Loss.crossEntropy(single, y).item() - 1));
        }
        Evidence.of("F64", f64, atMost(1e-7));
        Evidence.of("F32, relative", f32, below(1e-6));
    }

    private static double sigma(double x) { return 0.1 + 0.25 * (1 + Math.sin(1.5 * x)); }

    private static double mu(double x) { return Math.sin(2 * x) + 0.3 * x; }

    /** Noise that widens and narrows. */
    private static Dataset noisy(Rng rng, int n) {
        double[] x = new double[n], y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = 6 * rng.nextDouble() - 3;
            y[i] = mu(x[i]) + sigma(x[i]) * rng.nextGaussian();
        }
        return Dataset.of(Tensor.of(x, n, 1).to(DType.F32), Tensor.of(y).to(DType.F32));
    }

    private static Mlp trained(Loss loss, int outputs, Dataset data) {
        var net = new Mlp(MlpConfig.regressor(1, outputs, 32, 32).withActivation(Activation.TANH), Init.glorotUniform(), Rng.of(31));
        for (double rate : new double[] {1e-2, 2e-3}) new Trainer(new Adam(rate), 25).withBatchSize(128).fit(net, loss, data, Rng.of(32));
        return net;
    }

    @Test
    @Acceptance(topic = "negative-log-likelihood", clause = 3) void aNetworkOfMeanAndVarianceFindsTheNoise() {
        Dataset train = noisy(Rng.of(33), 5000), test = noisy(Rng.of(34), 10_000);
        var net = trained(Loss.nll(Likelihood.gaussian()), 2, train);
        Loss squared = (p, y) -> Loss.mse(p.squeeze(1), y);
        var plain = trained(squared, 1, train);
        Autograd.noGrad(() -> {
            var grid = Tensor.linspace(-3, 3, 121);
            double[] said = net.forward(grid.unsqueeze(1).to(DType.F32)).select(1, 1).toDoubleArray(), at = grid.toDoubleArray();
            double error = 0;
            for (int i = 0; i < at.length; i++) error += Math.abs(Math.exp(said[i] / 2) / sigma(at[i]) - 1) / at.length;
            double[] x = test.x().toDoubleArray(), y = test.y().toDoubleArray();
            double generator = 0;
            for (int i = 0; i < x.length; i++) generator -= new Normal(mu(x[i]), sigma(x[i])).logDensity(y[i]) / x.length;
            double nll = nll(net.forward(test.x()).toRows(), y);
            // The squared-error model says one spread for all: that of its residuals.
            double spread = squared.of(plain.forward(train.x()), train.y()).item();
            double[] means = plain.forward(test.x()).toDoubleArray();
            var constant = new double[means.length][];
            for (int i = 0; i < means.length; i++) constant[i] = new double[] {means[i], Math.log(spread)};
            Evidence.of("mean relative error of sigma(x) on a grid", error, below(0.15));
            Evidence.of("NLL on the test points less the generator's", Math.abs(nll - generator), atMost(0.05));
            Evidence.of("NLL less the squared-error model's", nll - nll(constant, y), below(0));
            return null;
        });
    }

    private static double nll(double[][] rows, double[] y) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) sum -= new Normal(rows[i][0], Math.exp(rows[i][1] / 2)).logDensity(y[i]);
        return sum / y.length;
    }

    /** Two hundred draws each; L-BFGS from zeros over the parameters as the family takes them. */
    @Test
    @Acceptance(topic = "negative-log-likelihood", clause = 4) void minimisingItIsTheClosedFormFitForTenFamilies() {
        var gap = Gap.relativeBeyondOne();
        var fits = new Fits(gap, new TreeSet<>());
        for (int run = 0; run < 5; run++) {
            var rng = Rng.of(400 + run);
            double[] normal = new double[200], positive = new double[200], counts = new double[200], ones = new double[200],
                    few = new double[200];
            for (int i = 0; i < 200; i++) {
                normal[i] = 1.5 + 0.8 * rng.nextGaussian();
                positive[i] = 0.2 - Math.log(1 - rng.nextDouble()) - Math.log(1 - rng.nextDouble());
                counts[i] = Math.floor(-3 * Math.log(1 - rng.nextDouble()));
                ones[i] = rng.nextDouble() < 0.3 ? 1 : 0;
                few[i] = i < 3 ? i : Math.floor(3 * Math.pow(rng.nextDouble(), 2));
            }
            var logs = Arrays.stream(positive).map(Math::log).toArray();
            double m = mean(normal), l = mean(logs), p = mean(positive), c = mean(counts), q = mean(ones), f = mean(few);
            double inverse = 0, median = sorted(positive), off = 0;
            for (double v : positive) {
                inverse += (1 / v - 1 / p) / 200;
                off += Math.abs(v - median) / 200;
            }
            double scale = off, middle = median;
            fits.see("gaussian", Likelihood.gaussian(), 2, normal, m, Math.log(spread(normal, m)));
            fits.see("logNormal", Likelihood.logNormal(), 2, positive, l, Math.log(spread(logs, l)));
            fits.see("poisson", Likelihood.poisson(), 1, counts, Math.log(c));
            fits.see("exponential", Likelihood.exponential(), 1, positive, -Math.log(p));
            fits.see("bernoulli", Likelihood.bernoulli(), 1, ones, Math.log(q / (1 - q)));
            fits.see("binomial", Likelihood.binomial(4), 1, few, Math.log(f / 4 / (1 - f / 4)));
            fits.see("geometric", Likelihood.geometric(), 1, counts, -Math.log(c));
            fits.see("inverseGaussian", Likelihood.inverseGaussian(), 2, positive, Math.log(p), -Math.log(inverse));
            fits.see("gamma of shape 2", fixed(Likelihood.gamma(), Math.log(2)), 1, positive, Math.log(p));
            fits.see("negative binomial of size 3", fixed(Likelihood.negativeBinomial(), Math.log(3)), 1, counts, Math.log(c));
            fits.see("laplace of known location",
                    (t, y) -> Likelihood.laplace().logDensity(Tensor.concat(-1, t.zerosLike().add(middle), t), y), 1, positive,
                    Math.log(scale));
            fits.see("normal, by its distribution", Likelihood.of(2, t -> new Normal(t[0], Math.exp(t[1]))), 2, normal, m,
                    0.5 * Math.log(spread(normal, m)));
            var shares = new double[3];
            for (double v : few) shares[(int) v] += 1 / 200.0;
            var logits = Tensor.of(minimum(Likelihood.categorical(), 3, Tensor.of(few).to(DType.I64)));
            fits.seen.add("categorical");
            gap.see("categorical", logits.softmax(0).toDoubleArray(), shares);
        }
        Evidence.of("families", fits.seen.size(), exactly(13));
        Evidence.of("parameters", gap, atMost(1e-5));
    }

    private record Fits(Gap gap, Set<String> seen) {
        void see(String name, Likelihood family, int parameters, double[] y, double... closedForm) {
            seen.add(name);
            gap.see(name, minimum(family, parameters, Tensor.of(y)), closedForm);
        }
    }

    private static double[] minimum(Likelihood family, int parameters, Tensor y) {
        var loss = Loss.nll(family);
        return new Lbfgs().withGradientTolerance(1e-9)
                .minimize(Objective.of(t -> loss.of(t.unsqueeze(0).expand(y.count(), parameters), y)), new double[parameters]).x();
    }

    private static Likelihood fixed(Likelihood family, double second) {
        return (t, y) -> family.logDensity(Tensor.concat(-1, t, t.zerosLike().add(second)), y);
    }

    private static double mean(double[] x) { return Arrays.stream(x).sum() / x.length; }

    private static double spread(double[] x, double mean) { return Arrays.stream(x).map(v -> (v - mean) * (v - mean)).sum() / x.length; }

    private static double sorted(double[] x) {
        var sorted = x.clone();
        Arrays.sort(sorted);
        return (sorted[99] + sorted[100]) / 2;
    }

    @Test void logDensitiesEqualScipy() {
        var families = Map.ofEntries(Map.entry("gaussian", Likelihood.gaussian()), Map.entry("logNormal", Likelihood.logNormal()),
                Map.entry("laplace", Likelihood.laplace()), Map.entry("studentT", Likelihood.studentT()),
                Map.entry("poisson", Likelihood.poisson()), Map.entry("negativeBinomial", Likelihood.negativeBinomial()),
                Map.entry("binomial", Likelihood.binomial(9)), Map.entry("geometric", Likelihood.geometric()),
                Map.entry("exponential", Likelihood.exponential()), Map.entry("gamma", Likelihood.gamma()),
                Map.entry("inverseGaussian", Likelihood.inverseGaussian()), Map.entry("beta", Likelihood.beta()),
                Map.entry("mixture", Likelihood.mixture(3, 2, Likelihood.gaussian())));
        Gap f64 = Gap.relativeBeyondOne(), f32 = Gap.relativeBeyondOne();
        var golden = Golden.load("golden/likelihood.json").list("cases");
        for (var c : golden) {
            var name = c.text("name");
            double y = c.number("input.y");
            var target = Tensor.scalar(switch (name) {
                case "logNormal", "exponential", "gamma", "inverseGaussian" -> Math.exp(y);
                case "beta" -> 1 / (1 + Math.exp(-y));
                default -> y;
            });
            var parameters = Tensor.of(c.doubles("input.parameters"));
            f64.see(c, "expected.logDensity", families.get(name).logDensity(parameters, target).item());
            f32.see(c, "expected.logDensity", families.get(name).logDensity(parameters.to(DType.F32), target).item());
        }
        assertThat(golden).hasSize(8 * families.size());
        Evidence.of("F64", f64, below(1e-12));
        Evidence.of("F32", f32, below(1e-4));
    }

    @Test void anyDistributionWithANetworksParameters() {
        var rng = Rng.of(9);
        Tensor theta = Tensor.randn(rng, DType.F64, 5, 2).mul(0.5).compute(), y = Tensor.rand(rng, DType.F64, 5).add(0.2).compute();
        var slow = Loss.nll(Likelihood.of(2, t -> new Gamma(Math.exp(t[1]), Math.exp(t[1] - t[0]))));
        var fast = Loss.nll(Likelihood.gamma());
        Evidence.of("value", Math.abs(slow.of(theta, y).item() - fast.of(theta, y).item()), below(1e-13));
        Evidence.of("gradient", Gap.absolute().see("gamma", Autograd.grad(t -> slow.of(t, y)).apply(theta).toDoubleArray(),
                Autograd.grad(t -> fast.of(t, y)).apply(theta).toDoubleArray()), below(1e-9));
        double t = Likelihood.studentT(4).logDensity(Tensor.of(0.3, -0.2), Tensor.scalar(2)).item();
        assertThat(t).isCloseTo(new StudentT(4, 0.3, Math.exp(-0.2)).logDensity(2), within(1e-13));
    }

    @Test void aVarianceIsNotLessThanItsFloor() {
        Tensor said = Tensor.of(0.0, -1000), y = Tensor.scalar(1e-3);
        double loss = Loss.nll(Likelihood.gaussian()).of(said, y).item();
        assertThat(loss).isCloseTo(0.5 * (Math.log(2 * Math.PI * 1e-6) + 1), within(1e-9));
        assertThat(Autograd.grad(p -> Loss.nll(Likelihood.gaussian()).of(p, y)).apply(Tensor.of(0.0, -1000)).item(1)).isCloseTo(0,
                within(1e-9));
        assertThatThrownBy(() -> Likelihood.gaussian().logDensity(Tensor.zeros(4, 3), Tensor.zeros(4))).isInstanceOf(ShapeException.class)
                .hasMessage("gaussian: parameters (4, 3) for targets (4,); parameters have the shape of the targets and a last axis of 2");
        assertThatThrownBy(() -> Likelihood.studentT(0)).hasMessage("studentT: degreesOfFreedom is 0.0; it is above 0");
    }
}
