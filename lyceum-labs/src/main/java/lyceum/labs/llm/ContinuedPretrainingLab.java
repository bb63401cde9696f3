package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
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
import lyceum.llm.eval.ScoredText;
import lyceum.llm.train.ContinuedPretraining;
import lyceum.llm.train.PackedText;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.train.Trainer;

/** A model that has read scripture goes on with the prose of 1961: what it gains there and forgets here, by the share of scripture that stays in. */
@Lab(topics = {"continual-pretraining", "domain-pretraining"}, title = "Learning the new, keeping the old")
final class ContinuedPretrainingLab implements LabBody {
    private static final int LENGTH = 32;

    @Override public void run(LabContext lab) {
        int before = lab.param("steps on the Bible", 160, 20, 5000), steps = lab.param("steps on Brown", 60, 10, 5000),
                width = lab.param("width", 16, 8, 128);
        double peak = lab.param("peak of the rate", 4e-3, 1e-4, 0.05), warm = lab.param("warm-up, share of the steps", 0.1, 0, 0.9);
        int[] scripture = LetterDecoder.letters(Corpora.kingJames(), 120_000), prose = LetterDecoder.letters(Corpora.brown(), 120_000);
        PackedText bible = text(scripture), brown = text(prose);
        var probes = List.of(probe("Bible", scripture), probe("Brown", prose));
        var model = new DecoderLM(DecoderConfig.llama(128, LENGTH, 2, width, 2, 2, 2 * width).withTied(true).withDeviation(0.15),
                lab.rng(1));
        var trainer = new Trainer(new AdamW(peak), 1).withBatchSize(8).withClip(Clip.norm(1));
        new ContinuedPretraining(trainer.withRule(new AdamW(8e-3)), before).withFloor(0).train(model, bible, null, null, probes, lab.rng(2),
                Progress.SILENT);

        double[] replays = {0, 0.05, 0.2, 0.5};
        var fresh = Figure.plot("Brown, the new").axes("step", "bits per byte");
        var old = Figure.plot("Bible, the old").axes("step", "bits per byte");
        var rows = new ArrayList<List<?>>();
        var recipe = new ContinuedPretraining(trainer, steps).withWarmUp((long) (warm * steps)).withEvaluateEvery(Math.max(1, steps / 6));
        double[] changes = new double[4], gains = new double[4];
        for (int r : lab.progress("replays", 4)) {
            var report = recipe.withReplay(replays[r]).train(DecoderLM.copy(model), brown, bible, null, probes, lab.rng(3),
                    Progress.SILENT);
            double[] at = report.steps().stream().mapToDouble(s -> s).toArray();
            var name = (int) (100 * replays[r]) + "% replay";
            fresh = fresh.line(name, at, report.bitsPerByte("Brown"));
            old = old.line(name, at, report.bitsPerByte("Bible"));
            changes[r] = report.change("Bible");
            gains[r] = report.change("Brown");
            rows.add(List.of(name, 100 * gains[r], 100 * changes[r]));
        }
        lab.figure(Figure.row("Two texts, four shares of replay", fresh, old).describedAs(
                "Bits per byte of held-out text on the way. The new falls for every share; the old rises, the less the more of it stays in."));
        double[] rates = new double[steps];
        Arrays.setAll(rates, t -> peak * recipe.schedule().factor(t));
        lab.figure(Figure.line("The rate, warmed up again and let fall again", 0, rates).axes("step", "learning rate")
                .describedAs("From nothing to the peak along a line, then half a cosine to a tenth of it."));
        lab.table("At the end, against the model before", List.of("replay", "Brown, bits, %", "Bible, bits, %"), rows);
        lab.say("With one batch in five of the old text, the old bits change by %+.1f%%, "
                + "%.0f%% of the %+.1f%% without; the new by %+.1f%%, not %+.1f%%.", 100 * changes[2], 100 * changes[2] / changes[0],
                100 * changes[0], 100 * gains[2], 100 * gains[0]);
        lab.shows("domain-pretraining", "change of the new bits without replay", gains[0], below(0));
        lab.shows("continual-pretraining", "change of the old bits without replay", changes[0], above(0.0));
        lab.shows("continual-pretraining", "with half of it replayed, less without", changes[3] - changes[0], below(0));
    }

    private static PackedText text(int... letters) { return PackedText.of(List.of(Arrays.copyOf(letters, 110_000)), LENGTH, -1); }

    private static ScoredText probe(String domain, int... letters) {
        return new ScoredText(Arrays.copyOfRange(letters, 110_000, 113_000), domain, 0, 3000, 3000);
    }
}
