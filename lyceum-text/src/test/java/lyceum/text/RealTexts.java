package lyceum.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.data.ContentHash;

/** What real vocabularies are compared on: the Bible, Brown, source code, random strings. */
public final class RealTexts {
    /** Of {@code tools/fetch-tokenizers}. */
    public static final List<String> VOCABULARIES = List.of("llama2", "llama3", "gemma3", "qwen3", "deepseek_v3", "gptoss");
    private static final int PIECE = 2000;

    private RealTexts() {}

    /** By name. @param home where the source code is */
    public static SequencedMap<String, List<String>> all(Path home) throws IOException {
        var all = new LinkedHashMap<String, List<String>>();
        all.put("verses", Given.verses());
        all.put("brown", Given.brownSentences());
        var code = Files.readString(home.resolve("code.js"), StandardCharsets.UTF_8);
        var pieces = new ArrayList<String>();
        for (int from = 0, to; from < code.length(); from = to) {
            to = Math.min(code.length(), from + PIECE);
            if (to < code.length() && Character.isHighSurrogate(code.charAt(to - 1))) to++;
            pieces.add(code.substring(from, to));
        }
        all.put("code", pieces);
        all.put("random", RandomTexts.of(21, 100_000));
        return all;
    }

    /** Of a file, so that another version of it is not mistaken for a difference. */
    public static String hash(Path file) throws IOException { return ContentHash.of(Files.readAllBytes(file)); }
}
