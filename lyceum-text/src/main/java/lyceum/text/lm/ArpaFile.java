package lyceum.text.lm;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.FormatException;
import lyceum.text.internal.Utf8;

/**
 * N-gram models as text, the format of SRILM and KenLM: for each order lines of a base-10 log-probability, the words, and the log weight for backing off. A
 * probability of 0 is written -99.
 *
 * {@snippet :
 * ArpaFile.write(path, model, words);                                  // words.get(id)
 * var read = ArpaFile.read(path);
 * read.model().score(read.ids("in", "the", "beginning"));
 * }
 *
 * @param words by id, in the order of the file's 1-grams; {@code <s>}, {@code </s>} and {@code <unk>} are the model's marks and unknown id
 */
public record ArpaFile(NGramLanguageModel model, List<String> words) {
    private static final double TEN = Math.log(10), NONE = -99;

    public ArpaFile { words = List.copyOf(words); }

    /** @throws IllegalArgumentException for a word that the file does not have, unless there is an unknown id */
    public int[] ids(String... text) {
        Map<String, Integer> numbers = new HashMap<>();
        for (int i = 0; i < words.size(); i++) numbers.put(words.get(i), i);
        return Arrays.stream(text).mapToInt(w -> {
            int id = numbers.getOrDefault(w, model.unknown());
            if (id < 0) throw new IllegalArgumentException("ArpaFile: the word \"" + w + "\" is not in the file, which has no <unk>");
            return id;
        }).toArray();
    }

    /**
     * Writes all words of the vocabulary as 1-grams and every stored run.
     *
     * @param words a different one for each id, without characters up to the blank; the start, end and unknown ids are written {@code <s>}, {@code </s>} and {@code <unk>}
     * @throws IllegalArgumentException for a model that does not back off or is no distribution, or words that cannot be told apart or have no UTF-8
     */
    public static void write(Path path, NGramLanguageModel model, List<String> words) throws IOException {
        model.needBackoff("ArpaFile");
        var names = names(model, words);
        var table = model.table();
        try (var out = new PrintWriter(Files.newBufferedWriter(path, StandardCharsets.UTF_8))) {
            out.print("\\data\\\n");
            for (int n = 0; n < table.order(); n++) out.print("ngram " + (n + 1) + "=" + (n == 0 ? words.size() : table.size(n)) + "\n");
            out.print("\n\\1-grams:\n");
            double[] single = model.after().logProbabilities();
            for (int id = 0; id < single.length; id++) {
                int at = table.find(0, 0, id);
                out.print(number(single[id]) + "\t" + names.get(id));
                out.print(table.order() > 1 && at >= 0 && table.weight(0, at) != 0 ? "\t" + number(table.weight(0, at)) + "\n" : "\n");
            }
            for (int n = 1; n < table.order(); n++) {
                out.print("\n\\" + (n + 1) + "-grams:\n");
                write(out, table, names, n, 0, 0, "");
            }
            out.print("\n\\end\\\n");
            if (out.checkError()) throw new IOException("cannot write " + path);
        }
    }

    private static List<String> names(NGramLanguageModel model, List<String> words) {
        if (words.size() != model.vocabulary())
            throw new IllegalArgumentException("ArpaFile: " + words.size() + " words for " + model.vocabulary() + " ids");
        var names = new ArrayList<>(words);
        if (model.startMark() >= 0) names.set(model.startMark(), "<s>");
        if (model.endMark() >= 0) names.set(model.endMark(), "</s>");
        if (model.unknown() >= 0) names.set(model.unknown(), "<unk>");
        var seen = new HashSet<String>();
        for (var w : names) {
            Utf8.bytes(w);
            if (w.isEmpty() || w.chars().anyMatch(c -> c <= ' ') || !seen.add(w))
                throw new IllegalArgumentException("ArpaFile: the word \"" + w + "\" is empty, has a blank or stands twice");
        }
        return names;
    }

    private static void write(PrintWriter out, NGramTable table, List<String> names, int n, int k, int place, String before) {
        for (int i = table.from(k, place), to = table.to(k, place); i < to; i++) {
            var gram = k == 0 ? names.get(table.id(k, i)) : before + " " + names.get(table.id(k, i));
            if (k < n) write(out, table, names, n, k + 1, i, gram);
            else out.print(number(table.log(n, i)) + "\t" + gram
                    + (n + 1 < table.order() && table.weight(n, i) != 0 ? "\t" + number(table.weight(n, i)) : "") + "\n");
        }
    }

    private static String number(double log) {
        return log == Double.NEGATIVE_INFINITY ? "-99" : String.format(Locale.ROOT, "%.9g", Math.max(log / TEN, -98));
    }

    /** @throws FormatException with the line, if the file is malformed or its counts are not those of its runs */
    public static ArpaFile read(Path path) throws IOException {
        try (var in = Files.newInputStream(path)) {
            return read(in);
        }
    }

    /** Reads UTF-8. */
    public static ArpaFile read(InputStream in) throws IOException {
        try {
            return new ArpaReader(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()))).read();
        } catch (CharacterCodingException e) {
            throw new FormatException("ARPA: the file is not UTF-8", e);
        }
    }

    static double natural(double ten) { return ten <= NONE ? Double.NEGATIVE_INFINITY : ten * TEN; }
}
