package lyceum.labs.llm;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.train.PackedText;
import lyceum.llm.train.Pretrainer;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.text.lm.NGramEstimator;
import lyceum.train.Trainer;

/** A decoder from nothing on the letters of the King James Bible: the held-out figure falls, and what it writes turns from noise to something like scripture. */
@Lab(topics = "pretraining", title = "From noise to something like scripture")
final class PretrainingLab implements LabBody {
    private static final int LENGTH = 48;

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 120, 20, 10_000), width = lab.param("width", 32, 16, 256),
                looks = lab.param("samples on the way", 4, 1, 20);
        double rate = lab.param("learning rate", 6e-3, 1e-4, 0.1);
        int[] letters = LetterDecoder.letters(Corpora.kingJames(), 120_000);
        var text = PackedText.of(List.of(Arrays.copyOf(letters, 100_000)), LENGTH, -1);
        var held = PackedText.of(List.of(Arrays.copyOfRange(letters, 100_000, 110_000)), LENGTH, -1);
        var model = new DecoderLM(DecoderConfig.llama(128, LENGTH, 2, width, 4, 4, 2 * width).withTied(true).withDeviation(0.15),
                lab.rng(1));
        var trainer = new Trainer(new AdamW(rate), 1).withBatchSize(8).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Cosine(steps).warmedUp(steps / 10));
        var pretrainer = new Pretrainer(trainer, steps);
        var run = pretrainer.start(model, text, lab.rng(2));
        long foretold = 0;
        for (int r = 0; r < held.size(); r++) foretold += held.targets(r);
        var at = new ArrayList<Double>();
        var bits = new ArrayList<Double>();
        var rows = new ArrayList<List<?>>();
        for (int step : lab.progress("steps", steps + 1)) {
            if (step % Math.max(1, steps / looks) == 0 || step == steps) {
                at.add((double) step);
                bits.add(pretrainer.bitsPerByte(model, held, foretold));
                rows.add(List.of(step, bits.getLast(), LetterDecoder.writes(model, "And the ", 36)));
            }
            if (step < steps) run.step();
        }
        var read = Arrays.copyOf(letters, (int) Math.min(100_000, (long) steps * 8 * LENGTH));
        double bigram = 0;
        var counted = new NGramEstimator(2, 128).fit(List.of(read));
        for (int r = 0; r < held.size(); r++)
            bigram -= counted.score(Arrays.copyOf(held.ids(r).toIntArray(), (int) held.targets(r) + 1)) / foretold / Math.log(2);
        double[] x = at.stream().mapToDouble(v -> v).toArray(), y = bits.stream().mapToDouble(v -> v).toArray();
        lab.figure(Figure.line("Held-out bits per byte", x, y).named("decoder")
                .line("counted pairs of letters", new double[] {0, steps}, new double[] {bigram, bigram}).axes("step", "bits per byte")
                .describedAs(
                        "The figure on text that was not trained on, from 7 bits of a uniform guess downwards, beside that of a bigram."));
        lab.table("What it writes", List.of("step", "bits per byte", "after \"And the \""), rows);
        double tokens = (double) steps * 8 * LENGTH, flops = 6.0 * model.parameterCount() * tokens;
        lab.say("%,d weights and %,.0f letters: 6 P D is %.1e operations. A model of eight billion weights and 15e12 tokens takes %.1e, that many times more.",
                model.parameterCount(), tokens, flops, 7.2e23 / flops);
        lab.shows("bits per byte at the end, less those at the start", y[y.length - 1] - y[0], below(-2));
    }
}
