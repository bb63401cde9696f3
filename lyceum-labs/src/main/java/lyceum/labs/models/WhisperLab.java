package lyceum.labs.models;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.data.sounds.ToneWords;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.audio.MelSpectrogram;
import lyceum.models.audio.Transcriber;
import lyceum.models.audio.TranscriberConfig;
import lyceum.models.audio.Whisper;
import lyceum.models.audio.WhisperConfig;
import lyceum.models.audio.WhisperTokens;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** A small Whisper listens to a language of tones: soon it knows the language and the times of words, and with more steps the words. */
@Lab(topics = "whisper", title = "What was said, and when")
final class WhisperLab implements LabBody {
    private static final MelSpectrogram MEL = new MelSpectrogram(8_000, 256, 80, 24);
    private static final WhisperTokens TOKENS = new WhisperTokens(ToneWords.WORDS, 2, 81);

    @Override public void run(LabContext lab) {
        int clips = lab.param("clips", 64, 16, 4_096), epochs = lab.param("epochs", 4, 1, 100);
        int width = lab.param("width", 32, 8, 128), most = lab.param("most words", 2, 1, 3);
        var world = new ToneWords().withLeast(1).withMost(most).withPause(0.2).withNoise(0.05);
        var said = draw(world, clips, lab.rng(1));
        var seen = seen(said);
        var config = new WhisperConfig(24, width, 4, 2 * width, 1, 2, 80, 24, TOKENS, DType.F32);
        var model = new Whisper(config, lab.rng(2));
        BatchLoss loss = (rows, pass) -> model.loss(seen.rows(rows),
                Arrays.stream(rows).mapToObj(r -> written(said.get(r))).toArray(int[][]::new), pass);
        var trainer = new Trainer(new Adam(3e-3).withBetas(0.9, 0.98), epochs).withBatchSize(16).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Linear((long) epochs * clips / 16, 1, 0.2).warmedUp(8));
        var history = trainer.start(model, clips, loss, null, lab.rng(3)).finish(lab.progress());
        lab.figure(Figure.line("Learning", 1, history.losses()).axes("epoch", "nats a token")
                .describedAs("The mean cross-entropy a token: marks and times are learned first, words last."));

        var fresh = draw(world, 8, lab.rng(4));
        var heard = model.hear(seen(fresh), Pass.inference());
        var decoded = new Transcriber(model, MEL, new TranscriberConfig()).decode(heard, new int[0]);
        double[] quiet = model.noSpeech(heard).toDoubleArray();
        var rows = new ArrayList<List<?>>();
        int back = 0;
        for (int i = 0; i < fresh.size(); i++) {
            int[] tokens = decoded.get(i).tokens();
            double last = 0;
            for (double time : Arrays.stream(tokens).filter(TOKENS::isTime).mapToDouble(TOKENS::seconds).toArray()) {
                if (time < last) back++;
                last = time;
            }
            rows.add(List.of(fresh.get(i).words().length == 0 ? "nobody speaks" : text(written(fresh.get(i))), text(tokens),
                    decoded.get(i).language() == fresh.get(i).language(), quiet[i]));
        }
        lab.table("Said and written: seconds in brackets, words by number", List.of("said", "written", "language right", "p(no speech)"),
                rows);
        lab.figure(Figure.heatmap("Heard", MEL.logarithmic(fresh.get(0).sound()).to(DType.F64).toRows()).axes("frame of 10 ms", "mel band")
                .measuring("log power")
                .describedAs("The log-mel spectrogram of the first clip of the table; its words begin and end where bands light up."));
        lab.say("With width 64, 2000 clips and 12 epochs, half a minute of work, nearly all words are right.");
        lab.shows("last loss over the first", history.losses()[epochs - 1] / history.losses()[0], below(0.95));
        lab.shows("times that go back", back, exactly(0));
    }

    private static List<ToneWords.Utterance> draw(ToneWords world, int count, Rng rng) {
        var all = new ArrayList<ToneWords.Utterance>();
        for (int i = 0; i < count; i++) all.add(i % 8 == 7 ? world.silence(rng) : world.draw(rng));
        return all;
    }

    private static Tensor seen(List<ToneWords.Utterance> said) {
        return Tensor.stack(0, said.stream().map(u -> MEL.logarithmic(u.sound())).toArray(Tensor[]::new)).compute();
    }

    private static int[] written(ToneWords.Utterance said) {
        if (said.words().length == 0) return TOKENS.silent();
        var texts = Arrays.stream(said.words()).mapToObj(w -> new int[] {w}).toArray(int[][]::new);
        return TOKENS.written(said.language(), texts, said.starts(), said.ends());
    }

    private static String text(int[] tokens) {
        return Arrays.stream(tokens).filter(t -> TOKENS.isText(t) || TOKENS.isTime(t))
                .mapToObj(t -> TOKENS.isText(t) ? "" + t : String.format(Locale.ROOT, "[%.2f]", TOKENS.seconds(t)))
                .collect(Collectors.joining(" "));
    }
}
