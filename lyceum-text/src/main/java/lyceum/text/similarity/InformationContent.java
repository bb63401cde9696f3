package lyceum.text.similarity;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import lyceum.data.WordForms;
import lyceum.data.WordForms.Part;
import lyceum.data.WordNet;

/**
 * How much it says that something is of a meaning: {@code -ln p}, p the share of a corpus's words that are of that meaning or a kind of it. Entity says nothing, beagle much.
 *
 * <p>Counted as nltk does: a word that has n meanings, those of its base forms in all four parts of speech, gives 1/n to each, and to what each is a kind of as often as
 * there are ways up of one length; every synset begins with {@code smoothing}.
 *
 * @see <a href="https://arxiv.org/abs/cmp-lg/9511007">Resnik (1995)</a>
 */
public final class InformationContent {
    private final Map<String, Double> counts = new HashMap<>();
    private final Map<Character, Double> totals = new HashMap<>();

    private InformationContent() {}

    /**
     * Counts words.
     *
     * @param words of a corpus, inflected as they stand there, with how often each occurs
     * @param smoothing that every synset begins with; 0 makes unseen ones infinitely rare
     */
    public static InformationContent count(WordNet wordnet, WordForms forms, Map<String, Integer> words, double smoothing) {
        if (!(smoothing >= 0)) throw new IllegalArgumentException("InformationContent: smoothing is " + smoothing + "; it is not negative");
        var content = new InformationContent();
        for (char part : new char[] {'n', 'v'}) content.totals.put(part, smoothing);
        wordnet.synsets().forEach(synset -> content.counts.put(synset.id(), smoothing));
        words.forEach((word, count) -> {
            int meanings = forms.meanings(word);
            if (meanings == 0) return;
            double weight = (double) count / meanings;
            for (var part : List.of(Part.NOUN, Part.VERB)) {
                char letter = part == Part.NOUN ? 'n' : 'v';
                for (var base : forms.bases(word, part)) for (var sense : wordnet.senses(base)) {
                    if (sense.id().charAt(0) != letter) continue;
                    content.add(wordnet, sense.id(), weight);
                    content.totals.merge(letter, weight, Double::sum);
                }
            }
        });
        return content;
    }

    /** Level by level up; a level holds a synset once for each way that leads there in as many steps. */
    private void add(WordNet wordnet, String id, double weight) {
        var seen = new HashSet<String>();
        for (var level = List.of(id); !level.isEmpty();) {
            seen.addAll(level);
            var next = new ArrayList<String>();
            for (var each : level) {
                counts.merge(each, weight, Double::sum);
                for (var up : wordnet.synset(each).hypernyms()) if (!seen.contains(up)) next.add(up);
            }
            level = next;
        }
    }

    /** {@code -ln p} of a meaning, nats. @throws IllegalArgumentException if WordNet has no such synset */
    public double of(String id) {
        var count = counts.get(id);
        if (count == null) throw new IllegalArgumentException("InformationContent: no synset " + id);
        return count == 0 ? Double.POSITIVE_INFINITY : -Math.log(count / totals.get(id.charAt(0)));
    }
}
