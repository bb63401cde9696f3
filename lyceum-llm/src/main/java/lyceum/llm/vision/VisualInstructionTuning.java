package lyceum.llm.vision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import lyceum.llm.vision.VisionLanguageModel.Part;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;
import lyceum.withers.Withers;

/**
 * How LLaVA is trained, in two stages: first the connector alone learns to say what is seen in the language model's terms, encoder and language model as they are; then
 * connector and language model learn to answer, the loss on the answers only, and the encoder never learns.
 *
 * {@snippet :
 * var model = VisionLanguageModel.llava(language, encoder, imageId, rng);
 * var recipe = new VisualInstructionTuning().withAlignSteps(300).withTuneSteps(1000);
 * recipe.align(model, captions, rng, Progress.SILENT);
 * recipe.tune(model, conversations, rng, Progress.SILENT);                          // the whole language model
 * Peft tuning = recipe.withLora(new Lora(8, 16)).tune(model, conversations, rng, Progress.SILENT);     // or a low-rank update of it
 * }
 *
 * @param alignSteps of the first stage
 * @param alignRate learning rate of the connector there
 * @param tuneSteps of the second stage
 * @param tuneRate learning rate of connector and language model there; it falls to 0 along a line over the last third
 * @param batch examples a step
 * @param lora of the language model in the second stage; null to train all of it
 * @see <a href="https://arxiv.org/abs/2304.08485">Liu, Li, Wu and Lee (2023), section 4.2</a>
 */
@Withers
public record VisualInstructionTuning(int alignSteps, double alignRate, int tuneSteps, double tuneRate, int batch, Lora lora)
        implements VisualInstructionTuningWithers {
    /**
     * A conversation about pictures.
     *
     * @param text with a placeholder for each picture
     * @param counted whether the loss counts an id: those of the answers
     * @param pictures (n, channels, H, W), or null where there is none; all examples of a training have one size
     */
    public record Example(int[] text, boolean[] counted, Tensor pictures) {
        public Example {
            if (text.length != counted.length) throw new IllegalArgumentException(
                    "VisualInstructionTuning: " + text.length + " ids and " + counted.length + " marks of what counts; one each");
        }

        /** A text whose last ids are the answer. @param answer how many */
        public static Example answering(int[] text, int answer, Tensor pictures) {
            var counted = new boolean[text.length];
            Arrays.fill(counted, text.length - answer, text.length, true);
            return new Example(text, counted, pictures);
        }
    }

    public VisualInstructionTuning {
        if (alignSteps < 0 || tuneSteps < 0 || batch < 1) throw new IllegalArgumentException(
                "VisualInstructionTuning: " + alignSteps + " and " + tuneSteps + " steps of " + batch + " examples; none and one at least");
        if (!(alignRate > 0 && tuneRate > 0)) throw new IllegalArgumentException(
                "VisualInstructionTuning: learning rates " + alignRate + " and " + tuneRate + "; both are positive");
    }

    /** 500 steps at 1e-3, then 2,000 at 1e-3 on all of a small language model, 32 examples each. */
    public VisualInstructionTuning() { this(500, 1e-3, 2000, 1e-3, 32, null); }

    /**
     * The first stage; encoder and language model are as they were, bit for bit. Returns the loss of each step.
     *
     * @throws IllegalArgumentException if there are no examples, or the model has no connector to train
     */
    public double[] align(VisionLanguageModel model, List<Example> examples, Rng rng, Progress progress) {
        var connector = model.parameters(Set.of(Part.CONNECTOR));
        if (connector.isEmpty())
            throw new IllegalArgumentException("VisualInstructionTuning.align: " + model.connector() + " has no connector to train");
        var others = List.copyOf(model.parameters(Set.of(Part.ENCODER, Part.LANGUAGE)).keySet());
        others.forEach(model::freeze);
        try {
            return train("alignment", model, connector.values(), examples, alignSteps, alignRate, 1, rng, progress);
        } finally {
            others.forEach(model::unfreeze);
        }
    }

    /**
     * The second stage; the encoder is as it was. Returns the low-rank update of the language model, attached and named {@code llava}, or null if all of it learned.
     * If progress says to stop, the update is taken off again.
     */
    public Peft tune(VisionLanguageModel model, List<Example> examples, Rng rng, Progress progress) {
        var encoder = List.copyOf(model.parameters(Set.of(Part.ENCODER)).keySet());
        var learning = new ArrayList<>(model.parameters(Set.of(Part.CONNECTOR)).values());
        var language = model.parameters(Set.of(Part.LANGUAGE));
        encoder.forEach(model::freeze);
        Peft tuning = null;
        try {
            if (lora != null) tuning = Peft.of(model.language(), lora, "llava", rng.split(1));
            learning.addAll(tuning == null ? language.values() : tuning.parameters().values());
            train("instruction tuning", model, learning, examples, tuneSteps, tuneRate, 2.0 / 3, rng, progress);
            return tuning;
        } catch (RuntimeException e) { // nobody gets the update
            if (tuning != null) {
                tuning.detach();
                language.keySet().forEach(model::unfreeze);
            }
            throw e;
        } finally {
            encoder.forEach(model::unfreeze);
        }
    }

    /** @param flat share of the steps before the rate falls; 1 for all */
    private double[] train(String what, VisionLanguageModel model, Collection<Tensor> learning, List<Example> examples, int steps,
            double rate, double flat, Rng rng, Progress progress) {
        if (examples.isEmpty()) throw new IllegalArgumentException("VisualInstructionTuning: no examples; at least one");
        double falls = flat * steps;
        var optimizer = new Adam(rate).over(new ArrayList<>(learning))
                .scheduledBy(step -> step <= falls ? 1 : (steps - step) / (steps - falls));
        var losses = new double[steps];
        for (int step = 0; step < steps; step++) {
            progress.step(what, step, steps);
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var texts = new ArrayList<int[]>();
                var counts = new ArrayList<boolean[]>();
                var pictures = new ArrayList<Tensor>();
                for (int i = 0; i < batch; i++) {
                    var one = examples.get(rng.nextInt(examples.size()));
                    texts.add(one.text);
                    counts.add(one.counted);
                    if (one.pictures != null) pictures.add(one.pictures);
                }
                var seen = pictures.isEmpty() ? null : Tensor.concat(0, pictures.toArray(Tensor[]::new));
                var loss = model.loss(texts, counts, seen, Pass.training(rng));
                loss.backward();
                optimizer.step();
                losses[step] = loss.item();
            }
        }
        progress.step(what, steps, steps);
        return losses;
    }
}
