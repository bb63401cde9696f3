package lyceum.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Text that spells control tokens, while it is learned from and while it is encoded. */
class ControlTextTest {
    private static final List<String> PAGES = Collections.nCopies(50, "<s>struck</s> text <s>and</s> more <s>struck</s> text");

    private static void noControlId(TokenizerPipeline tokenizer) {
        int[] ids = tokenizer.encode("<s>struck</s> text", EncodeOptions.DEFAULT.withTemplate(false)).ids();
        for (var mark : List.of("<s>", "</s>")) {
            int control = tokenizer.vocabulary().id(mark);
            assertThat(control).isNotNegative();
            assertThat(Arrays.stream(ids)).as(mark + " in " + Arrays.toString(ids)).doesNotContain(control);
        }
    }

    @Test void mergesNeverMakeAControlToken() {
        noControlId(BpeTrainer.byteLevel(400, PreTokenizer.GPT2).withSpecials(List.of("<s>", "</s>")).train(PAGES));
    }

    @Test void piecesThatAreControlTokensAreNotLearnedAgain() { noControlId(new UnigramTrainer(60).train(PAGES)); }

    @Test void aCharacterWithoutAPieceIsLeftOutEveryTime() {
        var tokenizer = new TokenizerPipeline(new TokenizerSpec(new Bpe(Vocabulary.of("a", "b"), List.of())));
        for (int time = 0; time < 3; time++) assertThat(tokenizer.encode("axb").ids()).containsExactly(0, 1);
    }
}
