package lyceum.llm.weights;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.NormStatistics;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ModelSoupTest {
    private static final Dataset DIGITS = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(Rng.of(1));

    private static Mlp noisy(Mlp model, double size, Rng rng) {
        var noise = Module.copy(model);
        Autograd.noGrad(() -> noise.parameters().values().forEach(p -> p.add_(Tensor.randn(rng, p.shape().toArray()).mul(size).compute())));
        return noise;
    }

    @Test
    @Acceptance(topic = "model-soups", clause = 1) void greedyIsNeverBelowItsBestIngredient() {
        Dataset train = DIGITS.range(0, 600), validation = DIGITS.range(600, 900);
        var base = FashionTasks.tuned(new Mlp(MlpConfig.classifier(64, 10, 16), Rng.of(2)), train, Loss::crossEntropy, 5e-3, 5, 3);
        int held = 0, mixed = 0, refused = 0;
        for (int trial = 0; trial < 20; trial++) {
            var rng = Rng.of(100 + trial);
            var ingredients = new ArrayList<Mlp>();
            for (int i = 0; i < 6; i++) ingredients.add(noisy(base, 0.02 + 0.3 * rng.nextDouble(), rng));
            var soup = new ModelSoup<>(ingredients).greedy(m -> FashionTasks.accuracy(m, validation));
            double best = ingredients.stream().mapToDouble(m -> FashionTasks.accuracy(m, validation)).max().orElseThrow();
            double got = FashionTasks.accuracy(soup.model(), validation);
            assertThat(soup.score()).isEqualTo(got);
            if (got >= best) held++;
            int used = (int) Arrays.stream(soup.weights()).filter(w -> w > 0).count();
            if (used > 1) mixed++;
            if (used < 6) refused++;
        }
        Evidence.of("trials of 20 in which the soup is at least its best ingredient", held, exactly(20));
        Evidence.of("trials with more than one ingredient in the pot", mixed, atLeast(5));
        Evidence.of("trials with one left out", refused, atLeast(5));
    }

    @Test
    @Acceptance(topic = "model-soups", clause = 2) void linearSoupsAreEnsembles() {
        double gap = 0, apart = 0;
        for (int trial = 0; trial < 10; trial++) {
            var rng = Rng.of(trial);
            var models = new ArrayList<Linear>();
            for (int i = 0; i < 2 + trial % 4; i++) models.add(new Linear(12, 5, rng));
            var soup = new ModelSoup<>(models).uniform(null).model();
            var x = Tensor.randn(rng, 40, 12);
            var mean = new double[200];
            for (var model : models) {
                var z = model.forward(x).toDoubleArray();
                for (int i = 0; i < z.length; i++) mean[i] += z[i] / models.size();
            }
            gap = Math.max(gap, FashionTasks.gap(soup.forward(x), Tensor.of(mean, 40, 5)));
            apart = Math.max(apart, FashionTasks.gap(models.get(0).forward(x), models.get(1).forward(x)));
        }
        Evidence.of("two ingredients' logits, largest difference", apart, above(0.5));
        Evidence.of("soup's logits from the ensemble's", gap, atMost(1e-6));
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "model-soups", clause = 3) void greedySoupsBeatTheirIngredientsAtTheCostOfOne() {
        var data = new FashionTasks(3000, 1000, 2000);
        double soups = 0, ingredients = 0;
        int fineTunes = 0, dearer = 0;
        for (int seed = 1; seed <= 5; seed++) {
            var base = FashionTasks.tuned(FashionTasks.fresh(64, seed), data.train.head(1000), Loss::crossEntropy, 1e-3, 3, 10 + seed);
            var models = new ArrayList<Mlp>();
            for (int i = 0; i < 8; i++) {
                models.add(FashionTasks.tuned(base, data.train, Loss::crossEntropy, 1e-3 * Math.pow(6, i % 4 / 3.0), 2 + i / 4,
                        100L * seed + i));
                ingredients += FashionTasks.accuracy(models.getLast(), data.test) / 40;
                fineTunes++;
            }
            var soup = new ModelSoup<>(models).greedy(m -> FashionTasks.accuracy(m, data.validation)).model();
            soups += FashionTasks.accuracy(soup, data.test) / 5;
            long one = flops(models.getFirst(), data.test);
            assertThat(one).isGreaterThan(2L * 784 * 64);
            if (flops(soup, data.test) != one) dearer++;
        }
        Evidence.of("fine-tunes", fineTunes, exactly(40));
        Evidence.of("points that greedy soups are above the mean ingredient", soups - ingredients, atLeast(0.5));
        Evidence.of("soups that cost more operations than one ingredient", dearer, exactly(0));
    }

    /** Of a forward pass of one picture, counted. */
    private static long flops(Mlp model, Dataset data) {
        var one = data.head(1).x();
        return FlopCounter.count(() -> model.forward(one).compute()).products();
    }

    @Test void learnedCoefficientsLeaveTheBadOneOutAndNormsAreRefreshed() {
        Dataset train = DIGITS.range(0, 600), validation = DIGITS.range(600, 900);
        var config = MlpConfig.classifier(64, 10, 16).withNorm(MlpConfig.Norm.BATCH);
        var base = FashionTasks.tuned(new Mlp(config, Rng.of(2)), train, Loss::crossEntropy, 5e-3, 5, 3);
        var models = List.of(noisy(base, 0.02, Rng.of(4)), noisy(base, 0.02, Rng.of(5)), noisy(base, 1, Rng.of(6)));
        var kitchen = new ModelSoup<>(models, List.of(train.x()));
        var learned = kitchen.learned(m -> Loss.crossEntropy(m.forward(validation.x()), validation.y()), 40, 0.2, Progress.SILENT);
        assertThat(Arrays.stream(learned.weights()).sum()).isCloseTo(1, within(1e-9));
        assertThat(learned.weights()[2]).isLessThan(0.1);
        assertThat(learned.score())
                .isGreaterThan(-Loss.crossEntropy(kitchen.uniform(null).model().forward(validation.x()), validation.y()).item());
        var raw = new ModelSoup<>(models).mixed(0.5, 0.5, 0);
        NormStatistics.refresh(raw, List.of(train.x()));
        assertThat(FashionTasks.gap(raw.forward(validation.x()), kitchen.mixed(0.5, 0.5, 0).forward(validation.x()))).isLessThan(1e-5);
        var walls = kitchen.barriers(5, m -> 100 - FashionTasks.accuracy(m, validation));
        assertThat(walls[0][1]).isEqualTo(walls[1][0]).isLessThan(3);
        assertThatThrownBy(() -> kitchen.mixed(1)).hasMessageContaining("1 weights for 3");
        assertThatThrownBy(() -> new ModelSoup<>(List.<Mlp>of())).hasMessageContaining("no ingredient");
    }
}
