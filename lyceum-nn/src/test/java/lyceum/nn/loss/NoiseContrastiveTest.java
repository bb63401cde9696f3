package lyceum.nn.loss;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NoiseContrastiveTest {
    private static final double LOG_2PI = Math.log(2 * Math.PI);

    /** Log densities of data and draws, under the noise and as a function of theta = (mean, log variance, c). */
    private record Game(Tensor data, Tensor noiseAtData, Tensor draws, Tensor noiseAtDraws) {
        static Game of(Rng rng, double mean, double deviation, double noiseDeviation, int n, int k) {
            Tensor data = Tensor.randn(rng, DType.F64, n).mul(deviation).add(mean).compute(),
                    draws = Tensor.randn(rng, DType.F64, n, k).mul(noiseDeviation).compute();
            return new Game(data, logNormal(data, noiseDeviation), draws, logNormal(draws, noiseDeviation));
        }

        private static Tensor logNormal(Tensor x, double s) {
            return x.square().mul(-0.5 / (s * s)).sub(Math.log(s) + LOG_2PI / 2).compute();
        }

        Tensor loss(Tensor theta, Reduction reduction) {
            Tensor mean = theta.select(0, 0), precision = theta.select(0, 1).neg().exp();
            return new NoiseContrastive().withLogNormaliser(theta.select(0, 2)).withReduction(reduction).of(
                    data.sub(mean).square().mul(precision).mul(-0.5), noiseAtData, draws.sub(mean).square().mul(precision).mul(-0.5),
                    noiseAtDraws);
        }
    }

    @Test
    @Acceptance(topic = "nce", clause = 1) void learnsVarianceAndNormaliser() {
        double s2 = 1.5;
        var game = Game.of(Rng.of(1), 0.5, Math.sqrt(s2), 2, 50_000, 10);
        double[] theta = new Lbfgs().withGradientTolerance(1e-8).minimize(Objective.of(t -> game.loss(t, Reduction.MEAN)), new double[3])
                .x();
        Evidence.of("learned constant beside -log sqrt(2 pi s^2)", Math.abs(theta[2] + (LOG_2PI + Math.log(s2)) / 2), atMost(0.03));
        Evidence.of("learned variance, relative", Math.abs(Math.exp(theta[1]) / s2 - 1), atMost(0.03));
    }

    @Test
    @Acceptance(topic = "nce", clause = 2) void theGradientVanishesAtTheTruthAlone() {
        double s2 = 1.5;
        var game = Game.of(Rng.of(2), 0.5, Math.sqrt(s2), 2, 50_000, 10);
        double worst = 0, wrong = 0;
        for (int i = 0; i < 3; i++) {
            worst = Math.max(worst, errors(game, Tensor.of(0.5, Math.log(s2), -(LOG_2PI + Math.log(s2)) / 2), i));
            wrong = Math.max(wrong, errors(game, Tensor.of(0.5, Math.log(1.1 * s2), -(LOG_2PI + Math.log(1.1 * s2)) / 2), i));
        }
        Evidence.of("mean gradient at the truth, standard errors, largest coordinate", worst, atMost(3));
        Evidence.of("at a variance 10% too large", wrong, above(3));
    }

    /** The mean gradient in standard errors, by coordinate i of each datum. */
    private static double errors(Game game, Tensor theta, int i) {
        var direction = new double[3];
        direction[i] = 1;
        var each = Autograd.jvp(t -> game.loss(t, Reduction.NONE), theta, Tensor.of(direction));
        return Math.abs(each.mean().item()) / (each.std().item() / Math.sqrt(each.count()));
    }

    /** The mean is known to be 0, so that the likelihood's estimate is the mean square. */
    @Test
    @Tag("slow")
    @Acceptance(topic = "nce", clause = 3) void noiseLikeTheDataCostsOnePlusOneOverK() {
        for (int k : new int[] {1, 5, 25}) {
            double[] contrastive = new double[400], likelihood = new double[400];
            for (int run = 0; run < 400; run++) {
                var game = Game.of(Rng.of(1000 + run), 0, 1, 1, 2000, k);
                var start = new double[] {0, -LOG_2PI / 2};
                double[] found = new Lbfgs().withGradientTolerance(1e-6)
                        .minimize(Objective.of(t -> game.loss(Tensor.concat(0, Tensor.of(0.0), t), Reduction.MEAN)), start).x();
                contrastive[run] = Math.exp(found[0]);
                likelihood[run] = game.data.square().mean().item();
            }
            double ratio = Tensor.of(contrastive).var().item() / Tensor.of(likelihood).var().item();
            Evidence.of("k = " + k + ": variance over the likelihood's, over 1 + 1/k", ratio / (1 + 1.0 / k), between(0.75, 1.25));
        }
    }

    @Test
    @Acceptance(topic = "nce", clause = 4) void negativeSamplingIsItsFormula() {
        Gap sampling = Gap.absolute(), others = Gap.absolute();
        for (var c : Golden.load("golden/nce.json").list("cases")) {
            int n = c.integer("input.n"), k = c.integer("input.k");
            for (var form : NoiseContrastive.Form.values()) {
                var recipe = new Recipe(c.integer("input.seed"));
                Tensor data = Tensor.of(recipe.bells(n)).mul(2).requiresGrad(),
                        draws = Tensor.of(recipe.matrix(n, k)).mul(2).requiresGrad(), noiseAtData = Tensor.of(recipe.bells(n)),
                        noiseAtDraws = Tensor.of(recipe.matrix(n, k));
                var constant = Tensor.scalar(c.number("input.c")).requiresGrad();
                var loss = new NoiseContrastive().withForm(form).withLogNormaliser(constant).of(data, noiseAtData, draws, noiseAtDraws);
                loss.backward();
                var name = "expected." + switch (form) {
                    case BINARY -> "binary";
                    case NEGATIVE_SAMPLING -> "sampling";
                    case RANKING -> "ranking";
                };
                var gap = form == NoiseContrastive.Form.NEGATIVE_SAMPLING ? sampling : others;
                gap.see(c, name + ".loss", loss.item());
                gap.see(c, name + ".data", data.grad().toDoubleArray());
                gap.see(c, name + ".draws", draws.grad().toDoubleArray());
                if (form != NoiseContrastive.Form.RANKING) gap.see(c, name + ".c", constant.grad().item());
            }
        }
        Evidence.of("loss and gradients beside PyTorch", sampling, atMost(1e-7));
        assertThat(others.worst()).isLessThan(1e-9);
    }

    @Test void drawsFromADistributionItself() {
        var data = Tensor.of(0.3, -1, 2);
        var noise = new Normal(0.5, 2);
        var loss = new NoiseContrastive();
        double found = loss.of(x -> x.square().mul(-0.5), noise, data, 4, Rng.of(3)).item();
        double[] draws = noise.sample(Rng.of(3), 12).toDoubleArray();
        double expected = 0;
        for (int i = 0; i < 3; i++) {
            double x = data.item(i);
            expected -= Math.log(sigmoid(-x * x / 2 - noise.logDensity(x) - Math.log(4))) / 3;
            for (int j = 0; j < 4; j++) {
                double y = draws[4 * i + j];
                expected -= Math.log(1 - sigmoid(-y * y / 2 - noise.logDensity(y) - Math.log(4))) / 3;
            }
        }
        assertThat(found).isCloseTo(expected, within(1e-12));
    }

    private static double sigmoid(double x) { return 1 / (1 + Math.exp(-x)); }

    @Test void isFiniteFarOut() {
        Tensor far = Tensor.of(-1e4, 1e4), zero = Tensor.of(0.0, 0);
        var loss = Loss.nce(far, zero, far.unsqueeze(1), zero.unsqueeze(1));
        assertThat(loss.item()).isCloseTo(1e4, within(1e-8));
    }

    @Test void refusesWhatDoesNotFit() {
        Tensor one = Tensor.zeros(3), many = Tensor.zeros(3, 2);
        assertThatThrownBy(() -> Loss.nce(one, one, Tensor.zeros(4, 2), many)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(4, 2)");
        assertThatThrownBy(() -> Loss.nce(one, many, many, many)).hasMessageContaining("the noise's log densities");
        assertThatThrownBy(() -> new NoiseContrastive().of(x -> x, new Normal(0, 1), one, 0, Rng.of(1))).hasMessageContaining("0 draws");
        assertThat(new NoiseContrastive().withForm(NoiseContrastive.Form.NEGATIVE_SAMPLING).of(one, null, many, null).item())
                .isCloseTo(3 * Math.log(2), within(1e-6));
    }
}
