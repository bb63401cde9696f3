package lyceum.text.compare;

import java.util.List;
import org.tartarus.snowball.ext.PorterStemmer;

/** Stems of English words by Porter's algorithm of 1980, as Snowball has it. */
final class Stems {
    private Stems() {}

    static String of(String word) {
        var stemmer = new PorterStemmer();
        stemmer.setCurrent(word);
        stemmer.stem();
        return stemmer.getCurrent();
    }

    static List<String> of(List<String> words) { return words.stream().map(Stems::of).toList(); }
}
