package lyceum.llm.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Readers that calibrate {@link Ruler}: one that understands all tasks, and one that only finds the place most like the question. */
public final class RulerReaders {
    private static final String QUESTION = " Question: ";

    private RulerReaders() {}

    /** Reads the text and nothing else, and answers every question rightly: a score below 1 would be a mistake of the text. */
    public static Ruler.Reader oracle() {
        return text -> {
            int at = text.lastIndexOf(QUESTION);
            String body = text.substring(0, at), question = text.substring(at + QUESTION.length());
            var ask = question.split(" ");
            if (question.startsWith("The number of ") || question.startsWith("All numbers of "))
                return all(body, "The number of " + ask[3] + " is (\\d+)\\.");
            if (question.startsWith("The variables")) return holding(body, ask[4]);
            if (question.startsWith("Where")) return all(body, "Long ago " + ask[2] + " was born in (\\w+)\\.");
            return commonest(body);
        };
    }

    private static String all(String body, String pattern) {
        var found = new ArrayList<String>();
        for (var matcher = Pattern.compile(pattern).matcher(body); matcher.find();) found.add(matcher.group(1));
        return String.join(" ", found);
    }

    private static String holding(String body, String number) {
        Map<String, String> values = new LinkedHashMap<>();
        for (var matcher = Pattern.compile("VAR (\\w+) = (\\w+)\\.").matcher(body); matcher.find();)
            values.put(matcher.group(1), values.getOrDefault(matcher.group(2), matcher.group(2)));
        return String.join(" ", values.entrySet().stream().filter(e -> e.getValue().equals(number)).map(Map.Entry::getKey).toList());
    }

    private static String commonest(String body) {
        var counts = new LinkedHashMap<String, Integer>();
        var list = body.substring(body.indexOf(':') + 1, body.indexOf('.')).strip();
        for (var word : list.split(" ")) counts.merge(word, 1, Integer::sum);
        return String.join(" ",
                counts.entrySet().stream().sorted((a, b) -> b.getValue() - a.getValue()).limit(3).map(Map.Entry::getKey).toList());
    }

    /**
     * Copies: it finds the place of the text whose words are most like the last ones of the question, and gives the words that follow.
     *
     * @param words that are compared
     * @param copied words that are given
     */
    public static Ruler.Reader nearestMatch(int words, int copied) {
        if (words < 1 || copied < 1)
            throw new IllegalArgumentException("nearestMatch: " + words + " words compared, " + copied + " copied; at least 1");
        return text -> {
            int at = text.lastIndexOf(QUESTION);
            List<String> body = Arrays.asList(text.substring(0, at).split("[ .]+")),
                    question = Arrays.asList(text.substring(at + QUESTION.length()).split(" "));
            int n = Math.min(words, question.size()), best = -1, most = -1;
            var asked = question.subList(question.size() - n, question.size());
            for (int end = n; end < body.size(); end++) {
                int same = 0;
                for (int i = 0; i < n; i++) if (body.get(end - n + i).equals(asked.get(i))) same++;
                if (same > most) {
                    most = same;
                    best = end;
                }
            }
            return best < 0 ? "" : String.join(" ", body.subList(best, Math.min(body.size(), best + copied)));
        };
    }
}
