package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class TermTableTest {
    /** Whoever may write texts can make words of one {@link String#hashCode}; places that follow from it would make a look go over all of them. */
    @Test void wordsOfOneHashStandApart() {
        var words = new ArrayList<String>();
        for (int i = 0; i < 1 << 12; i++) {
            var word = new StringBuilder();
            for (int bit = 0; bit < 12; bit++) word.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            words.add(word.toString());
        }
        assertThat(words).extracting(String::hashCode).containsOnly(words.getFirst().hashCode());
        var table = new TermTable();
        var lists = words.stream().map(table::list).toList();
        assertThat(table.longestLook()).isBetween(1, 500);
        for (int i = 0; i < words.size(); i++) {
            assertThat(table.list(words.get(i))).isSameAs(lists.get(i));
            assertThat(lists.get(i).term()).isEqualTo(words.get(i));
        }
    }
}
