package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.vision.Connector;
import lyceum.llm.vision.PatchProjection;
import lyceum.llm.vision.VisionLanguageModel;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A language model of fifteen words looks at drawn scenes: what it answers, with the picture and without, and which patches an answer looks at. */
@Lab(topics = "vlm", title = "What colour is it?")
final class VisionQuestionsLab implements LabBody {
    private static final int IMAGE = 0, COLOUR = 1, SHAPE = 2, PLACE = 3, PATCH = 8;
    private static final List<String> WORDS = List.of("<image>", "what colour?", "what shape?", "where?", "red", "green", "blue", "yellow",
            "square", "circle", "triangle", "top left", "top right", "bottom left", "bottom right");
    private static final CaptionedScenes SCENES = CaptionedScenes.of(32);

    @Override public void run(LabContext lab) {
        int steps = lab.param("training steps", 190, 50, 1500), number = lab.param("scene", 17, 0, 47);
        var asked = lab.choice("question", "what colour?", "what colour?", "what shape?", "where?");
        var model = new VisionLanguageModel(new DecoderLM(DecoderConfig.llama(WORDS.size(), 64, 2, 48, 4, 4, 96), lab.rng(1)),
                new PatchProjection(3, PATCH, 48, lab.rng(2)), Connector.EARLY_FUSION, IMAGE, lab.rng(3));
        var scenes = SCENES.singles();
        var draws = lab.rng(4);
        LetterDecoder.train(lab, "steps", model, steps, () -> loss(model, scenes, draws));

        var scene = scenes.get(number);
        var picture = SCENES.picture(scene).unsqueeze(0);
        int[] question = {IMAGE, WORDS.indexOf(asked)};
        int answer = model.answer(question, picture, 1)[0];
        lab.say("The scene is %s. Asked \"%s\", the model says \"%s\".", SCENES.caption(scene), asked, WORDS.get(answer));
        var hooks = Hooks.of(model);
        var seen = hooks.capture("language.decoder.layers.*.attention.weights");
        model.logits(List.of(question), picture, Pass.inference().with(hooks));
        int side = 32 / PATCH, patches = side * side;
        var panels = new ArrayList<Figure>();
        var pixels = picture.squeeze(0);
        panels.add(Figure.images("The picture", 1, Image.rgb("", pixels.get(0).toRows(), pixels.get(1).toRows(), pixels.get(2).toRows()))
                .describedAs("The scene that is asked about, 32 pixels high and wide."));
        seen.forEach((_, weights) -> panels.add(Figure
                .heatmap("Layer " + panels.size(), weights.get(0).mean(0, false).get(patches).narrow(0, 0, patches).reshape(side, side))
                .axes("column of patches", "row of patches").describedAs(
                        "The weight, mean over heads, with which the place of the answer looks at each patch: where the shape is, the weights are larger.")));
        lab.figure(Figure.row("Where the answer looks", panels.toArray(Figure[]::new))
                .describedAs("The picture, and what the place of the answer attends to in each layer of the language model."));

        int[] right = new int[2];
        for (int which = COLOUR; which <= PLACE; which++) for (var one : scenes) {
            var shown = SCENES.picture(one).unsqueeze(0);
            if (model.answer(new int[] {IMAGE, which}, shown, 1)[0] == answer(one, which)) right[0]++;
            if (model.answer(new int[] {IMAGE, which}, shown.zerosLike(), 1)[0] == answer(one, which)) right[1]++;
        }
        int all = 3 * scenes.size();
        lab.table("Answers about all scenes", List.of("picture", "right"),
                List.of(List.of("as it is", (double) right[0] / all), List.of("blank", (double) right[1] / all)));
        lab.shows("right with the picture, of all", (double) right[0] / all, above(0.6));
        lab.shows("right with a blank one: chance is 0.28", (double) right[1] / all, atMost(0.35));
    }

    private static int answer(Scene scene, int which) {
        var item = scene.only();
        return which == COLOUR ? 4 + item.colour().ordinal()
                : which == SHAPE ? 8 + item.shape().ordinal() : 11 + 2 * item.row() + item.column();
    }

    private static Tensor loss(VisionLanguageModel model, List<Scene> scenes, Rng rng) {
        var texts = new ArrayList<int[]>();
        var counts = new ArrayList<boolean[]>();
        var pictures = new Tensor[16];
        for (int i = 0; i < pictures.length; i++) {
            var one = scenes.get(rng.nextInt(scenes.size()));
            int which = 1 + rng.nextInt(3);
            pictures[i] = SCENES.picture(one);
            texts.add(new int[] {IMAGE, which, answer(one, which)});
            counts.add(new boolean[] {false, false, true});
        }
        return model.loss(texts, counts, Tensor.stack(0, pictures), Pass.training(rng));
    }
}
