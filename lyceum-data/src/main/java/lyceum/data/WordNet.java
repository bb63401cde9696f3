package lyceum.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import lyceum.FormatException;
import lyceum.LyceumException;

/**
 * The nouns and verbs of WordNet 3.0 (Miller 1995) as sets of synonyms and the relation "is a kind of", from the files {@code data.noun}, {@code index.noun},
 * ... of its distribution; on Debian the package {@code wordnet-base}.
 *
 * {@snippet :
 * var wordnet = WordNet.installed();
 * wordnet.synset("n02084071").words();          // dog, domestic dog, Canis familiaris
 * wordnet.hyponyms("n02084071");                // every kind of dog, n02088364 (beagle) among them
 * wordnet.path("n02088364");                    // entity, ..., dog, hunting dog, hound, beagle
 * }
 *
 * <p>A synset's id is the letter of its part of speech and its offset of eight digits, as ImageNet's. Immutable.
 *
 * @see <a href="https://doi.org/10.1145/219717.219748">Miller (1995), WordNet: a lexical database for English</a>
 */
public final class WordNet {
    /** Where Debian's package puts its files. */
    static final Path INSTALLED = Path.of("/usr/share/wordnet");
    private static final int MOST_BYTES = 1 << 28;

    /**
     * Words of one meaning.
     *
     * @param id such as {@code n02084071}
     * @param words the synonyms, commonest first
     * @param gloss definition and examples
     * @param hypernyms what it is a kind of, or an instance of; often one, sometimes several
     * @param hyponyms its kinds and instances
     */
    public record Synset(String id, List<String> words, String gloss, List<String> hypernyms, List<String> hyponyms) {
        /** The commonest word. */
        public String name() { return words.getFirst(); }
    }

    private final Map<String, Synset> synsets;
    private final Map<String, List<String>> senses;

    private WordNet(Map<String, Synset> synsets, Map<String, List<String>> senses) {
        this.synsets = synsets;
        this.senses = senses;
    }

    /** Whether {@link #installed} finds its files. */
    public static boolean isInstalled() { return Files.isReadable(INSTALLED.resolve("data.noun")); }

    /** Nouns and verbs from Debian's package. @throws LyceumException where it is not installed, with the line that installs it */
    public static WordNet installed() {
        if (!isInstalled()) throw new LyceumException(
                "WordNet is not installed (no " + INSTALLED.resolve("data.noun") + "); on Debian: apt-get install wordnet-base");
        try {
            return read(INSTALLED);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read WordNet in " + INSTALLED, e);
        }
    }

    /** From a folder with {@code data.noun} and {@code index.noun}, and those of verbs if they are there. @throws FormatException with the byte offset */
    public static WordNet read(Path folder) throws IOException {
        var synsets = new LinkedHashMap<String, Synset>();
        var senses = new HashMap<String, List<String>>();
        for (var part : List.of("noun", "verb")) {
            if (part.equals("verb") && !Files.exists(folder.resolve("data.verb"))) continue;
            parse(folder.resolve("data." + part), part.charAt(0), synsets);
            index(folder.resolve("index." + part), part.charAt(0), senses);
        }
        for (var synset : synsets.values())
            for (var ids : List.of(synset.hypernyms, synset.hyponyms))
                for (var id : ids)
                    if (!synsets.containsKey(id))
                        throw new FormatException("WordNet: " + synset.id + " points to " + id + ", which does not exist");
        return new WordNet(synsets, senses);
    }

    private static String text(Path file) throws IOException {
        if (Files.size(file) > MOST_BYTES) throw new FormatException(file + ": " + Files.size(file) + " bytes are more than WordNet has");
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    private interface LineReader {
        void read(String[] fields, String gloss);
    }

    private static void lines(Path file, LineReader reader) throws IOException {
        var text = text(file);
        for (int from = 0; from < text.length();) {
            int end = text.indexOf('\n', from);
            if (end < 0) end = text.length();
            if (text.charAt(from) != ' ' && end > from) {
                var line = text.substring(from, end);
                int bar = line.indexOf(" | ");
                try {
                    reader.read((bar < 0 ? line : line.substring(0, bar)).trim().split(" +"),
                            bar < 0 ? "" : line.substring(bar + 3).trim());
                } catch (ArrayIndexOutOfBoundsException | NumberFormatException | StringIndexOutOfBoundsException e) {
                    throw FormatException.at(file.getFileName().toString(), from, "not a line of WordNet: " + e.getMessage());
                }
            }
            from = end + 1;
        }
    }

    /** {@code offset file type words(hex) (word id)* pointers (symbol offset part source)* ... | gloss}. */
    private static void parse(Path file, char letter, Map<String, Synset> into) throws IOException {
        lines(file, (fields, gloss) -> {
            int count = Integer.parseInt(fields[3], 16);
            var words = new ArrayList<String>();
            for (int w = 0; w < count; w++) words.add(fields[4 + 2 * w].replace('_', ' '));
            int at = 4 + 2 * count, pointers = Integer.parseInt(fields[at]);
            List<String> up = new ArrayList<>(), down = new ArrayList<>();
            for (int p = 0; p < pointers; p++) {
                var symbol = fields[at + 1 + 4 * p];
                if (symbol.equals("@") || symbol.equals("@i")) up.add(letter + fields[at + 2 + 4 * p]);
                else if (symbol.equals("~") || symbol.equals("~i")) down.add(letter + fields[at + 2 + 4 * p]);
            }
            if (words.isEmpty()) throw new NumberFormatException("a synset without words");
            var id = letter + fields[0];
            into.put(id, new Synset(id, List.copyOf(words), gloss, List.copyOf(up), List.copyOf(down)));
        });
    }

    /** {@code lemma part synsets pointers symbol* senses tagged offset*}. */
    private static void index(Path file, char letter, Map<String, List<String>> into) throws IOException {
        lines(file, (fields, gloss) -> {
            int count = Integer.parseInt(fields[2]), from = 4 + Integer.parseInt(fields[3]) + 2;
            var ids = into.computeIfAbsent(fields[0], k -> new ArrayList<>());
            for (int s = 0; s < count; s++) ids.add(letter + fields[from + s]);
        });
    }

    /** @throws IllegalArgumentException if there is none of that id */
    public Synset synset(String id) {
        var found = synsets.get(id);
        if (found == null)
            throw new IllegalArgumentException("WordNet: no synset " + id + "; an id is a letter and eight digits, n02084071");
        return found;
    }

    public boolean has(String id) { return synsets.containsKey(id); }

    /** All synsets, in the order of the files: nouns before verbs. */
    public Stream<Synset> synsets() { return synsets.values().stream(); }

    /** Number of synsets. */
    public int size() { return synsets.size(); }

    /** The meanings of a word or of several, nouns before verbs, commonest first; empty if it has none. */
    public List<Synset> senses(String word) {
        return senses.getOrDefault(word.toLowerCase(Locale.ROOT).replace(' ', '_'), List.of()).stream().map(this::synset).toList();
    }

    /** The meaning of a name as nltk writes it: {@code dog.n.01}. @throws IllegalArgumentException if there is none */
    public Synset named(String name) {
        int number = name.lastIndexOf('.'), part = name.lastIndexOf('.', number - 1);
        if (part < 1 || !name.substring(number + 1).matches("[0-9]{1,4}"))
            throw new IllegalArgumentException("WordNet: \"" + name + "\" is not the name of a meaning, such as dog.n.01");
        var all = senses(name.substring(0, part)).stream().filter(s -> s.id.startsWith(name.substring(part + 1, number))).toList();
        int at = Integer.parseInt(name.substring(number + 1));
        if (at < 1 || at > all.size()) throw new IllegalArgumentException(
                "WordNet: no meaning \"" + name + "\"; the word has " + all.size() + " of this part of speech");
        return all.get(at - 1);
    }

    /** The name of a meaning as nltk writes it: {@code dog.n.01}, the first of its commonest word's. */
    public String name(String id) {
        var synset = synset(id);
        var word = synset.name().toLowerCase(Locale.ROOT).replace(' ', '_');
        int number = 0;
        for (var sense : senses(word)) if (sense.id.charAt(0) == id.charAt(0)) {
            number++;
            if (sense.id.equals(id)) break;
        }
        return String.format(Locale.ROOT, "%s.%c.%02d", word, id.charAt(0), number);
    }

    /** All that it is a kind of, over any number of steps, itself left out; nearest first. */
    public Set<String> hypernyms(String id) { return closure(id, true); }

    /** All its kinds, over any number of steps, itself left out; nearest first. */
    public Set<String> hyponyms(String id) { return closure(id, false); }

    private Set<String> closure(String id, boolean up) {
        var found = new LinkedHashSet<String>();
        var next = new ArrayDeque<>(List.of(id));
        while (!next.isEmpty()) {
            var synset = synset(next.remove());
            for (var other : up ? synset.hypernyms : synset.hyponyms) if (!other.equals(id) && found.add(other)) next.add(other);
        }
        return Collections.unmodifiableSet(found);
    }

    /** From the root down to it, along the shortest way; of equally short ones that of earlier hypernyms. */
    public List<String> path(String id) {
        var from = new HashMap<String, String>();
        var next = new ArrayDeque<>(List.of(id));
        from.put(id, null);
        while (!next.isEmpty()) {
            var at = next.remove();
            if (synset(at).hypernyms.isEmpty()) {
                var path = new ArrayList<String>();
                for (var step = at; step != null; step = from.get(step)) path.add(step);
                return path;
            }
            for (var up : synset(at).hypernyms) if (!from.containsKey(up)) {
                from.put(up, at);
                next.add(up);
            }
        }
        throw new FormatException("WordNet: the hypernyms of " + id + " form a cycle");
    }
}
