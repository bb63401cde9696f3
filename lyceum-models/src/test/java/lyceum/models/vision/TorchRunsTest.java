package lyceum.models.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
import lyceum.memory.Scope;
import lyceum.models.generative.diffusion.Ddpm;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.ssl.SimClr;
import lyceum.models.ssl.TwoViewLearner;
import lyceum.models.ssl.ViewHeads;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whole trainings of tools/golden/models_runs.py: from the same weights and batches we end where PyTorch ends. */
@Tag("heavy")
class TorchRunsTest {
    private static final Golden GOLDEN = Golden.load("golden/runs.json");
    private static final Pass PASS = Pass.training(Rng.of(1));

    /** One of a network that a run's tensors were loaded into. */
    private interface BatchOf {
        Tensor loss(int[] rows, Recipe recipe);
    }

    /** A network to train: it takes torch's tensors and gives the loss of a batch. */
    private record Task(Module net, Consumer<Map<String, Tensor>> load, BatchOf batch) {}

    private static Dataset pictures(int rows) {
        assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var all = Datasets.fashionMnist().train();
        return Dataset.of(all.x().narrow(0, 0, rows).to(DType.F32).div(255).reshape(rows, 1, 28, 28).compute(),
                all.y().narrow(0, 0, rows).contiguous());
    }

    /** The mean of the last losses. */
    private static double end(Golden run, Task task) {
        var recipe = new Recipe(run.integer("input.seed"));
        task.load.accept(TorchNetwork.drawn(run, recipe));
        var optimizer = new Adam(run.number("input.rate")).over(task.net.parameters());
        int rows = run.integer("input.rows"), batch = run.integer("input.batch"), epochs = run.integer("input.epochs");
        double[] losses = new double[epochs * rows / batch];
        for (int epoch = 0, step = 0; epoch < epochs; epoch++) {
            int[] order = recipe.shuffle(rows);
            for (int i = 0; i < rows; i += batch) try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var loss = task.batch.loss(Arrays.copyOfRange(order, i, i + batch), recipe);
                loss.backward();
                optimizer.step();
                losses[step++] = loss.item();
            }
        }
        double[] theirs = run.doubles("expected.losses");
        assertThat(losses[0]).as("the first loss, of the same weights and batch").isCloseTo(theirs[0], withPercentage(0.01));
        int last = run.integer("input.last");
        return Arrays.stream(losses, losses.length - last, losses.length).average().orElseThrow();
    }

    private static void endsWherePyTorchEnds(String kind, Function<Golden, Task> task) {
        double ours = 0, theirs = 0;
        var runs = GOLDEN.cases(kind + " ");
        for (var run : runs) {
            double end = end(run, task.apply(run));
            System.out.printf("%s: ours ends at %.5f, PyTorch's at %.5f, of %.5f%n", run.text("name"), end, run.number("expected.end"),
                    run.doubles("expected.losses")[0]);
            ours += end / runs.size();
            theirs += run.number("expected.end") / runs.size();
        }
        assertThat(runs).hasSize(3);
        assertThat(ours).as(kind).isCloseTo(theirs, withPercentage(2));
    }

    @Test void aVisionTransformerOnClothes() {
        endsWherePyTorchEnds("ViT", run -> {
            var data = pictures(run.integer("input.rows"));
            var net = new VisionTransformer(new VisionTransformerConfig(28, 4, 1, 64, 4, 4).withClasses(10), Rng.of(1));
            return new Task(net, net::loadPublished,
                    (some, recipe) -> Loss.crossEntropy(net.forward(data.x().rows(some), PASS), data.y().rows(some)));
        });
    }

    @Test void aDenoiserOfClothes() {
        endsWherePyTorchEnds("DDPM", run -> {
            var x = pictures(run.integer("input.rows")).x().mul(2).sub(1).compute();
            var net = new UNet(UNetConfig.denoiser(1, 16, 32, 64), Rng.of(1));
            var ddpm = new Ddpm(NoiseSchedule.linear(1000));
            return new Task(net, net::load, (some, recipe) -> {
                var t = Tensor.of(recipe.belows(1000, some.length)).to(DType.I64).add(1);
                var noise = Tensor.of(recipe.bells(784 * some.length), some.length, 1, 28, 28).to(DType.F32);
                return ddpm.loss((noisy, time, condition, pass) -> net.forward(noisy, time, condition, pass), x.rows(some), t, noise, null,
                        PASS);
            });
        });
    }

    private static Tensor view(Tensor x, Recipe recipe) {
        var seen = new Raster[(int) x.size(0)];
        for (int i = 0; i < seen.length; i++) {
            int[] by = recipe.belows(5, 2);
            var picture = Raster.of(x.get(i)).shifted(by[0] - 2, by[1] - 2, 0);
            if (recipe.uniform() < 0.5) picture = picture.flippedHorizontally();
            float light = (float) (0.6 + 0.8 * recipe.uniform());
            seen[i] = picture.map(v -> Math.min(1, (float) v * light));
        }
        return ImageAugment.stacked(seen);
    }

    @Test void twoViewsOfClothes() {
        endsWherePyTorchEnds("SimCLR", run -> {
            var x = pictures(run.integer("input.rows")).x();
            var rng = Rng.of(1);
            var half = new Convolution().withStride(2).withPadding(1);
            var encoder = new Sequential(List.of(new Conv2d(1, 16, 3, half, rng), Activation.RELU, new Conv2d(16, 32, 3, half, rng),
                    Activation.RELU, Layer.of(y -> y.mean(2, 3))));
            var learner = new TwoViewLearner(encoder, 32, new SimClr(0.5), ViewHeads.of(32), rng);
            return new Task(learner, learner::load, (some, recipe) -> {
                Tensor first = view(x.rows(some), recipe), second = view(x.rows(some), recipe);
                return learner.loss(first, second, PASS);
            });
        });
    }
}
