package lyceum.llm.train;

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
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.eval.NeedleInHaystack;
import lyceum.llm.eval.Perplexity;
import lyceum.llm.eval.ScoredText;
import lyceum.llm.train.LongContextRecipe.Unit;
import lyceum.llm.train.LongContextTrainer.Stage;
import lyceum.nn.Pass;
import lyceum.nn.RopeScaling;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.SequenceLayout;
import lyceum.optim.AdamW;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LongContextTrainerTest {
    private static final String TOPIC = "long-context-pretraining";
    private static final UnaryOperator<RotaryEmbedding> FOURFOLD = p -> p.scaled(new RopeScaling.Linear(4));

    /** Half of the tokens in texts of 256, half in texts of 64 that share rows. */
    private static DecoderLM continued(DecoderLM base, long seed) {
        var recipe = new LongContextRecipe(FarRecall.part(FarRecall.SHORT, 0.5), FarRecall.part(FarRecall.LONG, 0.5)).withUnit(Unit.TOKENS);
        var trainer = FarRecall.TRAINER.withBatchSize(8).withRule(new AdamW(2e-3));
        return new LongContextTrainer(trainer, new Stage(FarRecall.LONG, FOURFOLD, 150, recipe)).train(base, Rng.of(seed), Progress.SILENT);
    }

    private static double needles(DecoderLM model, int length) {
        return FarRecall.needles(length, 40).run(NeedleInHaystack.reader(model), FarRecall.NEEDLES, Rng.of(3), Progress.SILENT)
                .byLength()[0];
    }

    /** Clause 1, and clause 3 of the recipes, on one pair of models. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Acceptance(topic = "long-context-recipes", clause = 3)
    @Tag("heavy")
    @Test void aModelOfSixtyFourTokensLearnsToReadFourTimesAsMany() {
        var base = FarRecall.model();
        DecoderLM plain = LongContextTrainer.extended(base, 256, p -> p), scaled = LongContextTrainer.extended(base, 256, FOURFOLD),
                longer = continued(base, 4);
        double far = FarRecall.accuracy(longer, 256, 64, 200, 5), unscaled = FarRecall.accuracy(plain, 256, 64, 200, 5),
                only = FarRecall.accuracy(scaled, 256, 64, 200, 5);
        Evidence.of("recalled beyond position 64", far, atLeast(0.95));
        Evidence.of("above the unscaled model", far - unscaled, above(0));
        Evidence.of("above the model that is scaled and not trained", far - only, above(0));
        Evidence.of("loss of all tokens of short texts, relative rise",
                FarRecall.loss(longer, 64, 400, 6) / FarRecall.loss(base, 64, 400, 6) - 1, atMost(0.02));
        double at64 = needles(base, 64), before = needles(plain, 256), after = needles(longer, 256), still = needles(longer, 64);
        Evidence.of("needles: points between 64 and 256 tokens before", 100 * (at64 - before), atLeast(20));
        Evidence.of("share of the gap that is closed", (after - before) / (at64 - before), atLeast(0.8));
        Evidence.of("points lost at 64 tokens", 100 * (at64 - still), atMost(2));
    }

    /** Clause 2. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void sharesAreThoseAskedFor() {
        var documents = new ArrayList<int[]>();
        var rng = Rng.of(1);
        for (int i = 0; i < 3000; i++) documents.add(new int[1 + (int) (300 * Math.pow(rng.nextDouble(), 2))]); // mostly short
        int[] bounds = {32, 64, 128, 300};
        double[] shares = {0.1, 0.2, 0.3, 0.4};
        double sequences = 0, tokens = 0;
        int drawn = 0;
        for (var unit : Unit.values()) {
            var recipe = LongContextRecipe.byLength(documents, bounds, shares).withUnit(unit);
            double[] count = new double[4], length = new double[4];
            double all = 0;
            for (int i = 0; i < 100_000; i++, drawn++) {
                int n = recipe.document(i, Rng.of(7)).ids().length, bin = 0;
                while (n > bounds[bin]) bin++;
                count[bin] += 1e-5;
                length[bin] += n;
                all += n;
            }
            for (int b = 0; b < 4; b++) {
                if (unit == Unit.SEQUENCES) sequences = Math.max(sequences, Math.abs(count[b] - shares[b]));
                else tokens = Math.max(tokens, Math.abs(length[b] / all - shares[b]));
            }
        }
        Evidence.of("drawn sequences for each unit", drawn / 2, exactly(100_000));
        Evidence.of("share of sequences less the share asked for, points", 100 * sequences, atMost(1));
        Evidence.of("share of tokens less the share asked for, points", 100 * tokens, atMost(1));
    }

    /** Clause 3: the gradient of every document's logits by the table's rows of every other document, whose ids are its own. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void packedDocumentsDoNotSeeEachOther() {
        double across = 0, joined = Double.POSITIVE_INFINITY, own = Double.POSITIVE_INFINITY;
        int pairs = 0;
        for (int seed = 1; seed <= 3; seed++) {
            int[] lengths = {5, 9, 3, 7};
            var documents = new ArrayList<int[]>();
            for (int d = 0, id = 0; d < lengths.length; d++, id += 10) documents.add(IntStream.range(id, id + lengths[d]).toArray());
            var config = DecoderConfig.llama(40, 64, 2, 16, 2, 2, 32).withDeviation(0.3);
            var model = LongContextTrainer.extended(new DecoderLM(config, Rng.of(seed)), 256, FOURFOLD);
            var packed = PackedText.whole(documents, 24, -1);
            assertThat(packed.size()).isEqualTo(1);
            var ids = packed.ids(0);
            int[] order = ids.toIntArray();
            for (boolean apart : new boolean[] {true, false}) {
                var layout = apart ? packed.layout(0) : SequenceLayout.packed(24, new int[][] {{24}});
                for (int d = 0; d < lengths.length; d++) {
                    int first = d * 10;
                    int from = IntStream.range(0, 24).filter(i -> order[i] == first).findFirst().orElseThrow();
                    model.zeroGrad();
                    var logits = model.logits(ids, layout, Pass.training(Rng.of(1))).narrow(1, from, lengths[d]);
                    logits.mul(Tensor.randn(Rng.of(seed), 1, lengths[d], 40)).sum().backward();
                    float[] slope = model.embedding().weight().grad().toFloatArray();
                    for (int other = 0; other < lengths.length; other++) {
                        double largest = 0;
                        for (int id = other * 10; id < other * 10 + lengths[other]; id++)
                            for (int c = 0; c < 16; c++) largest = Math.max(largest, Math.abs(slope[id * 16 + c]));
                        if (other == d) own = Math.min(own, largest);
                        else if (apart) {
                            across = Math.max(across, largest);
                            pairs++;
                        } else if (order[0] / 10 == other) joined = Math.min(joined, largest);
                    }
                }
            }
        }
        Evidence.of("pairs of documents", pairs, exactly(3 * 4 * 3));
        Evidence.of("largest entry of the Jacobian across documents", across, exactly(0));
        Evidence.of("least of the largest within one", own, atLeast(1e-3));
        Evidence.of("least across, from the first document on, were they one", joined, atLeast(1e-6));
    }

    /** Clause 3, as a run learns: another document takes a place in the row, and what the first costs and teaches stays. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aForeignDocumentInTheRowTeachesTheOtherNothing() {
        double apart = 0, joined = Double.POSITIVE_INFINITY, cost = 0;
        int swaps = 0;
        for (int seed = 1; seed <= 3; seed++) for (int own : new int[] {6, 9, 13}) {
            var model = new DecoderLM(DecoderConfig.llama(48, 64, 2, 16, 2, 2, 32).withDeviation(0.3), Rng.of(seed));
            int[] document = IntStream.range(0, own).toArray();
            for (boolean boundaries : new boolean[] {true, false}) {
                var pretrainer = new Pretrainer(FarRecall.TRAINER, 1).withBoundaries(boundaries);
                var slopes = new float[2][];
                var nats = new double[2];
                for (int i = 0; i < 2; i++) {
                    int[] foreign = IntStream.range(16 + 16 * i, 26 + 16 * i).toArray();
                    var row = PackedText.whole(List.of(document, foreign), own + foreign.length, -1);
                    assertThat(row.size()).isEqualTo(1);
                    model.zeroGrad();
                    pretrainer.loss(model, row).of(new int[] {0}, Pass.training(Rng.of(1))).backward();
                    slopes[i] = Arrays.copyOf(model.embedding().weight().grad().toFloatArray(), own * 16); // of the document's ids
                    nats[i] = pretrainer.nats(model, row) - pretrainer.nats(model, PackedText.whole(List.of(foreign), foreign.length, -1));
                }
                double largest = 0;
                for (int j = 0; j < own * 16; j++) largest = Math.max(largest, Math.abs(slopes[0][j] - slopes[1][j]));
                if (boundaries) {
                    apart = Math.max(apart, largest);
                    cost = Math.max(cost, Math.abs(nats[0] - nats[1]));
                    swaps++;
                } else joined = Math.min(joined, largest);
            }
        }
        Evidence.of("documents whose neighbour was swapped", swaps, exactly(9));
        Evidence.of("largest change of the gradient of the document's ids", apart, exactly(0));
        Evidence.of("largest change of the document's loss, nats", cost, atMost(1e-4));
        Evidence.of("least of the largest changes without boundaries", joined, atLeast(1e-4));
    }

    @Test void stagesChangeLengthAndPositions() {
        var config = DecoderConfig.llama(FarRecall.VOCABULARY, 64, 2, 16, 2, 2, 32).withDeviation(0.1);
        var model = new DecoderLM(config, Rng.of(1));
        var recipe = new LongContextRecipe(FarRecall.part(32, 1));
        var trainer = FarRecall.TRAINER.withBatchSize(2);
        var longer = new LongContextTrainer(trainer, new Stage(96, p -> p.based(500), 2, recipe),
                new Stage(128, p -> p.scaled(new RopeScaling.Linear(2)), 2, recipe)).train(model, Rng.of(1), Progress.SILENT);
        assertThat(longer.contextLength()).isEqualTo(128);
        var rotary = longer.config().blocks().getLast().attention().rotary();
        assertThat(rotary.base()).isEqualTo(10_000); // of the model as it came
        assertThat(rotary.scaling()).isEqualTo(new RopeScaling.Linear(2));
        assertThat(model.contextLength()).isEqualTo(64);
        assertThat(model.state().get("embed.weight").sub(longer.state().get("embed.weight")).abs().max().item()).isPositive();
        assertThatThrownBy(() -> new LongContextTrainer(trainer, new Stage(96, p -> p, 1, recipe), new Stage(64, p -> p, 1, recipe)))
                .hasMessageContaining("lengths grow");
        assertThatThrownBy(() -> new Stage(96, p -> p, 1, null)).hasMessageContaining("without a recipe");
        assertThatThrownBy(() -> LongContextTrainer.extended(new DecoderLM(DecoderConfig.gpt2(10, 8, 1, 8, 2), Rng.of(1)), 16, p -> p))
                .hasMessageContaining("only rotary");
        assertThatThrownBy(() -> LongContextRecipe.byLength(List.of(new int[3]), new int[] {2, 4}, 0.5, 0.5))
                .hasMessageContaining("no document");
        assertThatThrownBy(() -> new LongContextRecipe()).hasMessageContaining("0 parts");
        int[] stitched = LongContextRecipe.Source.of(List.of(new int[] {1, 2, 3})).stitched(7).draw(Rng.of(1));
        assertThat(stitched).containsExactly(1, 2, 3, 1, 2, 3, 1);
    }

    @Test void lossesAreToldByPosition() {
        var model = new DecoderLM(DecoderConfig.llama(FarRecall.VOCABULARY, 64, 1, 16, 2, 2, 32), Rng.of(1));
        var texts = FarRecall.texts(40, 5, 1);
        var report = new Perplexity().of(model, texts.stream().map(ScoredText::of).toList());
        double[] bins = report.byPosition(10, 30, 40);
        double first = 0, all = 0;
        for (int d = 0; d < 5; d++) {
            double[] s = report.surprisals(d);
            first += Arrays.stream(s, 0, 10).sum() / 50;
            all += Arrays.stream(s).sum();
        }
        assertThat(bins[0]).isCloseTo(first, within(1e-9));
        assertThat(50 * bins[0] + 100 * bins[1] + 45 * bins[2]).isCloseTo(all, within(1e-6));
        assertThatThrownBy(() -> report.byPosition(10, 10)).hasMessageContaining("grow");
    }
}
