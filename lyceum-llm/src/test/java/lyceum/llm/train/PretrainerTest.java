package lyceum.llm.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.TinyBible;
import lyceum.memory.Scope;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.lm.NGramEstimator;
import lyceum.text.lm.NGramSmoothing;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainerTest {
    private static final String TOPIC = "pretraining";
    private static final Trainer SMALL = new Trainer(new AdamW(3e-3), 1).withBatchSize(4).withAccumulated(2).withClip(Clip.norm(1))
            .withSchedule(new Schedule.Cosine(100).warmedUp(10));

    private static PackedText letters(int from, int count, int length) {
        return PackedText.of(List.of(TinyBible.letters(Corpora.kingJames(), from, count)), length, -1);
    }

    /** Clause 1: held-out bytes, against an interpolated trigram of exactly the bytes that the run read. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("heavy")
    @Test void aMinuteOfTrainingForetellsBytesBetterThanATrigram() {
        var all = new ByteArrayOutputStream();
        Corpora.kingJames().stream().forEach(d -> all.writeBytes((d.text() + "\n").getBytes(StandardCharsets.UTF_8)));
        byte[] bytes = all.toByteArray();
        List<int[]> train = new ArrayList<>(), held = new ArrayList<>();
        for (int at = 0, block = 1; at < bytes.length; at += 20_000, block++) {
            (block % 10 == 0 ? held : train)
                    .add(IntStream.range(at, Math.min(bytes.length, at + 20_000)).map(i -> bytes[i] & 0xff).toArray());
        }
        int steps = 900, rows = 16;
        PackedText text = PackedText.of(train, 128, -1), heldText = PackedText.of(held, 128, -1);
        var model = new DecoderLM(DecoderConfig.llama(256, 128, 3, 96, 4, 4, 256).withTied(true), Rng.of(1));
        var trainer = new Trainer(new AdamW(4e-3).withWeightDecay(0.01), 1).withBatchSize(rows).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Cosine(steps).warmedUp(30));
        var read = new ArrayList<int[]>(); // what the run reads, in its order
        var pretrainer = new Pretrainer(trainer, steps);
        var loss = pretrainer.loss(model, text);
        var run = trainer.withEpochs(2).start(model, text.size(), (numbers, pass) -> {
            int[] ids = text.ids(numbers).toIntArray();
            for (int r = 0; r < numbers.length; r++) read.add(Arrays.copyOfRange(ids, r * 128, r * 128 + 128));
            return loss.of(numbers, pass);
        }, null, Rng.of(2));
        while (run.steps() < steps && run.step());
        long heldBytes = heldText.tokens(), foretold = heldText.targets(IntStream.range(0, heldText.size()).toArray());
        double own = pretrainer.nats(model, heldText) / foretold / Math.log(2);
        var heldRows = IntStream.range(0, heldText.size()).mapToObj(r -> heldText.ids(r).toIntArray()).toList();
        // its weights are the best for the very rows that it is asked about, in its favour
        var trigram = new NGramEstimator(3, 256).withSmoothing(new NGramSmoothing.JelinekMercer()).fit(read, heldRows);
        double sum = 0;
        for (var row : heldRows) sum -= trigram.score(row);
        double theirs = sum / foretold / Math.log(2);
        Evidence.of("bytes read", read.size() * 128.0, exactly(steps * rows * 128.0));
        Evidence.of("bytes held out", heldBytes, atLeast(400_000));
        Evidence.of("bits per byte", own, below(2.6));
        Evidence.of("less those of the trigram", own - theirs, below(0));
    }

    private static DecoderLM tiny(long seed) {
        return new DecoderLM(DecoderConfig.llama(TinyBible.LETTERS, 64, 2, 16, 2, 2, 32).withTied(true), Rng.of(seed));
    }

    /** Clause 2: 50 steps, a file and 50 more are 100, bit for bit. */
    @Acceptance(topic = TOPIC, clause = 2)
    @Test void aStoppedRunGoesOnBitForBit(@TempDir Path folder) throws IOException {
        var text = letters(0, 30_000, 32);
        DecoderLM whole = tiny(1), first = tiny(1), second = tiny(9);
        var unbroken = new Pretrainer(SMALL, 100).start(whole, text, Rng.of(3));
        while (unbroken.steps() < 100) unbroken.step();
        var begun = new Pretrainer(SMALL, 100).start(first, text, Rng.of(3));
        while (begun.steps() < 50) begun.step();
        begun.save(folder.resolve("run"));
        var resumed = new Pretrainer(SMALL, 100).start(second, text, Rng.of(3));
        resumed.resume(folder.resolve("run"));
        Evidence.of("steps when resumed", resumed.steps(), exactly(50));
        while (resumed.steps() < 100) resumed.step();
        long differing = 0, compared = 0, moved = 0;
        for (var name : whole.state().keySet()) {
            float[] a = whole.state().get(name).toFloatArray(), b = second.state().get(name).toFloatArray(),
                    c = first.state().get(name).toFloatArray();
            for (int i = 0; i < a.length; i++, compared++) {
                if (Float.floatToRawIntBits(a[i]) != Float.floatToRawIntBits(b[i])) differing++;
                if (a[i] != c[i]) moved++;
            }
        }
        Evidence.of("parameters of which a bit differs", differing, exactly(0));
        Evidence.of("share of parameters that the second half moved", (double) moved / compared, atLeast(0.5));
    }

    /** Clause 3: packed documents cost what they cost alone, by tokens. */
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void packedDocumentsCostWhatTheyCostAlone() {
        var model = tiny(4);
        TinyBible.train(model, TinyBible.letters(Corpora.kingJames(), 0, 20_000), 20, 3e-3, Rng.of(1));
        int[] text = TinyBible.letters(Corpora.kingJames(), 50_000, 2000);
        var documents = new ArrayList<int[]>();
        var rng = Rng.of(6);
        for (int i = 0, at = 0; i < 40; i++) {
            int n = 2 + rng.nextInt(40);
            documents.add(Arrays.copyOfRange(text, at, at + n));
            at += n;
        }
        var packed = PackedText.whole(documents, 64, -1);
        int[] rows = IntStream.range(0, packed.size()).toArray();
        double sum = 0, tokens = 0;
        for (var d : documents) {
            sum += (d.length - 1) * Autograd.noGrad(() -> model.loss(Tensor.of(d, 1, d.length), Pass.inference()).item());
            tokens += d.length - 1;
        }
        var pretrainer = new Pretrainer(SMALL, 1);
        double together = Autograd.noGrad(() -> pretrainer.loss(model, packed).of(rows, Pass.inference()).item());
        double joined = Autograd.noGrad(() -> pretrainer.withBoundaries(false).loss(model, packed).of(rows, Pass.inference()).item());
        Evidence.of("rows for 40 documents", rows.length, atMost(20));
        Evidence.of("packed less unpacked loss", Math.abs(together - sum / tokens), atMost(1e-5));
        Evidence.of("what it would be across documents, gap", Math.abs(joined - sum / tokens), atLeast(1e-3));
        Evidence.of("units less tokens foretold", pretrainer.loss(model, packed).units(rows) - tokens, exactly(0));
    }

    private static final int SNIPPET = 48;

    /** Letters of the King James Bible (0) and of Brown (1), in lower case without marks. */
    private static int[][] snippets(int kind, int from, int count) {
        int[] all = TinyBible.letters(kind == 0 ? Corpora.kingJames() : Corpora.brown(), from, count * SNIPPET);
        return IntStream.range(0, count).mapToObj(i -> Arrays.stream(all, i * SNIPPET, (i + 1) * SNIPPET)
                .map(c -> Character.isLetter(c) ? Character.toLowerCase(c) : ' ').toArray()).toArray(int[][]::new);
    }

    /** Accuracy on held-out snippets after a tuning by 200 labels; everything but the start is the same. */
    private static double tuned(DecoderLM start, long seed) {
        var model = DecoderLM.copy(start);
        var head = new Linear(32, 2, Rng.of(seed));
        int skip = 400_000 + (int) seed * 20_000;
        int[][][] train = {snippets(0, skip, 100), snippets(1, skip, 100)},
                test = {snippets(0, 1_500_000, 200), snippets(1, 1_500_000, 200)};
        var parameters = new ArrayList<>(model.parameters().values());
        parameters.addAll(head.parameters().values());
        var adam = new Adam(2e-3).over(parameters);
        var rng = Rng.of(seed);
        for (int step = 0; step < 60; step++) try (var scope = Scope.open()) {
            int[] ids = new int[16 * SNIPPET], labels = new int[16];
            for (int r = 0; r < 16; r++) System.arraycopy(train[labels[r] = r % 2][rng.nextInt(100)], 0, ids, r * SNIPPET, SNIPPET);
            adam.zeroGrad();
            new CrossEntropy().of(head.forward(model.hidden(Tensor.of(ids, 16, SNIPPET), Pass.training(rng)).mean(1), Pass.training(rng)),
                    Tensor.of(labels)).backward();
            adam.step();
        }
        int right = 0;
        for (int kind = 0; kind < 2; kind++) {
            var ids = Tensor.of(Arrays.stream(test[kind]).flatMapToInt(Arrays::stream).toArray(), 200, SNIPPET);
            double[][] z = Autograd.noGrad(() -> head.forward(model.hidden(ids, Pass.inference()).mean(1), Pass.inference())).toRows();
            for (var row : z) if (row[1] > row[0] == (kind == 1)) right++;
        }
        return right / 400.0;
    }

    /** Clause 4: tuned by 200 labels, a pretrained start beats an untrained one in at least 4 of 5 seeds. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Tag("slow")
    @Test void aPretrainedStartWins(@TempDir Path folder) throws IOException {
        var config = DecoderConfig.llama(TinyBible.LETTERS, SNIPPET, 2, 32, 4, 4, 64).withTied(true);
        var text = PackedText.of(IntStream.range(0, 2)
                .mapToObj(kind -> Arrays.stream(snippets(kind, 0, 4000)).flatMapToInt(Arrays::stream).toArray()).toList(), SNIPPET, -1);
        var model = new DecoderLM(config, Rng.of(1));
        var file = folder.resolve("pretrained");
        var trainer = new Trainer(new AdamW(4e-3), 1).withBatchSize(16).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Cosine(300).warmedUp(10));
        var curve = new Pretrainer(trainer, 300).withCheckpoint(file).withEvaluateEvery(150).train(model, text, text, text.tokens(),
                Rng.of(2), Progress.SILENT);
        assertThat(curve.steps()).containsExactly(150L, 300L);
        assertThat(curve.last()).isLessThan(curve.bitsPerByte().getFirst());
        var start = new DecoderLM(config, Rng.of(5));
        new Pretrainer(trainer, 300).start(start, text, Rng.of(2)).resume(file);
        int wins = 0;
        double gain = 0;
        for (long seed = 1; seed <= 5; seed++) {
            double with = tuned(start, seed), without = tuned(new DecoderLM(config, Rng.of(100 + seed)), seed);
            if (with > without) wins++;
            gain += (with - without) / 5;
        }
        Evidence.of("seeds won of 5", wins, atLeast(4));
        Evidence.of("mean gain in accuracy", gain, atLeast(0));
    }

    @Test void textsArePackedWithoutLoss() {
        var documents = List.of(new int[] {1, 2, 3}, new int[] {4, 5, 6, 7, 8}, new int[] {9});
        var packed = PackedText.of(documents, 4, 0);
        assertThat(packed.size()).isEqualTo(3);
        assertThat(packed.ids(0, 1, 2).toIntArray()).containsExactly(1, 2, 3, 0, 4, 5, 6, 7, 8, 0, 9, 0);
        assertThat(packed.layout(2).spans()).hasSize(2);
        assertThat(packed.targets(0, 1, 2)).isEqualTo(8);
        var whole = PackedText.whole(documents, 8, 0);
        assertThat(whole.tokens()).isEqualTo(12);
        assertThat(whole.ids(0).toIntArray()).containsExactly(4, 5, 6, 7, 8, 0, 9, 0);
        assertThatThrownBy(() -> PackedText.of(documents, 1, 0)).hasMessageContaining("at least 2");
        assertThatThrownBy(() -> new Pretrainer(SMALL, 5).start(tiny(1), letters(0, 500, 100), Rng.of(1)))
                .hasMessageContaining("pack shorter rows");
        assertThatThrownBy(() -> new Pretrainer(SMALL, 0)).hasMessageContaining("at least 1");
    }
}
