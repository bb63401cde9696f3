package lyceum.labs.models;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.sounds.Melodies;
import lyceum.data.sounds.Sound;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.audio.AudioCodecConfig;
import lyceum.models.audio.AudioLm;
import lyceum.models.audio.AudioLm.Clip;
import lyceum.models.audio.AudioLm.Stage;
import lyceum.models.audio.AudioLmConfig;
import lyceum.models.audio.CodePattern;
import lyceum.models.audio.CodecObjective;
import lyceum.models.audio.MelSpectrogram;
import lyceum.models.audio.NeuralAudioCodec;
import lyceum.models.audio.SemanticTokens;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** Half a tune is heard; what is played and how it sounds are two languages, and the rest of the tune is written in both. */
@Lab(topics = "audio-lm", title = "The rest of the tune")
final class AudioLmLab implements LabBody {
    private static final int SLOTS = 16, PROMPT = 8;

    @Override public void run(LabContext lab) {
        int tunes = lab.param("tunes", 48, 24, 2_000), codecEpochs = lab.param("epochs of the codec", 4, 1, 200);
        int epochs = lab.param("epochs of each stage", 6, 1, 200);
        double temperature = lab.param("temperature", 0.2, 0.0, 2.0);
        var world = new Melodies().withPhases(4);
        var pitches = new int[tunes][];
        var played = new Tensor[tunes];
        var rng = lab.rng(1);
        for (int i = 0; i < tunes; i++) {
            pitches[i] = Melodies.Style.values()[i % 3].draw(SLOTS, rng);
            played[i] = world.play(pitches[i], Melodies.Timbre.values()[rng.nextInt(3)], rng).tensor();
        }
        var sounds = Tensor.stack(0, played).compute();

        var codec = new NeuralAudioCodec(
                new AudioCodecConfig(4_000, 1, 8, List.of(4, 8, 8), new VectorQuantizerConfig(32, 24), 2, 0, false), lab.rng(2));
        new Trainer(new Adam(5e-3), codecEpochs).withBatchSize(24)
                .start(codec, tunes, new CodecObjective().withSpectral(0).over(codec, sounds), null, lab.rng(3)).finish(lab.progress());
        var semantics = new SemanticTokens(new MelSpectrogram(4_000, 256, 256, 40), 16, 16, lab.rng(4));
        semantics.learn(sounds, 30, 48, lab.rng(5), lab.progress());
        var codes = codec.encode(sounds);
        var meaning = semantics.ids(sounds);

        var lm = new AudioLm(new AudioLmConfig(16, 32, 2, SLOTS).withCoarse(2).withWidth(32), lab.rng(6));
        var curves = new ArrayList<double[]>();
        for (var stage : List.of(Stage.SEMANTIC, Stage.COARSE)) {
            BatchLoss loss = (rows, pass) -> lm.loss(stage, new Clip(meaning.rows(rows), codes.rows(rows)), null, pass);
            curves.add(new Trainer(new Adam(8e-3), epochs).withBatchSize(24).start(lm, tunes, loss, null, lab.rng(7)).finish(lab.progress())
                    .losses());
        }
        lab.figure(Figure.plot("Two languages").line("what is played", 1, curves.get(0)).line("how it sounds", 1, curves.get(1))
                .axes("epoch", "nats a token")
                .describedAs("Loss of both stages: what is played is soon foreseen, how it sounds keeps the chance of each note's phase."));

        var heard = sounds.narrow(0, 0, 3).narrow(2, 0, (long) PROMPT * world.slot());
        var prompt = new Clip(semantics.ids(heard), codec.encode(heard));
        var sound = codec.decode(lm.continued(prompt, null, SLOTS, temperature, lab.rng(8)).codes());
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < 3; i++) {
            int[] made = world.pitches(Sound.of(sound.get(i), world.rate()));
            rows.add(List.of(Melodies.Style.values()[i], Arrays.toString(pitches[i]), Arrays.toString(made)));
            if (i == 0) lab.figure(Figure.heatmap("Piano roll of the first tune", roll(pitches[0], made)).axes("slot of 64 ms", "pitch")
                    .measuring("1 as it goes on, 2 as the model does, 3 both").describedAs(
                            "The tune itself and what the model makes of its first eight slots; where both play one pitch the cell is brightest."));
        }
        lab.table("Tunes and their continuations from slot 8 on, as pitches", List.of("style", "tune", "prompt and continuation"), rows);
        var grid = Tensor.arange(8).reshape(2, 4);
        lab.table("One grid of two books, in two orders", List.of("order", "codes"),
                List.of(List.of("flat", CodePattern.FLAT.interleave(grid, -1).toString()),
                        List.of("delay", CodePattern.DELAY.interleave(grid, -1).toString())));
        lab.say("A codec that learned for a second is rough, and so is what is played by it: raise both numbers of epochs, and the tunes go on as they began.");
        var back = CodePattern.DELAY.deinterleave(CodePattern.DELAY.interleave(codes, -1), 2);
        lab.shows("codes lost on the way through the delayed order", back.ne(codes).countNonZero().item(), exactly(0));
        lab.shows("samples of a tune that are missing or too many", sound.size(2) - (double) SLOTS * world.slot(), exactly(0));
        lab.shows("last loss of what is played over the first", curves.get(0)[epochs - 1] / curves.get(0)[0], below(0.9));
    }

    private static double[][] roll(int[] tune, int[] back) {
        var roll = new double[Melodies.PITCHES][tune.length];
        for (int t = 0; t < tune.length; t++) {
            roll[tune[t]][t] += 1;
            roll[back[t]][t] += 2;
        }
        return roll;
    }
}
