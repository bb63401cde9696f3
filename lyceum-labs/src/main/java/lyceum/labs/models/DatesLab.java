package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import java.util.List;
import lyceum.data.scenes.DateTexts;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.sequence.Seq2Seq;
import lyceum.models.sequence.Seq2SeqConfig;
import lyceum.models.sequence.TargetDecoder;
import lyceum.nn.BeamSearch;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Days as people write them become ISO dates: by a decoder that looks at what the encoder made of each character, and by one that was handed one vector. */
@Lab(topics = {"encoder-decoder", "seq2seq", "seq2seq-attention"}, title = "3rd of May, 1979")
final class DatesLab implements LabBody {

    @Override public void run(LabContext lab) {
        int updates = lab.param("updates", 40, 20, 1000), units = lab.param("units", 32, 8, 128), batch = lab.param("batch", 32, 16, 128);
        var pairs = pairs(DateTexts.learned(updates * batch, lab.rng(1)));
        var fresh = pairs(DateTexts.heldOut(100, lab.rng(2)));
        Plot curves = Figure.plot("Loss of a character, true characters given");
        var last = new double[2];
        for (var look : List.of(TargetDecoder.Look.ADDITIVE, TargetDecoder.Look.NONE)) {
            var config = new Seq2SeqConfig(DateTexts.symbols(), DateTexts.symbols(), 24, units).withLook(look);
            var model = new Seq2Seq(config, lab.rng(3));
            var run = model.start(pairs, new Trainer(new Adam(0.01), 1).withBatchSize(batch).withClip(Clip.norm(1)), Seq2Seq.Forcing.ALWAYS,
                    lab.rng(4));
            var losses = new double[updates];
            for (int i : lab.progress(look == TargetDecoder.Look.NONE ? "one vector" : "attention", updates)) {
                run.step();
                losses[i] = model.loss(fresh.subList(0, 20), Pass.inference()).item();
            }
            curves = curves.line(look == TargetDecoder.Look.NONE ? "one vector" : "attention", 1, losses);
            last[look == TargetDecoder.Look.NONE ? 1 : 0] = losses[updates - 1];
            if (look == TargetDecoder.Look.ADDITIVE) look(lab, model, "3rd of May, 1979");
            lab.say("%s: %.0f%% of 100 days that were never shown come out without a fault.",
                    look == TargetDecoder.Look.NONE ? "One vector" : "With attention", 100 * model.exactMatch(fresh, 12));
        }
        lab.figure(curves.axes("update", "loss on days held out").describedAs(
                "After equally many updates the decoder that looks is ahead; the other has to find ten characters in one vector."));
        lab.shows("seq2seq-attention", "loss of one vector over that with attention", last[1] / last[0], atLeast(1));
        lab.shows("seq2seq", "loss with attention, less that of a uniform guess", last[0] - Math.log(DateTexts.symbols()), below(0));
    }

    private static void look(LabContext lab, Seq2Seq model, String text) {
        var aligned = model.align(DateTexts.codes(text), 12);
        var best = model.beams(DateTexts.codes(text), new BeamSearch(4, 1, 12).withNormalisation(BeamSearch.Normalisation.LENGTH))
                .getFirst();
        lab.say("\"%s\" is read as %s; by four beams %s.", text, DateTexts.text(aligned.tokens()),
                DateTexts.text(best.tokens().stream().mapToInt(Integer::intValue).toArray()));
        boolean same = Arrays.equals(aligned.tokens(),
                model.translate(List.of(DateTexts.codes(text), DateTexts.codes("1 May 1900")), 12).getFirst());
        lab.shows("encoder-decoder", "texts that are written otherwise beside another", same ? 0 : 1, exactly(0));
        if (aligned.weights().isEmpty()) return;
        var rows = Arrays.stream(DateTexts.text(aligned.tokens()).split("")).limit(aligned.weights().size()).toArray(String[]::new);
        lab.figure(Figure.heatmap("Where it looks while it writes", Tensor.of(aligned.weights().toArray(double[][]::new)), numbered(rows),
                numbered(text.split(""))).axes("character read", "character written").describedAs(
                        "Each row is a written character and its weights over the text: the year first, then the month, then the day."));
    }

    /** Each with its place, so that no two are alike. */
    private static String[] numbered(String[] letters) {
        var names = new String[letters.length];
        for (int i = 0; i < names.length; i++) names[i] = i + 1 + " " + letters[i];
        return names;
    }

    private static List<Seq2Seq.Pair> pairs(List<DateTexts.Pair> dates) {
        return dates.stream().map(d -> new Seq2Seq.Pair(DateTexts.codes(d.text()), DateTexts.codes(d.iso()))).toList();
    }
}
