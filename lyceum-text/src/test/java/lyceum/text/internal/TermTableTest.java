package lyceum.text.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TermTableTest {
    private record Word(String term) implements TermTable.Term {}

    /** Whoever may write texts can make words of one {@link String#hashCode}; places that follow from it would make a look go over all of them. */
    @Test void wordsOfOneHashStandApart() {
        var words = new ArrayList<String>();
        for (int i = 0; i < 1 << 12; i++) {
            var word = new StringBuilder();
            for (int bit = 0; bit < 12; bit++) word.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            words.add(word.toString());
        }
        assertThat(words).extracting(String::hashCode).containsOnly(words.getFirst().hashCode());
        var table = new TermTable<>(Word::new);
        var known = words.stream().map(table::of).toList();
        assertThat(table.longestLook()).isBetween(1, 500);
        for (int i = 0; i < words.size(); i++) {
            assertThat(table.of(words.get(i))).isSameAs(known.get(i));
            assertThat(known.get(i).term()).isEqualTo(words.get(i));
        }
    }

    @Test void stretchesOfATextAreTheirTerms() {
        var table = new TermTable<>(Word::new);
        var text = "in the beginning God created the heaven, beginnings";
        var the = table.of(text, 3, 6);
        var beginning = table.of(text, 7, 16);
        assertThat(List.of(the.term(), beginning.term())).containsExactly("the", "beginning");
        assertThat(table.of(text, 29, 32)).isSameAs(the);
        assertThat(table.find(text, 41, 50)).isSameAs(beginning);
        assertThat(table.find(text, 41, 51)).isNull(); // it goes on
        assertThat(table.find(text, 7, 15)).isNull();
        assertThat(table.of("the")).isSameAs(the);
        assertThatThrownBy(() -> new TermTable<Word>(_ -> { throw new IllegalStateException(); }).of("a"))
                .isInstanceOf(IllegalStateException.class);
    }
}
