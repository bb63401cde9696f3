package lyceum.llm.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.TinyBible;
import lyceum.llm.checkpoint.ModelFamily;
import lyceum.llm.checkpoint.ModelFolder;
import lyceum.llm.train.LayerPruner.Order;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayerPrunerTest {
    private static final String TOPIC = "trimllm";
    private static final int LENGTH = 48;

    private static DecoderLM fresh(int layers, long seed) {
        return new DecoderLM(DecoderConfig.llama(TinyBible.LETTERS, LENGTH, layers, 32, 4, 4, 64).withTied(true).withDeviation(0.1),
                Rng.of(seed));
    }

    private static PackedText text(int... letters) { return PackedText.of(List.of(letters), LENGTH, -1); }

    private static void train(DecoderLM model, PackedText text, int steps, double rate, long seed) {
        var trainer = new Trainer(new AdamW(rate), 1).withBatchSize(16).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Cosine(steps).withFloor(0.1).warmedUp(Math.max(1, steps / 10)));
        var run = new Pretrainer(trainer, steps).start(model, text, Rng.of(seed));
        while (run.steps() < steps && run.step());
    }

    /** Share of letters that the model foretells rightly. */
    private static double accuracy(DecoderLM model, PackedText text, int from, int rows) {
        int right = 0, all = 0;
        var ids = text.ids(IntStream.range(from, from + rows).toArray());
        int[] letters = ids.toIntArray();
        int[] told = Autograd.noGrad(() -> model.logits(ids, Pass.inference()).argmax(-1)).toIntArray();
        for (int i = 0; i < letters.length; i++) if (i % LENGTH < LENGTH - 1) {
            all++;
            if (told[i] == letters[i + 1]) right++;
        }
        return (double) right / all;
    }

    /** Three seeds; every way of removal is tuned by the same number of steps as the whole model. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("heavy")
    @Test void halfOfTheLayersGoProgressively() {
        int steps = 360;
        int[] bible = TinyBible.letters(Corpora.kingJames(), 0, 400_000);
        var domain = text(bible);
        var both = text(concat(Arrays.copyOf(bible, 200_000), TinyBible.letters(Corpora.brown(), 0, 200_000)));
        var calibration = text(TinyBible.letters(Corpora.kingJames(), 600_000, 64 * LENGTH));
        var held = text(TinyBible.letters(Corpora.kingJames(), 1_000_000, 400 * LENGTH));
        ToDoubleFunction<DecoderLM> loss = m -> new Pretrainer(new Trainer(new AdamW(1), 1), 1).nats(m, calibration);
        double whole = 0, progressive = 0, oneShot = 0, random = 0;
        for (long seed = 1; seed <= 3; seed++) {
            var base = fresh(6, seed);
            train(base, both, 400, 4e-3, seed);
            long order = 10 * seed;
            LayerPruner.Tuning tuning = (m, round, rounds) -> train(m, domain,
                    rounds == 1 ? steps : round < 2 ? steps / 9 : steps - 2 * (steps / 9), 3e-3, order + round);
            var tuned = DecoderLM.copy(base);
            tuning.tune(tuned, 0, 1);
            whole += accuracy(tuned, held, 0, 400) / 3;
            var pruner = new LayerPruner(3, LayerImportance.lossWithout(loss));
            var found = pruner.prune(base, tuning, Rng.of(seed), Progress.SILENT);
            progressive += accuracy(found.model(), held, 0, 400) / 3;
            oneShot += accuracy(pruner.withOrder(Order.ONE_SHOT).prune(base, tuning, Rng.of(seed), Progress.SILENT).model(), held, 0, 400)
                    / 3;
            for (int draw = 0; draw < 5; draw++)
                random += accuracy(pruner.withOrder(Order.RANDOM).prune(base, tuning, Rng.of(seed).split(draw), Progress.SILENT).model(),
                        held, 0, 400) / 15;
        }
        Evidence.of("points below the tuned six layers", 100 * (whole - progressive), atMost(3));
        Evidence.of("points above the mean of five random removals", 100 * (progressive - random), atLeast(0));
        Evidence.of("points above removal at once", 100 * (progressive - oneShot), atLeast(-0.5));
        Evidence.of("accuracy of the tuned six layers", whole, atLeast(0.4));
    }

    private static int[] concat(int[] a, int[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    /** Clause 1's export: a file of three layers gives what six layers give whose others are passed by, and decodes by half the work. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theExportedCheckpointIsTheModelWithLayersSkipped(@TempDir Path folder) throws IOException {
        var ids = Tensor.of(TinyBible.letters(Corpora.kingJames(), 5000, 4 * LENGTH), 4, LENGTH);
        double gap = 0, apart = Double.POSITIVE_INFINITY;
        int compared = 0;
        for (long seed = 1; seed <= 2; seed++)
            for (int[] removed : new int[][] {{0, 1, 2}, {3, 4, 5}, {1, 2, 4}, {0, 3, 5}, {4}, {0, 1, 2, 3, 4}}) {
                var model = fresh(6, seed);
                train(model, text(TinyBible.letters(Corpora.kingJames(), 0, 4000)), 4, 3e-3, seed);
                var hooks = Hooks.of(model);
                for (int l : removed) hooks.on("decoder.layers." + l, (name, x, y) -> x);
                var skipped = Autograd.noGrad(() -> model.logits(ids, Pass.inference().with(hooks)));
                var file = folder.resolve(seed + "-" + compared++);
                ModelFolder.write(file, LayerPruner.without(model, removed), ModelFamily.LLAMA);
                var exported = ModelFolder.open(file).model();
                assertThat(exported.config().layers()).isEqualTo(6 - removed.length);
                assertThat(exported.state().keySet()).noneMatch(n -> n.startsWith("decoder.layers." + (6 - removed.length)));
                var logits = Autograd.noGrad(() -> exported.logits(ids, Pass.inference()));
                var decoding = exported.begin();
                var stepped = Tensor.concat(1, decoding.all(ids.narrow(1, 0, 40)), decoding.all(ids.narrow(1, 40, LENGTH - 40)));
                gap = Math.max(gap, Math.max(logits.sub(skipped).abs().max().item(), stepped.sub(skipped).abs().max().item()));
                apart = Math.min(apart, Autograd.noGrad(() -> model.logits(ids, Pass.inference())).sub(skipped).abs().max().item());
            }
        Evidence.of("sets of layers", compared, exactly(12));
        Evidence.of("exported less skipped logits", gap, atMost(1e-6));
        Evidence.of("the whole model's logits, least distance", apart, atLeast(1e-3));
        long six = fresh(6, 1).config().blocks().getFirst().blockParameters() * 6,
                three = LayerPruner.without(fresh(6, 1), 0, 1, 2).config().blocks().size()
                        * fresh(6, 1).config().blocks().getFirst().blockParameters();
        Evidence.of("weights of layers that are left", (double) three / six, exactly(0.5));
    }

    @Test void importanceFindsTheIdleLayer() {
        var model = fresh(4, 1);
        train(model, text(TinyBible.letters(Corpora.kingJames(), 0, 20_000)), 30, 4e-3, 1);
        Autograd.noGrad(() -> { // layer 2 writes nothing
            model.state().forEach((name, value) -> {
                if (name.startsWith("decoder.layers.2.") && (name.contains("o_proj") || name.contains("down_proj")))
                    value.copy_(value.zerosLike());
            });
            return model;
        });
        var ids = Tensor.of(TinyBible.letters(Corpora.kingJames(), 5000, 4 * LENGTH), 4, LENGTH);
        double[] influence = LayerImportance.influence(ids).of(model);
        assertThat(influence[2]).isLessThan(1e-6);
        assertThat(influence[0]).isGreaterThan(1e-3);
        ToDoubleFunction<DecoderLM> loss = m -> Autograd.noGrad(() -> m.loss(ids, Pass.inference())).item();
        double[] without = LayerImportance.lossWithout(loss).of(model);
        assertThat(Math.abs(without[2] - loss.applyAsDouble(model))).isLessThan(1e-6);
        for (var importance : List.of(LayerImportance.influence(ids), LayerImportance.lossWithout(loss))) {
            var pruned = new LayerPruner(3, importance).prune(model, LayerPruner.Tuning.NONE, Rng.of(1), Progress.SILENT);
            assertThat(pruned.kept()).containsExactly(0, 1, 3);
            assertThat(pruned.rounds().getFirst().removed()).containsExactly(2);
        }
    }

    @Test void aBudgetEndsTheRemoval() {
        var model = fresh(5, 1);
        int[] measured = {0};
        var pruner = new LayerPruner(1, m -> new double[] {5, 4, 3, 2, 1}).withQuality(m -> m.config().layers()).withBudget(0.45);
        var pruned = pruner.prune(model, (m, round, rounds) -> measured[0] = rounds, Rng.of(1), Progress.SILENT);
        assertThat(pruned.kept()).containsExactly(0, 1, 2);
        assertThat(measured[0]).isEqualTo(4);
        var negative = pruner.withQuality(m -> m.config().layers() - 10); // -5, -6, -7, ..; -7.25 is the least
        assertThat(negative.prune(model, LayerPruner.Tuning.NONE, Rng.of(1), Progress.SILENT).kept()).containsExactly(0, 1, 2);
        assertThat(negative.withBudget(0).prune(model, LayerPruner.Tuning.NONE, Rng.of(1), Progress.SILENT).kept()).hasSize(5);
        assertThat(pruner.withBudget(1).withOrder(Order.LAST).withLayers(2)
                .prune(model, LayerPruner.Tuning.NONE, Rng.of(1), Progress.SILENT).kept()).containsExactly(0, 1);
        assertThat(pruner.withBudget(1).withOrder(Order.ONE_SHOT).withLayers(2)
                .prune(model, LayerPruner.Tuning.NONE, Rng.of(1), Progress.SILENT).kept()).containsExactly(0, 1);
        assertThat(pruner.withBudget(1).withOrder(Order.RANDOM).withLayers(2)
                .prune(model, LayerPruner.Tuning.NONE, Rng.of(1), Progress.SILENT).kept()).hasSize(2);
        assertThatThrownBy(() -> LayerPruner.without(model, 5)).hasMessageContaining("0 to 4");
        assertThatThrownBy(() -> LayerPruner.without(model, 0, 1, 2, 3, 4)).hasMessageContaining("one is left");
        assertThatThrownBy(() -> pruner.withLayers(6).prune(model, LayerPruner.Tuning.NONE, Rng.of(1), Progress.SILENT))
                .hasMessageContaining("6 layers to be left of 5");
        assertThatThrownBy(() -> new LayerPruner(1, null)).hasMessageContaining("importance");
    }
}
