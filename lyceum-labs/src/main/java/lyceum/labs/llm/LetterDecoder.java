package lyceum.labs.llm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Temperature;
import lyceum.tensor.Tensor;

/** A small decoder over letters, trained for some steps on the King James Bible. */
public record LetterDecoder(DecoderLM model, int[] text, int[] held) {
    public static final int LENGTH = 48;

    public static LetterDecoder trained(LabContext lab, int width, int steps) {
        var text = letters(Corpora.kingJames(), 120_000);
        var model = new DecoderLM(DecoderConfig.llama(128, LENGTH, 2, width, 4, 4, 2 * width).withTied(true), lab.rng(1));
        int[] first = Arrays.copyOf(text, 100_000), held = Arrays.copyOfRange(text, 100_000, 120_000);
        train(lab, model, first, steps, lab.rng(2));
        return new LetterDecoder(model, first, held);
    }

    public static int[] letters(Corpus corpus, int count) {
        var ids = new int[count];
        int at = 0;
        try (var documents = corpus.open()) {
            for (var d = documents.next(); d != null && at < count; d = documents.next())
                for (int i = 0; i < d.text().length() && at < count; i++) ids[at++] = d.text().charAt(i) < 128 ? d.text().charAt(i) : ' ';
        }
        return ids;
    }

    public static Tensor batch(int[] text, int rows, Rng rng) {
        var ids = new int[rows * LENGTH];
        for (int r = 0; r < rows; r++) System.arraycopy(text, rng.nextInt(text.length - LENGTH), ids, r * LENGTH, LENGTH);
        return Tensor.of(ids, rows, LENGTH);
    }

    /** Losses of the steps. */
    static double[] train(LabContext lab, Module model, int[] text, int steps, Rng rng) {
        return train(lab, "steps", model, steps, () -> {
            var ids = batch(text, 8, rng);
            return new CausalLmLoss().of(model.forward(ids, Pass.training(rng)), ids);
        });
    }

    /** The same by any loss. */
    public static double[] train(LabContext lab, String name, Module model, int steps, Supplier<Tensor> loss) {
        var losses = new double[steps];
        var optimizer = new Adam(4e-3).over(new ArrayList<>(model.parameters().values()));
        for (int step : lab.progress(name, steps)) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var value = loss.get();
                value.backward();
                optimizer.step();
                losses[step] = value.item();
            }
        }
        return losses;
    }

    static double perplexity(Module model, int[] held) {
        var ids = batch(held, 64, Rng.of(9));
        return Math.exp(Autograd.noGrad(() -> new CausalLmLoss().of(model.forward(ids, Pass.inference()), ids).item()));
    }

    List<Tensor> calibration(int batches) {
        var all = new ArrayList<Tensor>();
        for (int i = 0; i < batches; i++) all.add(batch(text, 16, Rng.of(50 + i)));
        return all;
    }

    static String writes(DecoderLM model, String prompt, int letters) {
        var ids = model.sample(prompt.chars().toArray(), letters, new Temperature(0.5), Rng.of(3));
        var text = new StringBuilder();
        for (int id : ids) text.append(id < 32 ? ' ' : (char) id);
        return text.toString();
    }
}
