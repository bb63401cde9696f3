package lyceum.llm.vision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.SceneQuestions;
import lyceum.data.scenes.SceneQuestions.Asked;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.vision.VisualInstructionTuning.Example;
import lyceum.memory.Scope;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Drawn scenes, questions about them, an encoder that was taught what patches show, a language model that knows the questions and no picture. */
final class LlavaWorld {
    private static final int IMAGE = 0, SIZE = 32, PATCH = 16;
    private final SceneQuestions questions = new SceneQuestions(CaptionedScenes.of(SIZE).withJitter(1));
    private final List<String> words = new ArrayList<>(List.of("<image>"));
    private final Rng rng;
    private final SmallEncoder encoder;
    private final DecoderLM language;
    private DecoderLM blind;

    LlavaWorld(long seed) {
        words.addAll(questions.words());
        rng = Rng.of(seed);
        encoder = new SmallEncoder(SIZE, PATCH, 48, 1, rng.split(1));
        language = new DecoderLM(DecoderConfig.llama(words.size(), 64, 2, 64, 4, 4, 128), rng.split(2));
    }

    List<Asked> questions(int count, long seed) { return questions.draw(count, Rng.of(seed)); }

    private int[] text(Asked asked, boolean seen) {
        var all = asked.question().split(" ");
        var ids = new int[all.length + (seen ? 2 : 1)];
        for (int i = 0; i < all.length; i++) ids[i + (seen ? 1 : 0)] = words.indexOf(all[i]);
        ids[ids.length - 1] = words.indexOf(asked.answer());
        return ids;
    }

    private static boolean[] last(int length) {
        var counted = new boolean[length];
        counted[length - 1] = true;
        return counted;
    }

    /** Both stages after encoder and language model were taught alone. */
    VisionLanguageModel trained(Progress progress) {
        teachEncoder(350);
        var draws = rng.split(3);
        var plain = new VisionLanguageModel(language, encoder, Connector.LINEAR, IMAGE, rng.split(4));
        var optimizer = new Adam(3e-3).over(new ArrayList<>(language.parameters().values()));
        for (int step = 0; step < 200; step++) try (var scope = Scope.open("step")) {
            optimizer.zeroGrad();
            var texts = questions.draw(32, draws).stream().map(a -> text(a, false)).toList();
            plain.loss(texts, texts.stream().map(t -> last(t.length)).toList(), null, Pass.training(draws)).backward();
            optimizer.step();
        }
        blind = Module.copy(language);
        var model = VisionLanguageModel.llava(language, encoder, IMAGE, rng.split(5));
        var examples = new ArrayList<Example>();
        for (var asked : questions.draw(6000, draws))
            examples.add(Example.answering(text(asked, true), 1, questions.scenes().picture(asked.scene(), draws).unsqueeze(0)));
        var recipe = new VisualInstructionTuning(150, 3e-3, 3000, 1.5e-3, 40, null);
        recipe.align(model, examples, rng.split(6), progress);
        recipe.tune(model, examples, rng.split(7), progress);
        return model;
    }

    /** What each patch shows, nothing or a shape of a colour, and in which cell it is. The heads are thrown away. */
    private void teachEncoder(int steps) {
        var draws = rng.split(8);
        Linear head = new Linear(48, 13, draws), place = new Linear(48, 4, draws);
        var all = new ArrayList<>(encoder.parameters().values());
        all.addAll(head.parameters().values());
        all.addAll(place.parameters().values());
        var optimizer = new Adam(3e-3).over(all);
        int side = SIZE / PATCH, cell = side / 2;
        for (int step = 0; step < steps; step++) try (var scope = Scope.open("step")) {
            optimizer.zeroGrad();
            var pictures = new Tensor[32];
            long[] labels = new long[32 * side * side], cells = new long[labels.length];
            for (int i = 0; i < cells.length; i++) cells[i] = i / side % side / cell * 2 + i % side / cell;
            for (int i = 0; i < 32; i++) {
                var scene = questions.scenes().draw(1 + draws.nextInt(4), draws);
                pictures[i] = questions.scenes().picture(scene, draws);
                for (var item : scene.items())
                    for (int y = 0; y < cell; y++)
                        for (int x = 0; x < cell; x++)
                            labels[(i * side + item.row() * cell + y) * side + item.column() * cell + x] = 1 + 3 * item.colour().ordinal()
                                    + item.shape().ordinal();
            }
            var seen = encoder.patches(Tensor.stack(0, pictures), Pass.training(draws)).reshape(-1, 48);
            new CrossEntropy().of(head.forward(seen, Pass.training(draws)), Tensor.of(labels))
                    .add(new CrossEntropy().of(place.forward(seen, Pass.training(draws)), Tensor.of(cells))).backward();
            optimizer.step();
        }
    }

    /** The language model before it saw. */
    VisionLanguageModel blind() { return new VisionLanguageModel(blind, encoder, Connector.LINEAR, IMAGE, Rng.of(1)); }

    private Tensor picture(Asked asked, int number) { return questions.scenes().picture(asked.scene(), Rng.of(number)); }

    /** Share of right answers, each question with the picture of the question that {@code which} names; without pictures where that is null. */
    double right(VisionLanguageModel model, List<Asked> asked, IntUnaryOperator which) {
        int right = 0;
        for (int i = 0; i < asked.size(); i++) {
            int[] text = text(asked.get(i), which != null), prompt = Arrays.copyOf(text, text.length - 1);
            int shown = which == null ? 0 : which.applyAsInt(i);
            var picture = which == null ? null : picture(asked.get(shown), shown).unsqueeze(0);
            if (Autograd.noGrad(() -> model.answer(prompt, picture, 1))[0] == text[text.length - 1]) right++;
        }
        return (double) right / asked.size();
    }

    int others(List<Asked> asked, IntUnaryOperator which) {
        int others = 0;
        for (int i = 0; i < asked.size(); i++) if (!asked.get(i).scene().equals(asked.get(which.applyAsInt(i)).scene())) others++;
        return others;
    }
}
