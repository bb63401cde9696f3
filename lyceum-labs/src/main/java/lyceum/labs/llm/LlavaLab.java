package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.SceneQuestions;
import lyceum.data.scenes.SceneQuestions.Asked;
import lyceum.data.scenes.SceneQuestions.Kind;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.vision.PatchProjection;
import lyceum.llm.vision.VisionLanguageModel;
import lyceum.llm.vision.VisualInstructionTuning;
import lyceum.llm.vision.VisualInstructionTuning.Example;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;

/** LLaVA's two stages on drawn scenes: the connector alone, then connector and language model; what each stage is worth, and where an answer looks. */
@Lab(topics = "llava", title = "Two stages")
final class LlavaLab implements LabBody {
    private static final SceneQuestions QUESTIONS = new SceneQuestions(CaptionedScenes.of(16));

    private final List<String> words = new ArrayList<>(List.of("<image>"));

    @Override public void run(LabContext lab) {
        int align = lab.param("steps of stage 1", 60, 0, 500), tune = lab.param("steps of stage 2", 220, 0, 3000);
        int number = lab.param("scene", 4, 0, 99);
        words.addAll(QUESTIONS.words());
        var language = new DecoderLM(DecoderConfig.llama(words.size(), 32, 2, 48, 4, 4, 96), lab.rng(1));
        var model = VisionLanguageModel.llava(language, new PatchProjection(3, 8, 48, lab.rng(2)), 0, lab.rng(3));
        var examples = new ArrayList<Example>();
        var draws = lab.rng(4);
        for (int i = 0; i < 800; i++) {
            var asked = QUESTIONS.draw(i % 2 == 0 ? Kind.COLOUR : Kind.COUNT, draws);
            var text = text(asked);
            var counted = new boolean[text.length];
            counted[text.length - 1] = true;
            examples.add(new Example(text, counted, picture(asked)));
        }
        var held = new ArrayList<Asked>();
        for (int i = 0; i < 100; i++) held.add(QUESTIONS.draw(i % 2 == 0 ? Kind.COLOUR : Kind.COUNT, draws));
        var recipe = new VisualInstructionTuning(align, 3e-3, tune, 3e-3, 16, null);
        double before = right(model, held, 0);
        recipe.align(model, examples, lab.rng(5), lab.progress());
        double first = right(model, held, 0);
        recipe.tune(model, examples, lab.rng(6), lab.progress());
        double second = right(model, held, 0), swapped = right(model, held, 37);
        lab.table("Right of 100 questions about new scenes", List.of("", "share"), List.of(List.of("before training", before),
                List.of("after stage 1, the connector alone", first), List.of("after stage 2", second), List.of("with another's picture", swapped)));

        var asked = held.get(number);
        int[] prompt = prompt(asked);
        lab.say("Asked \"%s\" about %s, the model says \"%s\".", asked.question(), QUESTIONS.scenes().caption(asked.scene()),
                words.get(model.answer(prompt, picture(asked), 1)[0]));
        var hooks = Hooks.of(model);
        var seen = hooks.capture("language.decoder.layers.*.attention.weights");
        model.logits(List.of(prompt), picture(asked), Pass.inference().with(hooks));
        var panels = new ArrayList<Figure>();
        var pixels = picture(asked).squeeze(0);
        panels.add(Figure.images("The picture", 1, Image.rgb("", pixels.get(0).toRows(), pixels.get(1).toRows(), pixels.get(2).toRows()))
                .describedAs("The scene that is asked about, 16 pixels high and wide."));
        seen.forEach((_, weights) -> {
            var last = weights.get(0).mean(0, false);
            panels.add(Figure.heatmap("Layer " + panels.size(), last.get((int) last.size(0) - 1).narrow(0, 0, 4).reshape(2, 2))
                    .axes("column of patches", "row of patches")
                    .describedAs("The weight, mean over heads, with which the place of the answer looks at each of the four patches."));
        });
        lab.figure(Figure.row("Where the answer looks", panels.toArray(Figure[]::new))
                .describedAs("The picture, and what the place of the answer attends to in each layer of the language model."));
        lab.shows("right after stage 2: chance is 0.25", second, above(0.6));
        lab.shows("right with the picture of another question", swapped, atMost(0.4));
    }

    private static Tensor picture(Asked asked) { return QUESTIONS.scenes().picture(asked.scene()).unsqueeze(0); }

    private int[] prompt(Asked asked) {
        return Arrays.stream(("<image> " + asked.question()).split(" ")).mapToInt(words::indexOf).toArray();
    }

    private int[] text(Asked asked) {
        var ids = Arrays.copyOf(prompt(asked), prompt(asked).length + 1);
        ids[ids.length - 1] = words.indexOf(asked.answer());
        return ids;
    }

    /** @param shift by how many questions pictures are moved */
    private double right(VisionLanguageModel model, List<Asked> held, int shift) {
        int right = 0;
        for (int i = 0; i < held.size(); i++)
            if (words.get(model.answer(prompt(held.get(i)), picture(held.get((i + shift) % held.size())), 1)[0]).equals(held.get(i).answer())) right++;
        return (double) right / held.size();
    }
}
