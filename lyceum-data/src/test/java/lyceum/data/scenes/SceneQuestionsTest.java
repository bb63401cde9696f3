package lyceum.data.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class SceneQuestionsTest {
    private static final SceneQuestions QUESTIONS = new SceneQuestions(CaptionedScenes.of(32).withJitter(1));

    /** The answer as the scene has it, found otherwise than it was drawn. */
    private static String answer(SceneQuestions.Asked asked) {
        var words = asked.question().split(" ");
        var items = new HashMap<String, Scene.Item>();
        for (var item : asked.scene().items()) items.put(item.shape().word(), item);
        return switch (asked.kind()) {
            case COLOUR -> items.get(words[4]).colour().word();
            case COUNT -> new String[] {"none", "one", "two", "three", "four"}[asked.scene().items().size()];
            case RELATION -> {
                var from = items.get(words[3]);
                var to = items.get(words[6]);
                yield from.column() < to.column() ? "left"
                        : from.column() > to.column() ? "right" : from.row() < to.row() ? "above" : "below";
            }
        };
    }

    @Test void answersAreTrueAndBalanced() {
        var counts = new HashMap<String, Integer>();
        for (var asked : QUESTIONS.draw(6000, Rng.of(1))) {
            assertThat(asked.answer()).isEqualTo(answer(asked));
            assertThat(QUESTIONS.answers(asked.kind())).contains(asked.answer());
            assertThat(QUESTIONS.words()).contains(asked.question().split(" ")).contains(asked.answer());
            counts.merge(asked.answer(), 1, Integer::sum);
        }
        assertThat(counts).hasSize(12);
        assertThat(counts.values()).allMatch(n -> n > 430 && n < 570);
        assertThat(QUESTIONS.draw(30, Rng.of(2))).isEqualTo(QUESTIONS.draw(30, Rng.of(2)));
        var shown = QUESTIONS.draw(SceneQuestions.Kind.RELATION, Rng.of(3));
        assertThat(QUESTIONS.scenes().shows(QUESTIONS.scenes().picture(shown.scene(), Rng.of(1)), shown.scene())).isTrue();
    }

    @Test void scenesThatCannotBeAskedAboutAreRefused() {
        assertThatThrownBy(() -> new SceneQuestions(CaptionedScenes.of(32).withRows(1))).hasMessageContaining("1 x 2 cells");
    }
}
