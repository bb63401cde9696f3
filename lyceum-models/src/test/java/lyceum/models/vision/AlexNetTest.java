package lyceum.models.vision;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.PcaColour;
import lyceum.data.augment.Raster;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class AlexNetTest {
    private static final Golden GOLDEN = Golden.load("golden/vision_alexnet.json");

    @Acceptance(topic = "alexnet", clause = 1)
    @Test void bothFormsHaveTheirParameters() {
        var paper = Skeleton.of(() -> new AlexNet(AlexNetConfig.paper(), Rng.of(1)));
        var column = Skeleton.of(() -> new AlexNet(AlexNetConfig.oneColumn(), Rng.of(1)));
        Evidence.of("parameters, two groups", paper.parameterCount(), exactly(60_965_224));
        Evidence.of("parameters, one column", column.parameterCount(), exactly(61_100_840));
        assertThat(GOLDEN.named("alexnet").integer("expected.parameters")).isEqualTo(61_100_840);
        TorchNetwork.namesAndShapes(GOLDEN.named("alexnet"), column.state());
        assertThat(paper.features().outputShape(DType.F32, 1, 3, 227, 227).toArray()).containsExactly(1, 256, 6, 6);
    }

    @Acceptance(topic = "alexnet", clause = 2)
    @Test void responseNormAndGroupsEqualTorch() {
        var recipe = new Recipe(41);
        var x = Tensor.of(recipe.bells(240), 2, 6, 5, 4);
        var norm = Gap.absolute();
        for (var c : GOLDEN.cases("norm")) {
            var ours = new LocalResponseNorm(c.integer("input.size"), c.number("input.alpha") / c.integer("input.size"),
                    c.number("input.beta"), c.number("input.k"));
            norm.see(c, "expected.y", ours.forward(x.mul(3), Pass.inference()).toDoubleArray());
        }
        Evidence.of("largest gap of four response norms", norm, below(1e-6));
        var groups = Gap.absolute();
        for (var c : GOLDEN.cases("convolution")) {
            int g = c.integer("input.groups"), o = c.integer("input.outputs"), k = c.integer("input.kernel");
            var weight = Tensor.of(recipe.bells(o * 6 / g * k * k), o, 6 / g, k, k);
            var how = new Convolution().withStride(c.integer("input.stride")).withPadding(c.integer("input.padding")).withGroups(g);
            groups.see(c, "expected.y", new Conv2d(weight, Tensor.of(recipe.bells(o)), how).forward(x).toDoubleArray());
        }
        Evidence.of("largest gap of four grouped convolutions", groups, below(1e-6));
        assertThat(norm.seen()).isEqualTo(4 * 240);
        assertThat(new LocalResponseNorm()).isEqualTo(new LocalResponseNorm(5, 1e-4, 0.75, 2));
        var all = new AlexNet(AlexNetConfig.small(1, 28, 10), Rng.of(1)).features().layers();
        assertThat(all.stream().filter(LocalResponseNorm.class::isInstance)).hasSize(2);
        assertThat(all.stream().filter(l -> l instanceof Conv2d conv && conv.how().groups() == 2)).hasSize(3);
    }

    @Acceptance(topic = "alexnet", clause = 3)
    @Test void colourJitterHasAHundredthOfTheSquaredCovariance() {
        var rng = Rng.of(3);
        // three channels that vary together, unlike in size
        var base = Tensor.randn(rng, DType.F64, 40, 1, 6, 6);
        var pictures = Tensor.concat(1, base.add(Tensor.randn(rng, DType.F64, 40, 1, 6, 6)),
                base.mul(0.7).add(Tensor.randn(rng, DType.F64, 40, 1, 6, 6).mul(0.4)),
                base.mul(-0.3).add(Tensor.randn(rng, DType.F64, 40, 1, 6, 6).mul(0.2))).add(0.5);
        double[][] cov = covariance(pictures.transpose(0, 1).reshape(3, -1).transpose().toRows()), squared = new double[3][3];
        for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) for (int k = 0; k < 3; k++) squared[i][j] += 0.01 * cov[i][k] * cov[k][j];
        var jitter = PcaColour.of(pictures);
        var draws = new double[100_000][];
        var grey = Raster.make(3, 2, 2, (c, y, x) -> 0.5f);
        for (int i = 0; i < draws.length; i++) {
            var changed = jitter.apply(grey, rng.split(i));
            draws[i] = new double[] {changed.at(0, 1, 0), changed.at(1, 0, 0), changed.at(2, 1, 1)};
        }
        double[][] found = covariance(draws);
        double gap = 0, size = 0;
        for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) {
            gap += Math.pow(found[i][j] - squared[i][j], 2);
            size += squared[i][j] * squared[i][j];
        }
        Evidence.of("covariance of 100,000 shifts against 0.01 C^2, relative in Frobenius norm", Math.sqrt(gap / size), atMost(0.03));
        assertThatThrownBy(() -> jitter.apply(Raster.make(1, 2, 2, (c, y, x) -> 0), rng)).isInstanceOf(ShapeException.class);
    }

    private static double[][] covariance(double[][] rows) {
        int d = rows[0].length;
        var mean = new double[d];
        var c = new double[d][d];
        for (double[] row : rows) for (int i = 0; i < d; i++) mean[i] += row[i] / rows.length;
        for (double[] row : rows)
            for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) c[i][j] += (row[i] - mean[i]) * (row[j] - mean[j]) / rows.length;
        return c;
    }

    @Acceptance(topic = "alexnet", clause = 5)
    @Test void tenCropIsTheMeanOfTenPasses() {
        var net = new AlexNet(AlexNetConfig.small(2, 16, 7).withDtype(DType.F64), Rng.of(1));
        Autograd.noGrad(() -> net.parameters().values().forEach(p -> p.copy_(p.mul(2))));
        var images = Tensor.randn(Rng.of(2), DType.F64, 3, 2, 21, 18);
        double[] mean = new double[21], middle = net.forward(images.narrow(2, 2, 16).narrow(3, 1, 16)).softmax(-1).toDoubleArray();
        for (boolean mirrored : new boolean[] {false, true}) {
            for (int[] at : new int[][] {{0, 0}, {0, 2}, {5, 0}, {5, 2}, {2, 1}}) {
                double[] pixels = images.toDoubleArray();
                var part = new double[3 * 2 * 256];
                for (int plane = 0; plane < 6; plane++)
                    for (int y = 0; y < 16; y++)
                        for (int x = 0; x < 16; x++)
                            part[plane * 256 + y * 16 + x] = pixels[plane * 378 + (at[0] + y) * 18 + at[1] + (mirrored ? 15 - x : x)];
                double[] p = net.forward(Tensor.of(part, 3, 2, 16, 16)).softmax(-1).toDoubleArray();
                for (int i = 0; i < 21; i++) mean[i] += p[i] / 10;
            }
        }
        double[] ten = new TenCrop(16).probabilities(net, images).toDoubleArray();
        Evidence.of("largest gap of ten-crop to the mean of ten passes", Gap.absolute().see("p", ten, mean), below(1e-6));
        Evidence.of("largest gap to the middle alone", Gap.absolute().see("p", ten, middle).worst(), above(1e-3));
        assertThatThrownBy(() -> new TenCrop(19).crops(images)).isInstanceOf(ShapeException.class);
    }

    private static Dataset clothes(Dataset data, int n) {
        return data.head(n).withX(data.head(n).x().to(DType.F32).div(255).reshape(n, 1, 28, 28).compute());
    }

    private static double error(AlexNet net, Dataset data) {
        return Autograd.noGrad(() -> net.forward(data.x()).argmax(1).ne(data.y()).countNonZero().item() / data.size());
    }

    /** Steps until the training error is at most a quarter, looked at every tenth; the limit if it never is. */
    private static int steps(Dataset data, Activation activation, double rate, long seed, int limit) {
        var net = new AlexNet(AlexNetConfig.small(1, 28, 10).withActivation(activation).withDropout(0), Rng.of(seed));
        var run = new Trainer(new Sgd(rate).withMomentum(0.9), 1000).withBatchSize(50).start(net, data.size(),
                BatchLoss.of(net, Loss::crossEntropy, data), null, Rng.of(seed));
        for (int step = 10; step <= limit; step += 10) {
            for (int i = 0; i < 10; i++) run.step();
            if (error(net, data) <= 0.25) return step;
        }
        return limit + 1;
    }

    @Acceptance(topic = "alexnet", clause = 4)
    @Tag("heavy")
    @Test void reluAndTanhLearnClothesAndIngredientsCloseTheGap() {
        var fashion = Datasets.fashionMnist();
        Dataset train = clothes(fashion.train(), 1000), test = clothes(fashion.test(), 2000);
        for (int seed = 1; seed <= 3; seed++) {
            for (var activation : new Activation[] {Activation.RELU, Activation.TANH}) {
                int best = 601;
                for (double rate : new double[] {0.01, 0.03, 0.1})
                    best = Math.min(best, steps(train, activation, rate, seed, Math.min(600, best)));
                Evidence.of("steps to 25% training error, " + activation + ", seed " + seed, best, atMost(600));
            }
            double[] gaps = new double[2];
            for (boolean full : new boolean[] {true, false}) {
                var net = new AlexNet(full ? AlexNetConfig.small(1, 28, 10) : AlexNetConfig.small(1, 28, 10).withDropout(0), Rng.of(seed));
                var augment = ImageAugment.crop(28, 28, 2).then(ImageAugment.flip());
                var draws = Rng.of(100 + seed);
                int[] batches = {0};
                BatchLoss loss = (rows, pass) -> Loss.crossEntropy(
                        net.forward(full ? ImageAugment.batch(train, rows, batches[0]++ / 20, augment, draws) : train.x().rows(rows), pass),
                        train.y().rows(rows));
                var run = new Trainer(new Sgd(0.03).withMomentum(0.9), 30).withBatchSize(50).start(net, train.size(), loss, null,
                        Rng.of(seed));
                while (run.step()) {
                }
                gaps[full ? 0 : 1] = error(net, test) - error(net, train);
            }
            Evidence.of("wider train-test gap without dropout and augmentation, seed " + seed, gaps[1] - gaps[0], above(0));
        }
    }

    @Test void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> AlexNetConfig.small(1, 14, 10)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("gone after three poolings");
        assertThatThrownBy(() -> AlexNetConfig.small(1, 28, 10).withOverlapping(false).withSide(7)).hasMessageContaining("map of 7");
        assertThatThrownBy(() -> AlexNetConfig.paper().withGroups(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 groups");
        for (boolean overlapping : new boolean[] {true, false}) {
            var least = AlexNetConfig.small(1, 28, 10).withOverlapping(overlapping).withSide(overlapping ? 15 : 8);
            var pictures = Tensor.zeros(DType.F32, 1, 1, least.side(), least.side());
            assertThat(new AlexNet(least, Rng.of(1)).forward(pictures).shape().toArray()).containsExactly(1, 10);
        }
    }
}
