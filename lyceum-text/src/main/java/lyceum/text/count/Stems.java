package lyceum.text.count;

import org.tartarus.snowball.ext.PorterStemmer;

/** Stems of English words by Porter's algorithm of 1980, as Snowball has it. */
public final class Stems {
    private Stems() {}

    /** Of one word, in lower case. */
    public static String of(String word) {
        var stemmer = new PorterStemmer();
        stemmer.setCurrent(word);
        stemmer.stem();
        return stemmer.getCurrent();
    }
}
