package lyceum.models.audio;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.sounds.ToneWords;
import lyceum.nn.loss.CtcDecoder;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A small Whisper learns the speech of tones: words, when they come, which language it is, and that noise is no speech. */
class WhisperToneWordsTest {
    private static final WhisperTokens TOKENS = new WhisperTokens(ToneWords.WORDS, 2, 81);
    private static final ToneWords WORLD = new ToneWords().withLeast(1).withMost(3).withPause(0.2).withNoise(0.05);
    private static final int LEARNED = 2_048, EPOCHS = 12, BATCH = 32;

    private static int[] written(ToneWords.Utterance said) {
        if (said.words().length == 0) return TOKENS.silent();
        return TOKENS.written(said.language(), Arrays.stream(said.words()).mapToObj(w -> new int[] {w}).toArray(int[][]::new),
                said.starts(), said.ends());
    }

    @Acceptance(topic = "whisper", clause = 4)
    @Tag("heavy")
    @Test void toneWordsAreWrittenDownWithTheirTimes() {
        var rng = Rng.of(1);
        var said = new ArrayList<ToneWords.Utterance>();
        for (int i = 0; i < LEARNED; i++) said.add(i % 8 == 7 ? WORLD.silence(rng) : WORLD.draw(rng));
        var learned = ToneClips.of(said);
        var config = new WhisperConfig(24, 64, 4, 128, 1, 2, 80, 24, TOKENS, DType.F32);
        var model = new Whisper(config, rng);
        BatchLoss loss = (rows, pass) -> model.loss(learned.seen().rows(rows),
                Arrays.stream(rows).mapToObj(r -> written(said.get(r))).toArray(int[][]::new), pass);
        int steps = EPOCHS * LEARNED / BATCH;
        var trainer = new Trainer(new Adam(3e-3).withBetas(0.9, 0.98), EPOCHS).withBatchSize(BATCH).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Linear(steps - 40, 1, 0.1).warmedUp(40));
        trainer.start(model, LEARNED, loss, null, rng).finish(Progress.SILENT);

        var fresh = new ArrayList<ToneWords.Utterance>();
        for (int i = 0; i < 200; i++) fresh.add(i < 150 ? WORLD.draw(Rng.of(1_000 + i)) : WORLD.silence(Rng.of(1_000 + i)));
        var transcriber = new Transcriber(model, ToneClips.MEL, new TranscriberConfig());
        var heard = Autograd.noGrad(() -> model.hear(ToneClips.of(fresh).seen(), Pass.inference()).compute());
        double[] quiet = model.noSpeech(heard).toDoubleArray();
        var decoded = transcriber.decode(heard.narrow(0, 0, 150), new int[0]);
        int wrong = 0, words = 0, languages = 0, silences = 0, times = 0;
        for (int i = 0; i < 200; i++) {
            if (quiet[i] > 0.6 == i >= 150) silences++;
            if (i >= 150) continue;
            var u = fresh.get(i);
            var d = decoded.get(i);
            if (d.language() == u.language()) languages++;
            int[] text = Arrays.stream(d.tokens()).filter(TOKENS::isText).toArray(),
                    marks = Arrays.stream(d.tokens()).filter(TOKENS::isTime).toArray();
            wrong += CtcDecoder.edits(u.words(), text);
            words += u.words().length;
            if (text.length != u.words().length || marks.length != 2 * text.length) continue;
            for (int w = 0; w < text.length; w++)
                if (Math.abs(TOKENS.seconds(marks[2 * w]) - u.starts()[w]) <= 0.1
                        && Math.abs(TOKENS.seconds(marks[2 * w + 1]) - u.ends()[w]) <= 0.1)
                    times++;
        }
        Evidence.of("word error rate of 150 fresh clips", (double) wrong / words, Bound.atMost(0.05));
        Evidence.of("languages that are right", languages / 150.0, Bound.atLeast(0.95));
        Evidence.of("speech and silence told apart, of 150 and 50 clips", silences / 200.0, Bound.atLeast(0.95));
        Evidence.of("words whose start and end are within 0.1 s", (double) times / words, Bound.atLeast(0.9));
    }
}
