package lyceum.text.lm;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;

/** One reading of an ARPA file: arrays grow with the lines that are there, whatever the counts promise. */
final class ArpaReader {
    private final BufferedReader in;
    private int line;
    private final List<Long> promised = new ArrayList<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> words = new ArrayList<>();
    private final List<int[]> ids = new ArrayList<>(), starts = new ArrayList<>();
    private final List<double[]> logs = new ArrayList<>(), weights = new ArrayList<>();

    ArpaReader(BufferedReader in) { this.in = in; }

    private FormatException malformed(String problem) { return new FormatException("ARPA: " + problem + ", at line " + line); }

    /** The next line that is not blank; what Unicode calls white space may be a word. */
    private String next() throws IOException {
        for (;;) {
            var text = in.readLine();
            line++;
            if (text == null) throw malformed("the file ends before \\end\\");
            if (!text.trim().isEmpty()) return text.trim();
        }
    }

    ArpaFile read() throws IOException {
        var text = next();
        while (!text.equals("\\data\\")) text = next(); // a file may begin with remarks
        for (text = next(); text.startsWith("ngram "); text = next()) promised.add(count(text));
        if (promised.isEmpty()) throw malformed("no line \"ngram 1=..\" follows \\data\\");
        for (int n = 0; n < promised.size(); n++) {
            if (!text.equals("\\" + (n + 1) + "-grams:"))
                throw malformed("\"" + shortened(text) + "\" stands where \\" + (n + 1) + "-grams: is due");
            text = section(n);
        }
        if (!text.equals("\\end\\")) throw malformed("\"" + shortened(text) + "\" stands where \\end\\ is due");
        return file();
    }

    private long count(String text) {
        int n = promised.size() + 1, equals = text.indexOf('=');
        try {
            long count = Long.parseLong(text.substring(equals + 1).strip());
            if (equals > 6 && Integer.parseInt(text.substring(6, equals).strip()) == n && n <= 8 && count >= 0) return count;
        } catch (NumberFormatException e) {
            // told below
        }
        throw malformed("\"" + shortened(text) + "\" stands where \"ngram " + n + "=\" and a count are due, of orders up to 8");
    }

    private String section(int n) throws IOException {
        boolean last = n + 1 == promised.size();
        var keys = new long[16]; // place of the context, id
        double[] log = new double[16], weight = new double[16];
        int size = 0;
        var text = next();
        for (; !text.startsWith("\\"); text = next(), size++) {
            var fields = text.split("[ \t]+");
            if (fields.length != n + 2 && (last || fields.length != n + 3))
                throw malformed(fields.length + " fields in a line of " + (n + 1) + "-grams");
            if (size == promised.get(n)) throw malformed("there are more than the " + size + " " + (n + 1) + "-grams that were promised");
            if (size == keys.length) {
                keys = Arrays.copyOf(keys, 2 * size);
                log = Arrays.copyOf(log, 2 * size);
                weight = Arrays.copyOf(weight, 2 * size);
            }
            log[size] = number(fields[0], "a log-probability");
            if (log[size] > 1e-6) throw malformed("a log-probability of " + fields[0] + ", which is above 0");
            log[size] = Math.min(0, log[size]);
            weight[size] = fields.length == n + 3 ? number(fields[n + 2], "a weight") : 0;
            keys[size] = n == 0 ? word(fields[1]) : key(fields, n);
        }
        if (size != promised.get(n)) throw malformed("there are " + size + " " + (n + 1) + "-grams; " + promised.get(n) + " were promised");
        keep(n, Arrays.copyOf(keys, size), log, weight, last);
        return text;
    }

    private double number(String field, String what) {
        try {
            double value = Double.parseDouble(field);
            if (!Double.isNaN(value) && value < Double.POSITIVE_INFINITY) return ArpaFile.natural(value);
        } catch (NumberFormatException e) {
            // told below
        }
        throw malformed("\"" + shortened(field) + "\" is not " + what);
    }

    private int word(String word) {
        if (numbers.putIfAbsent(word, words.size()) != null) throw malformed("the word \"" + shortened(word) + "\" stands twice");
        words.add(word);
        return words.size() - 1;
    }

    private long key(String[] fields, int n) {
        int place = 0;
        for (int k = 0; k <= n; k++) {
            var id = numbers.get(fields[k + 1]);
            if (id == null) throw malformed("the word \"" + shortened(fields[k + 1]) + "\" is not a 1-gram");
            if (k == n) return (long) place << 32 | id;
            place = k == 0 ? id : Arrays.binarySearch(ids.get(k), starts.get(k - 1)[place], starts.get(k - 1)[place + 1], id);
            if (place < 0) throw malformed(
                    "the first " + (k + 1) + " words of \"" + shortened(String.join(" ", fields)) + "\" are not an n-gram of the file");
        }
        throw new AssertionError();
    }

    /** Sorts the runs behind their contexts. */
    private void keep(int n, long[] keys, double[] log, double[] weight, boolean last) {
        int size = keys.length;
        var sorted = keys.clone();
        Arrays.sort(sorted);
        for (int i = 1; i < size; i++)
            if (sorted[i - 1] == sorted[i]) throw malformed("one of the " + (n + 1) + "-grams above stands twice");
        var id = new int[size];
        double[] l = new double[size], w = new double[last ? 0 : size];
        for (int i = 0; i < size; i++) {
            int at = Arrays.binarySearch(sorted, keys[i]);
            id[at] = (int) keys[i];
            l[at] = log[i];
            if (!last) w[at] = weight[i];
        }
        if (n > 0) {
            var first = new int[ids.get(n - 1).length + 1];
            for (long key : keys) first[(int) (key >>> 32) + 1]++;
            for (int i = 1; i < first.length; i++) first[i] += first[i - 1];
            starts.add(first);
        }
        ids.add(id);
        logs.add(l);
        weights.add(w);
    }

    private ArpaFile file() {
        if (words.isEmpty()) throw malformed("there is no 1-gram");
        starts.add(new int[0]);
        int start = numbers.getOrDefault("<s>", -1), end = numbers.getOrDefault("</s>", -1);
        int unknown = numbers.getOrDefault("<unk>", numbers.getOrDefault("<UNK>", -1));
        if (words.size() == 1 && start == 0) throw malformed("there is no 1-gram but <s>");
        var form = new NGramLanguageModel.Form(words.size(), start, end, unknown, Double.NEGATIVE_INFINITY, 0, false, true);
        return new ArpaFile(new NGramLanguageModel(NGramTable.of(ids.toArray(int[][]::new), starts.toArray(int[][]::new),
                logs.toArray(double[][]::new), weights.toArray(double[][]::new)), form), words);
    }

    private static String shortened(String text) { return text.length() > 60 ? text.substring(0, 60) + ".." : text; }
}
