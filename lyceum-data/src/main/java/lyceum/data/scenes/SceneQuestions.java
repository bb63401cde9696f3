package lyceum.data.scenes;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lyceum.data.scenes.Scene.Colour;
import lyceum.data.scenes.Scene.Item;
import lyceum.data.scenes.Scene.Shape;
import lyceum.random.Rng;

/**
 * Questions about {@link CaptionedScenes} whose answers are drawn first and the scene to suit: every answer of a kind is as frequent, so that nothing is to be guessed from
 * the question.
 *
 * {@snippet :
 * var questions = new SceneQuestions(CaptionedScenes.of(32));
 * var asked = questions.draw(SceneQuestions.Kind.COLOUR, rng);     // "what colour is the circle ?", "blue"
 * var picture = questions.scenes().picture(asked.scene(), rng);
 * }
 *
 * @param scenes of 2 x 2 cells, with two shapes at least
 */
public record SceneQuestions(CaptionedScenes scenes) {
    private static final List<String> NUMBERS = List.of("one", "two", "three", "four"), SIDES = List.of("left", "right", "above", "below");

    /** What is asked. */
    public enum Kind {
        /** Of one of two shapes. */
        COLOUR,
        /** How many shapes there are, one to four. */
        COUNT,
        /** Where one shape stands from another: left, right, above or below. */
        RELATION
    }

    /** @param question its words, a space between @param answer one word */
    public record Asked(Scene scene, Kind kind, String question, String answer) {}

    public SceneQuestions {
        if (scenes.rows() != 2 || scenes.columns() != 2 || scenes.shapes() < 2) throw new IllegalArgumentException("SceneQuestions: "
                + scenes.rows() + " x " + scenes.columns() + " cells and " + scenes.shapes() + " shapes; 2 x 2, and two at least");
    }

    /** The answers that a question of this kind can have. */
    public List<String> answers(Kind kind) {
        return switch (kind) {
            case COLOUR -> Stream.of(Colour.values()).limit(scenes.colours()).map(Colour::word).toList();
            case COUNT -> NUMBERS;
            case RELATION -> SIDES;
        };
    }

    /** All words of questions and answers, each once. */
    public List<String> words() {
        var words = Stream.of("what", "colour", "is", "the", "how", "many", "shapes", "where", "from", "?");
        var shapes = Stream.of(Shape.values()).limit(scenes.shapes()).map(Shape::word);
        return Stream.of(words, shapes, Stream.of(Kind.values()).flatMap(k -> answers(k).stream())).flatMap(s -> s).distinct().toList();
    }

    /** A question with an answer that is as likely as any other. */
    public Asked draw(Kind kind, Rng rng) {
        var answers = answers(kind);
        int answer = rng.nextInt(answers.size());
        return switch (kind) {
            case COLOUR -> {
                int[] shapes = rng.permutation(scenes.shapes()), cells = rng.permutation(4);
                var asked = item(answer, shapes[0], cells[0]);
                var scene = new Scene(List.of(asked, item(rng.nextInt(scenes.colours()), shapes[1], cells[1])));
                yield new Asked(scene, kind, "what colour is the " + asked.shape().word() + " ?", answers.get(answer));
            }
            case COUNT -> new Asked(scenes.draw(answer + 1, rng), kind, "how many shapes ?", answers.get(answer));
            case RELATION -> {
                int[] shapes = rng.permutation(scenes.shapes());
                int line = rng.nextInt(2); // the row or column in which both stand
                boolean beside = answer < 2, first = answer % 2 == 0;
                int near = beside ? 2 * line : line, far = near + (beside ? 1 : 2);
                var asked = item(rng.nextInt(scenes.colours()), shapes[0], first ? near : far);
                var other = item(rng.nextInt(scenes.colours()), shapes[1], first ? far : near);
                yield new Asked(new Scene(List.of(asked, other)), kind,
                        "where is the " + asked.shape().word() + " from the " + other.shape().word() + " ?", answers.get(answer));
            }
        };
    }

    /** As many of each kind, in turn. */
    public List<Asked> draw(int count, Rng rng) {
        var all = new ArrayList<Asked>();
        for (int i = 0; i < count; i++) all.add(draw(Kind.values()[i % Kind.values().length], rng));
        return all;
    }

    private static Item item(int colour, int shape, int cell) {
        return new Item(Colour.values()[colour], Shape.values()[shape], cell / 2, cell % 2);
    }
}
