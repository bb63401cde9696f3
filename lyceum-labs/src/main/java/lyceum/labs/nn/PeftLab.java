package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.FineTuner;
import lyceum.train.Trainer;
import lyceum.train.peft.BitFit;
import lyceum.train.peft.BottleneckAdapter;
import lyceum.train.peft.Ia3;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;
import lyceum.train.peft.PeftMethod;
import lyceum.train.peft.PrefixTuning;
import lyceum.train.peft.PromptTuning;

/** A small transformer that reads digits, a world in which ink is white, and six cheap ways to get used to it. */
@Lab(topics = {"peft", "houlsby-adapters", "prefix-prompt-tuning"}, title = "Six small ways to change a large model")
final class PeftLab implements LabBody {
    private static final int WIDTH = 24, WORDS = 16;

    /** Reads 16 words of four pixels, and says which digit they are. */
    private static final class Reader extends Module {
        private final Embedding words;
        private final Tensor places;
        private final TransformerEncoder encoder;
        private final Linear head;

        Reader(Rng rng) {
            words = new Embedding(WORDS, WIDTH, rng);
            places = Tensor.randn(rng, 48, WIDTH).compute().requiresGrad();
            encoder = new TransformerEncoder(TransformerConfig.original(WIDTH, 4, 48).withPlacement(TransformerConfig.Placement.PRE), 2,
                    rng);
            head = new Linear(WIDTH, 10, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            var y = words.forward(x, pass);
            int more = (int) (y.size(1) - x.size(1)); // a prompt has the last places
            var where = more == 0 ? places.narrow(0, 0, 16) : Tensor.concat(0, places.narrow(0, 16, more), places.narrow(0, 0, 16));
            return head.forward(encoder.forward(y.add(where), pass).mean(1, false), pass);
        }
    }

    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs", 3, 1, 20), rank = lab.param("rank", 2, 1, 8), longest = lab.param("longest prefix", 16, 4, 32);
        var digits = Datasets.digits();
        var base = new Reader(lab.rng(1));
        new Trainer(new Adam(4e-3), epochs + 2).withBatchSize(50).fit(base, Loss::crossEntropy, words(digits, 0, 1000, false), lab.rng(2));
        Dataset train = words(digits, 1000, 250, true), test = words(digits, 1400, 397, true);
        double before = accuracy(base, test);
        lab.say("Black on white %.1f%%, white on black %.1f%%.", 100 * accuracy(base, words(digits, 1400, 397, false)), 100 * before);

        var names = new ArrayList<String>(List.of("LoRA", "bottleneck", "prefix", "prompt", "IA3", "BitFit"));
        var methods = List.of(new Lora(rank, 2 * rank), new BottleneckAdapter(4), new PrefixTuning(4).withStart(0.5), new PromptTuning(4),
                new Ia3(), new BitFit());
        ArrayList<Double> counts = new ArrayList<>(), reached = new ArrayList<>();
        for (var method : methods) {
            var model = tuned(base, method, train, epochs, lab);
            counts.add((double) model.parameterCount());
            reached.add(accuracy(model, test));
        }
        for (boolean full : new boolean[] {false, true}) {
            var model = Module.copy(base);
            if (!full) model.freeze("*");
            if (!full) model.unfreeze("head.*");
            FineTuner.full(new Trainer(new Adam(4e-3), epochs).withBatchSize(25)).fit(model, Loss::crossEntropy, train, null, lab.rng(3),
                    lab.progress());
            names.add(full ? "full" : "head");
            counts.add((double) model.parameterCount());
            reached.add(accuracy(model, test));
        }
        var plot = Figure.plot("What few parameters buy").logX().horizontalLine(before, "untuned").axes("trained parameters",
                "accuracy in the new world");
        for (int i = 0; i < names.size(); i++)
            plot = plot.points(names.get(i), new double[] {counts.get(i)}, new double[] {reached.get(i)});
        lab.figure(plot.describedAs(
                "Each point is one way of tuning the same frozen reader of digits to inverted pictures; full tuning stands at the right."));
        prefixes(lab, base, train, test, epochs, longest);
        lab.shows("peft", "LoRA's gain over the untuned", reached.get(0) - before, above(0.1));
        lab.shows("houlsby-adapters", "bottlenecks less the head alone", reached.get(1) - reached.get(6), above(0));
    }

    private static void prefixes(LabContext lab, Reader base, Dataset train, Dataset test, int epochs, int longest) {
        double[] lengths = {1, longest / 2, longest}, prefix = new double[3], prompt = new double[3];
        Module last = null;
        for (int i = 0; i < 3; i++) {
            prefix[i] = accuracy(tuned(base, new PrefixTuning((int) lengths[i]).withStart(0.5), train, epochs, lab), test);
            last = tuned(base, new PromptTuning((int) lengths[i]), train, epochs, lab);
            prompt[i] = accuracy(last, test);
        }
        lab.figure(Figure.plot("Longer prefixes").line("prefix", lengths, prefix).line("prompt", lengths, prompt)
                .axes("positions", "accuracy").describedAs("Keys and values in every layer against vectors before the words."));
        var table = last.state().get("words.weight").detach();
        var learned = last.state().get("words.prompt_embeddings.tuned.weight").detach().narrow(0, 0, 3);
        var distances = learned.unsqueeze(1).sub(table.unsqueeze(0)).square().sum(2).sqrt();
        var rows = new ArrayList<List<Object>>();
        for (int i = 0; i < 3; i++) {
            long nearest = distances.select(0, i).argmin(0).itemLong();
            rows.add(List.of(i + 1, "%4s".formatted(Long.toBinaryString(nearest)).replace(' ', '0'), distances.select(0, i).min().item()));
        }
        lab.table("The words (four pixels) nearest to the first learned vectors", List.of("vector", "pixels", "distance"), rows);
        lab.shows("prefix-prompt-tuning", "untuned less the longest prefix", accuracy(base, test) - prefix[2], below(0));
    }

    private static Reader tuned(Reader base, PeftMethod method, Dataset train, int epochs, LabContext lab) {
        var model = Module.copy(base);
        Peft.of(model, method, "tuned", lab.rng(4));
        new Trainer(new Adam(2e-2), epochs).withBatchSize(25).fit(model, Loss::crossEntropy, train, lab.rng(3));
        return model;
    }

    private static double accuracy(Module model, Dataset data) {
        return Autograd.noGrad(() -> model.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item());
    }

    /** Pictures as 16 words of four pixels, each on or off. */
    private static Dataset words(Dataset digits, int from, int count, boolean inverted) {
        var part = digits.range(from, from + count);
        var on = part.x().gt(7).to(DType.I64).reshape(count, 16, 4);
        if (inverted) on = on.neg().add(1);
        return new Dataset(on.mul(Tensor.of(8L, 4L, 2L, 1L)).sum(2, false).compute(), part.y(), List.of(), part.classNames(),
                "digits as words");
    }
}
