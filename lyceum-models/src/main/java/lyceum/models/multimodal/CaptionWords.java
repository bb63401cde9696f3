package lyceum.models.multimodal;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Ids of the words of a closed world, such as that of generated captions: the begin, each word, the end. For open text take a tokenizer.
 *
 * {@snippet :
 * var words = CaptionWords.of(List.of("a red square", "a blue circle"));
 * int[] ids = words.apply("a blue square");          // 1, 3, 6, 5, 2
 * }
 *
 * @param ids of the words, from 3
 */
public record CaptionWords(Map<String, Integer> ids) implements Function<String, int[]> {
    /** What fills up, begins and ends a text. */
    public static final int PADDING = 0, BEGIN = 1, END = 2;

    public CaptionWords {
        ids = Collections.unmodifiableMap(new LinkedHashMap<>(ids));
        int next = END;
        for (var id : ids.entrySet())
            if (id.getValue() != ++next) throw new IllegalArgumentException(
                    "CaptionWords: \"" + id.getKey() + "\" is " + id.getValue() + "; ids count from 3 in the order of the words");
    }

    /** Of all words in these texts, in the order in which they come; capitals do not count. */
    public static CaptionWords of(List<String> texts) {
        var ids = new LinkedHashMap<String, Integer>();
        for (var text : texts) for (var word : words(text)) ids.putIfAbsent(word, ids.size() + 3);
        return new CaptionWords(ids);
    }

    /** Ids in all, those of padding, begin and end among them. */
    public int vocabulary() { return ids.size() + 3; }

    /** @throws IllegalArgumentException if a word is unknown: names it */
    @Override public int[] apply(String text) {
        var words = words(text);
        var all = new int[words.length + 2];
        all[0] = BEGIN;
        all[words.length + 1] = END;
        for (int i = 0; i < words.length; i++) {
            var id = ids.get(words[i]);
            if (id == null) throw new IllegalArgumentException("CaptionWords: \"" + words[i] + "\" is unknown; there are " + ids.keySet());
            all[i + 1] = id;
        }
        return all;
    }

    /** The words of ids, without padding, begin and end. */
    public String text(int... ids) {
        var words = List.copyOf(this.ids.keySet());
        return Arrays.stream(ids).filter(id -> id > 2).mapToObj(id -> words.get(id - 3)).collect(Collectors.joining(" "));
    }

    /** None of a blank text. */
    private static String[] words(String text) {
        return text.isBlank() ? new String[0] : text.strip().toLowerCase(Locale.ROOT).split("\\s+");
    }
}
