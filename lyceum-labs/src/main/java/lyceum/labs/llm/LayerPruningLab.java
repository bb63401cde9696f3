package lyceum.labs.llm;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.train.LayerImportance;
import lyceum.llm.train.LayerPruner;
import lyceum.llm.train.LayerPruner.Order;
import lyceum.llm.train.PackedText;
import lyceum.llm.train.Pretrainer;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Which layers does one kind of text need? A decoder loses them one by one, all at once or by lot; what is left is tuned by equal steps. */
@Lab(topics = "trimllm", title = "Half the layers, nearly all of the sense")
final class LayerPruningLab implements LabBody {
    private static final int LENGTH = 32;

    @Override public void run(LabContext lab) {
        int depth = lab.param("layers", 4, 3, 12), before = lab.param("steps before", 120, 20, 5000),
                steps = lab.param("steps of tuning", 40, 10, 5000), width = lab.param("width", 16, 8, 128);
        int[] scripture = LetterDecoder.letters(Corpora.kingJames(), 80_000), prose = LetterDecoder.letters(Corpora.brown(), 80_000);
        PackedText bible = text(0, 60_000, scripture),
                both = PackedText.mixed(List.of(bible, text(0, 60_000, prose)), new double[] {1, 1}, 3000, lab.rng(1));
        var model = new DecoderLM(DecoderConfig.llama(128, LENGTH, depth, width, 2, 2, 2 * width).withTied(true).withDeviation(0.15),
                lab.rng(2));
        train(lab, model, both, before, 8e-3);

        String[] names = IntStream.range(0, depth).mapToObj(String::valueOf).toArray(String[]::new);
        double[][] importance = {increases(model, scripture), increases(model, prose)};
        lab.figure(
                Figure.heatmap("What each layer is worth", importance, new String[] {"Bible", "Brown"}, names).axes("layer skipped", "text")
                        .describedAs("How much the loss of two kinds of text rises without a layer, before any tuning."));

        var calibration = batch(scripture, 62_000);
        var held = batch(scripture, 70_000);
        var pruner = new LayerPruner(1, LayerImportance.lossWithout(m -> loss(m, calibration)));
        var figure = Figure.plot("Accuracy against layers").axes("layers left", "letters foretold, share");
        double[] kept = IntStream.rangeClosed(1, depth).mapToDouble(i -> i).toArray();
        double[] progressive = null;
        var orders = List.of(Order.PROGRESSIVE, Order.ONE_SHOT, Order.RANDOM);
        for (int o : lab.progress("orders", orders.size())) {
            var order = orders.get(o);
            var accuracy = new double[depth];
            for (int left = 1; left <= depth; left++) {
                LayerPruner.Tuning tuning = (m, round, rounds) -> train(lab, m, bible, steps / rounds, 4e-3);
                var pruned = pruner.withLayers(left).withOrder(order).prune(model, tuning, lab.rng(4), Progress.SILENT).model();
                if (left == depth) train(lab, pruned, bible, steps, 4e-3);
                accuracy[left - 1] = accuracy(pruned, held);
            }
            figure = figure.line(order.name().toLowerCase(Locale.ROOT).replace('_', ' '), kept, accuracy);
            if (order == Order.PROGRESSIVE) progressive = accuracy;
        }
        lab.figure(figure.describedAs(
                "Accuracy on held-out text of the domain after equal steps of tuning, by how many layers are left and how they were chosen."));
        var shallow = LayerPruner.without(model, IntStream.range(depth / 2, depth).toArray());
        lab.say("With %d of %d layers left there are %,d weights of %,d, and every new token costs that much less.", depth / 2, depth,
                shallow.parameterCount(), model.parameterCount());
        lab.shows("accuracy lost with half of the layers", progressive[depth - 1] - progressive[depth / 2 - 1], atMost(0.1));
        lab.shows("weights of half the layers over all", (double) shallow.parameterCount() / model.parameterCount(), below(0.75));
    }

    private static double[] increases(DecoderLM model, int... letters) {
        var ids = batch(letters, 62_000);
        double whole = loss(model, ids);
        return Arrays.stream(LayerImportance.lossWithout(m -> loss(m, ids)).of(model)).map(l -> l - whole).toArray();
    }

    private static PackedText text(int from, int to, int... letters) {
        return PackedText.of(List.of(Arrays.copyOfRange(letters, from, to)), LENGTH, -1);
    }

    private static Tensor batch(int[] letters, int from) {
        return Tensor.of(Arrays.copyOfRange(letters, from, from + 64 * LENGTH), 64, LENGTH);
    }

    private static double loss(DecoderLM model, Tensor ids) { return Autograd.noGrad(() -> model.loss(ids, Pass.inference())).item(); }

    private static double accuracy(DecoderLM model, Tensor ids) {
        var told = Autograd.noGrad(() -> model.logits(ids, Pass.inference())).argmax(-1).narrow(1, 0, LENGTH - 1);
        return told.eq(ids.narrow(1, 1, LENGTH - 1)).mean().item();
    }

    private static void train(LabContext lab, DecoderLM model, PackedText text, int steps, double rate) {
        var trainer = new Trainer(new AdamW(rate), 1).withBatchSize(8).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Cosine(steps).warmedUp(steps / 10));
        var run = new Pretrainer(trainer, steps).start(model, text, lab.rng(3));
        while (run.steps() < steps && run.step());
    }
}
