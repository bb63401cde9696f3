package lyceum.data.curation;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.Words;

/**
 * Drops documents in which too many words are of a list, such as one of insults. Lists hit text by and about minorities more often than other text (Dodge and
 * others 2021): read what is dropped.
 *
 * @param words     in lower case
 * @param mostShare of a document's words, from which it is dropped when exceeded; 0 drops at the first word
 */
public record BlockedWords(Set<String> words, double mostShare) implements Stage {
    public BlockedWords {
        var lower = new HashSet<String>();
        for (var word : words) lower.add(word.toLowerCase(Locale.ROOT));
        words = Set.copyOf(lower);
        if (!(mostShare >= 0 && mostShare <= 1))
            throw new IllegalArgumentException("BlockedWords: share " + mostShare + "; it lies in [0, 1]");
    }

    @Override public String name() { return "blocked words"; }

    @Override public Judgement judge(Document document) {
        var found = Words.of(document.text());
        int blocked = 0;
        for (int i = 0; i < found.count(); i++) if (words.contains(found.word(i).toLowerCase(Locale.ROOT))) blocked++;
        if (blocked == 0 || blocked <= mostShare * found.count()) return Judgement.keep(document);
        return Judgement.drop("blocked words", blocked + " of " + found.count() + " words are on the list");
    }
}
