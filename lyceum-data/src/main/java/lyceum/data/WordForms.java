package lyceum.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.FormatException;
import lyceum.LyceumException;

/**
 * The base forms of inflected English words as WordNet's own {@code morphy} finds them: {@code mice} to {@code mouse}, {@code went} to {@code go}, and how many
 * meanings a base form has in each part of speech.
 *
 * {@snippet :
 * var forms = WordForms.installed();
 * forms.bases("axes", WordForms.Part.NOUN);               // axes? no: ax, axis
 * forms.meanings("dog");                                   // of nouns, verbs, adjectives and adverbs
 * }
 *
 * <p>A listed exception goes before the rules; endings are taken off once; what is no word of the part is left out. Immutable.
 *
 * @see <a href="https://wordnet.princeton.edu/documentation/morphy7wn">morphy(7WN)</a>
 */
public final class WordForms {
    /** Part of speech. */
    public enum Part {
        NOUN("noun", "s:", "ses:s", "ves:f", "xes:x", "zes:z", "ches:ch", "shes:sh", "men:man", "ies:y"),
        VERB("verb", "s:", "ies:y", "es:e", "es:", "ed:e", "ed:", "ing:e", "ing:"), ADJECTIVE("adj", "er:", "est:", "er:e", "est:e"),
        ADVERB("adv");

        private final String file;
        private final String[][] endings;

        Part(String file, String... endings) {
            this.file = file;
            this.endings = new String[endings.length][];
            for (int i = 0; i < endings.length; i++) this.endings[i] = endings[i].split(":", -1);
        }
    }

    private final Map<Part, Map<String, Integer>> meanings = new EnumMap<>(Part.class);
    private final Map<Part, Map<String, List<String>>> exceptions = new EnumMap<>(Part.class);

    private WordForms() {}

    /** From Debian's package. @throws LyceumException where it is not installed, with the line that installs it */
    public static WordForms installed() {
        if (!WordNet.isInstalled()) throw new LyceumException("WordNet is not installed; on Debian: apt-get install wordnet-base");
        try {
            return read(WordNet.INSTALLED);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read WordNet in " + WordNet.INSTALLED, e);
        }
    }

    /** From a folder with {@code index.noun}, {@code noun.exc} and those of verb, adj and adv. @throws FormatException if a line is none of such a file */
    public static WordForms read(Path folder) throws IOException {
        var forms = new WordForms();
        for (var part : Part.values()) {
            var counts = new HashMap<String, Integer>();
            for (var line : lines(folder.resolve("index." + part.file))) {
                if (line.startsWith(" ") || line.isEmpty()) continue;
                var fields = line.split(" ", 4);
                try {
                    counts.put(fields[0], Integer.parseInt(fields[2]));
                } catch (ArrayIndexOutOfBoundsException | NumberFormatException e) {
                    throw new FormatException("index." + part.file + ": no line of an index: \"" + line + "\"");
                }
            }
            var listed = new HashMap<String, List<String>>();
            for (var line : lines(folder.resolve(part.file + ".exc"))) {
                var fields = line.strip().split(" +");
                if (fields.length > 1) listed.put(fields[0], List.of(fields).subList(1, fields.length));
            }
            forms.meanings.put(part, counts);
            forms.exceptions.put(part, listed);
        }
        return forms;
    }

    private static List<String> lines(Path file) throws IOException { return Files.readAllLines(file, StandardCharsets.ISO_8859_1); }

    /** The base forms of a word, the word itself first if it is one; empty if the part has none. Several words are joined by a blank or {@code _}. */
    public List<String> bases(String form, Part part) {
        var word = form.toLowerCase(Locale.ROOT).replace(' ', '_');
        var candidates = new ArrayList<String>();
        candidates.add(word);
        var listed = exceptions.get(part).get(word);
        if (listed != null) candidates.addAll(listed);
        else for (var ending : part.endings)
            if (word.endsWith(ending[0])) candidates.add(word.substring(0, word.length() - ending[0].length()) + ending[1]);
        var found = new LinkedHashSet<String>();
        for (var candidate : candidates) if (meanings.get(part).containsKey(candidate)) found.add(candidate);
        return List.copyOf(found);
    }

    /** How many meanings the base forms of a word have, in all four parts together. */
    public int meanings(String form) {
        int sum = 0;
        for (var part : Part.values()) for (var base : bases(form, part)) sum += meanings.get(part).get(base);
        return sum;
    }
}
